import { expect, test } from 'vitest'
import { fromBase64, utf8 } from './bytes'
import { verify } from './keys'
import { countersigned, NoStatement, readFile, readSubmission } from './countersigning'
import { pae, prepare, signAll, STATEMENT_TYPE, type Signer } from './statement'

async function officer(keyid: string): Promise<Signer & { publicKey: Uint8Array<ArrayBuffer> }> {
  const pair = (await crypto.subtle.generateKey({ name: 'Ed25519' }, true, ['sign', 'verify'])) as CryptoKeyPair
  const publicKey = new Uint8Array(await crypto.subtle.exportKey('raw', pair.publicKey))
  return { keyid, publicKey, sign: async (message) => new Uint8Array(await crypto.subtle.sign('Ed25519', pair.privateKey, message)) }
}

test('a second signature is over the bytes that the first one is over, also out of a batch', async () => {
  const first = await officer('1'.repeat(64))
  const second = await officer('2'.repeat(64))
  const prepared = ['甲', '乙'].map((title) => prepare({ type: 'CaseOpened.v1', body: { title } }, 'ledger', first.keyid))
  const envelopes = await signAll(prepared, 'ledger', first)
  for (const [index, envelope] of envelopes.entries()) {
    const both = (await countersigned({ envelope }, second)).envelope as { payload: string; signatures: { keyid: string; sig: string }[] }
    expect(both.signatures.map((each) => each.keyid)).toEqual([first.keyid, second.keyid])
    const payload = fromBase64(both.payload)
    expect(payload).toEqual(utf8(prepared[index]!.text))
    expect(await verify(second.publicKey, pae(STATEMENT_TYPE, payload), fromBase64(both.signatures[1]!.sig))).toBe(true)
  }
  const read = readSubmission({ envelope: envelopes[0]! })
  expect([read.id, read.body.title, read.by]).toEqual([prepared[0]!.id, '甲', first.keyid])
  expect(readFile(envelopes.map((envelope) => JSON.stringify({ envelope })).join('\n')).length).toBe(2)
})

test('what is no statement is refused before anything is shown', () => {
  for (const text of ['x', '{}', '{"envelope":{"payload":"!"}}', '{"envelope":{"payload":"e30=","payloadType":"other","signatures":[]}}']) {
    expect(() => readFile(text)).toThrow(NoStatement)
  }
})
