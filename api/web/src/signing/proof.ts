/** Proofs checked here, by this browser's own code: entry → leaf → root → the checkpoint's signature. */

import { fromBase64, joined, same, sha256, utf8, type Bytes } from './bytes'
import { verify } from './keys'
import { leafHash, rootByPath } from './merkle'

export interface Checkpoint {
  origin: string
  size: number
  root: Bytes
}

export interface VerifierKey {
  name: string
  material: Bytes
}

export class NotProved extends Error {}

/** The log's key in note form: name+hash+base64 (C2SP signed-note). */
export function readVerifierKey(text: string): VerifierKey {
  const [name, , ...material] = text.trim().split('+')
  return { name: name!, material: fromBase64(material.join('+')) }
}

/** A signed note, if the log's own key signed it (C2SP signed-note, tlog-checkpoint). */
export async function openCheckpoint(note: string, key: VerifierKey): Promise<Checkpoint> {
  const at = note.lastIndexOf('\n\n')
  const text = note.slice(0, at + 1)
  const keyHash = (await sha256(utf8(key.name), Uint8Array.of(10), key.material)).slice(0, 4)
  for (const line of note.slice(at + 2).split('\n')) {
    const signed = /^— (\S+) (\S+)$/.exec(line)
    if (signed === null || signed[1] !== key.name) continue
    const raw = fromBase64(signed[2]!)
    if (!same(raw.slice(0, 4), keyHash)) continue
    if (!(await verify(key.material.slice(1), utf8(text), raw.slice(4)))) throw new NotProved('signature')
    const [origin, size, root] = text.split('\n')
    return { origin: origin!, size: Number(size), root: fromBase64(root!) }
  }
  throw new NotProved('signature')
}

/** Checks a `.tlog-proof` for an entry; answers the checkpoint that proves it. */
export async function checkProof(proof: string, entry: Uint8Array, key: VerifierKey): Promise<Checkpoint> {
  const checkpoint = await openCheckpoint(proof.slice(proof.indexOf('\n\n') + 2), key)
  const lines = proof.slice(0, proof.indexOf('\n\n')).split('\n')
  const index = Number(/^index (\d+)$/.exec(lines[1] ?? '')?.[1])
  const path = lines.slice(2).map(fromBase64)
  const root = await rootByPath(await leafHash(entry), index, checkpoint.size, path)
  if (root === null || !same(root, checkpoint.root)) throw new NotProved('root')
  return checkpoint
}

export const entryBytes = (text: string): Bytes => joined(utf8(text))
