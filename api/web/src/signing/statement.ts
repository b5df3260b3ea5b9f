/** Statements: canonical JSON (RFC 8785), DSSE's encoding, envelopes signed one by one or together. */

import { fromHex, joined, sha256, toBase64, toHex, utf8, type Bytes } from './bytes'
import { inclusionPath, leafHash, levels } from './merkle'

export const STATEMENT_TYPE = 'application/vnd.songnuan.statement+json'
export const BATCH_TYPE = 'application/vnd.songnuan.batch+json'

/** A public key, Ed25519 or SM2, and its proof of possession, hexadecimal. */
export const ENROLMENT_CODE = /^([0-9a-f]{64}|04[0-9a-f]{128})\.[0-9a-f]{128}$/

export type Json = null | boolean | number | string | Json[] | { [key: string]: Json | undefined }

export interface Draft {
  type: string
  id?: string
  on?: string
  body: { [key: string]: Json | undefined }
}

export interface Signer {
  keyid: string
  sign(message: Bytes): Promise<Bytes>
}

/** The one encoding that is signed: names sorted by UTF-16 units, whole numbers, no spaces. */
export function canonical(value: Json): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`
  if (value !== null && typeof value === 'object') {
    const members = Object.keys(value)
      .filter((name) => value[name] !== undefined)
      .sort()
      .map((name) => `${JSON.stringify(name)}:${canonical(value[name]!)}`)
    return `{${members.join(',')}}`
  }
  if (typeof value === 'number' && !Number.isSafeInteger(value)) {
    throw new Error('a statement holds whole numbers only')
  }
  return JSON.stringify(value)
}

/** A fresh commitment to an identity: what the statement says, and the salt that opens it. */
export async function committed(identity: Json): Promise<{ promise: string; salt: string }> {
  const salt = crypto.getRandomValues(new Uint8Array(16))
  return { promise: toHex(await sha256(salt, utf8(canonical(identity)))), salt: toHex(salt) }
}

/** DSSE's pre-authentication encoding. */
export function pae(type: string, payload: Uint8Array): Bytes {
  const kind = utf8(type)
  return joined(utf8(`DSSEv1 ${kind.length} `), kind, utf8(` ${payload.length} `), payload)
}

/** A UUIDv7: the time in milliseconds, then chance. */
export function uuid7(now = Date.now()): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16))
  bytes.set(fromHex(now.toString(16).padStart(12, '0')))
  bytes[6] = (bytes[6]! & 0x0f) | 0x70
  bytes[8] = (bytes[8]! & 0x3f) | 0x80
  const hex = toHex(bytes)
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-')
}

/** Now in China, as statements write it. */
function chinaNow(): string {
  return new Date(Date.now() + 8 * 3600_000).toISOString().slice(0, 19) + '+08:00'
}

export interface Prepared {
  id: string
  text: string
}

/** The canonical text of a statement, ready to be shown and signed. `on` is the date of business. */
export function prepare(draft: Draft, ledger: string, keyid: string): Prepared {
  const id = draft.id ?? uuid7()
  const made = chinaNow()
  const text = canonical({
    body: draft.body,
    by: keyid,
    id,
    ledger,
    made_at: made,
    on: draft.on ?? made.slice(0, 10),
    type: draft.type,
  })
  return { id, text }
}

const envelope = (payload: Uint8Array, signature: Json): Json => ({
  payload: toBase64(payload),
  payloadType: STATEMENT_TYPE,
  signatures: [signature],
})

/** Envelopes of statements: one under its own signature, several under one for all. */
export async function signAll(prepared: Prepared[], ledger: string, signer: Signer): Promise<Json[]> {
  const payloads = prepared.map(({ text }) => utf8(text))
  if (payloads.length === 1) {
    const sig = await signer.sign(pae(STATEMENT_TYPE, payloads[0]!))
    return [envelope(payloads[0]!, { keyid: signer.keyid, sig: toBase64(sig) })]
  }
  const tree = await levels(await Promise.all(payloads.map(leafHash)))
  const root = toBase64(tree[tree.length - 1]![0]!)
  const head = canonical({ ledger, root, size: payloads.length })
  const sig = toBase64(await signer.sign(pae(BATCH_TYPE, utf8(head))))
  return payloads.map((payload, index) =>
    envelope(payload, {
      batch: { index, path: toBase64(inclusionPath(tree, index)), root, size: payloads.length },
      keyid: signer.keyid,
      sig,
    }),
  )
}
