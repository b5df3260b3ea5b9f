/** Trees of RFC 6962: the root that a batch signature signs, and inclusion proofs. */

import { joined, same, sha256, type Bytes } from './bytes'

const LEAF = Uint8Array.of(0)
const NODE = Uint8Array.of(1)

export const leafHash = (leaf: Uint8Array): Promise<Bytes> => sha256(LEAF, leaf)
const nodeHash = (left: Uint8Array, right: Uint8Array): Promise<Bytes> => sha256(NODE, left, right)

/** All levels of a tree over leaf hashes, from the leaves to the root; a last odd node goes up as it is. */
export async function levels(leaves: Bytes[]): Promise<Bytes[][]> {
  const found = [leaves]
  while (found[found.length - 1]!.length > 1) {
    const below = found[found.length - 1]!
    const above: Bytes[] = []
    for (let at = 0; at < below.length; at += 2) {
      const right = below[at + 1]
      above.push(right === undefined ? below[at]! : await nodeHash(below[at]!, right))
    }
    found.push(above)
  }
  return found
}

/** The hashes beside the way from a leaf to the root, joined. */
export function inclusionPath(tree: Bytes[][], index: number): Bytes {
  const path: Bytes[] = []
  for (const level of tree.slice(0, -1)) {
    const sibling = level[index ^ 1]
    if (sibling !== undefined) path.push(sibling)
    index >>= 1
  }
  return joined(...path)
}

/** The root that a leaf's proof leads to (RFC 9162 section 2.1.3.2); null where it fits no such tree. */
export async function rootByPath(
  leaf: Bytes,
  index: number,
  size: number,
  path: Bytes[],
): Promise<Bytes | null> {
  if (index >= size) return null
  let node = index
  let last = size - 1
  let found = leaf
  for (const sibling of path) {
    if (last === 0) return null
    if (node % 2 === 1 || node === last) {
      found = await nodeHash(sibling, found)
      while (node % 2 === 0 && node !== 0) {
        node = Math.floor(node / 2)
        last = Math.floor(last / 2)
      }
    } else {
      found = await nodeHash(found, sibling)
    }
    node = Math.floor(node / 2)
    last = Math.floor(last / 2)
  }
  return last === 0 ? found : null
}

/** Whether a tree only appends to a smaller one, by a consistency proof (RFC 9162 section 2.1.4.2). */
export async function appendsTo(
  oldSize: number,
  oldRoot: Bytes,
  newSize: number,
  newRoot: Bytes,
  proof: Bytes[],
): Promise<boolean> {
  if (oldSize > newSize || oldSize < 1) return false
  if (oldSize === newSize) return proof.length === 0 && same(oldRoot, newRoot)
  const path = Number.isInteger(Math.log2(oldSize)) ? [oldRoot, ...proof] : proof
  if (path.length === 0) return false
  let node = oldSize - 1
  let last = newSize - 1
  while (node % 2 === 1) {
    node = Math.floor(node / 2)
    last = Math.floor(last / 2)
  }
  let before = path[0]!
  let after = path[0]!
  for (const hash of path.slice(1)) {
    if (last === 0) return false
    if (node % 2 === 1 || node === last) {
      before = await nodeHash(hash, before)
      after = await nodeHash(hash, after)
      while (node % 2 === 0 && node !== 0) {
        node = Math.floor(node / 2)
        last = Math.floor(last / 2)
      }
    } else {
      after = await nodeHash(after, hash)
    }
    node = Math.floor(node / 2)
    last = Math.floor(last / 2)
  }
  return last === 0 && same(before, oldRoot) && same(after, newRoot)
}
