/** Proofs checked here, by this browser's own code: entry → leaf → root → the checkpoint's signature. */

import { fromBase64, same, sha256, utf8, type Bytes } from './bytes'
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

/** What a signed note says, and whether the log's own key signed it (C2SP signed-note, tlog-checkpoint). */
async function readNote(note: string, key: VerifierKey): Promise<{ checkpoint: Checkpoint; signed: boolean }> {
  const at = note.lastIndexOf('\n\n')
  const text = note.slice(0, at + 1)
  const [origin, size, root] = text.split('\n')
  const checkpoint = { origin: origin!, size: Number(size), root: fromBase64(root!) }
  const keyHash = (await sha256(utf8(key.name), Uint8Array.of(10), key.material)).slice(0, 4)
  for (const line of note.slice(at + 2).split('\n')) {
    const found = /^— (\S+) (\S+)$/.exec(line)
    if (found === null || found[1] !== key.name || origin !== key.name) continue
    const raw = fromBase64(found[2]!)
    if (same(raw.slice(0, 4), keyHash) && (await verify(key.material.slice(1), utf8(text), raw.slice(4)))) {
      return { checkpoint, signed: true }
    }
  }
  return { checkpoint, signed: false }
}

/** A checkpoint that the log's own key signed. */
export async function openCheckpoint(note: string, key: VerifierKey): Promise<Checkpoint> {
  const { checkpoint, signed } = await readNote(note, key)
  if (!signed) throw new NotProved('signature')
  return checkpoint
}

export interface Proved {
  checkpoint: Checkpoint
  signed: boolean
  included: boolean
}

/** Checks a `.tlog-proof` for an entry: whether it leads to the checkpoint's root, and that is signed. */
export const checkProof = async (proof: string, entry: Uint8Array, key: VerifierKey): Promise<Proved> =>
  checkLeaf(proof, await leafHash(entry), key)

/** The same for an entry of which the leaf hash is known, as a receipt has it. */
export async function checkLeaf(proof: string, leaf: Bytes, key: VerifierKey): Promise<Proved> {
  const ends = proof.indexOf('\n\n')
  const { checkpoint, signed } = await readNote(proof.slice(ends + 2), key)
  const lines = proof.slice(0, ends).split('\n')
  const index = Number(/^index (\d+)$/.exec(lines[1] ?? '')?.[1])
  const root = await rootByPath(leaf, index, checkpoint.size, lines.slice(2).map(fromBase64))
  return { checkpoint, signed, included: root !== null && same(root, checkpoint.root) }
}
