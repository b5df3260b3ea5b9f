/** The public keys in the entries that enrolled them: what the officers' signatures are held against. */

import { getText } from '../api'
import { session } from '../session'
import { fromBase64, fromHex } from './bytes'
import { keyIdOf } from './keys'

const ENROLLING = ['LedgerFounded.v1', 'LedgerFounded.v2', 'OfficerEnrolled.v1', 'KeyRotated.v1', 'LedgerKeyRotated.v1']

let known: { head: number; keys: Map<string, string> } | null = null

/** Ed25519 public keys in hex by key id, asked for once a position. */
export async function enrolledKeys(): Promise<Map<string, string>> {
  if (known !== null && known.head === session.head) return known.keys
  const keys = new Map<string, string>()
  for (const type of ENROLLING) {
    const lines = (await getText(`/events?type=${type}`)).split('\n').filter((line) => line !== '')
    for (const line of lines) {
      const payload = JSON.parse(line).entry.envelope.payload as string
      const body = JSON.parse(new TextDecoder().decode(fromBase64(payload))).body
      for (const found of [body.public_key, body.ledger_key]) {
        if (typeof found === 'string' && found.length === 64) keys.set(await keyIdOf(fromHex(found)), found)
      }
    }
  }
  known = { head: session.head, keys }
  return keys
}
