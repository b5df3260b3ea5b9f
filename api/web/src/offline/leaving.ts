/** Signing out: what this browser keeps of an officer's goes with them, once it was sent; else only knowingly. */

import { session, signOut } from '../session'
import { countKept, dropAll } from './device'
import { line } from './line'
import { closeOutbox, openOutbox, sendWaiting, unrecorded } from './outbox'

/** What would be lost: acts without a receipt, and photos that were not saved. */
export interface Unsent {
  acts: number
  photos: number
}

async function unsent(keyid: string): Promise<Unsent> {
  const key = session.key
  await openOutbox(keyid, key)
  if (key !== null && line.up) await sendWaiting(key)
  const acts = key === null ? await countKept(keyid, 'act/') : unrecorded().length
  return { acts, photos: await countKept(keyid, 'photo/') }
}

/** Signs out and drops what is kept, unless something would be lost and the officer stays; whether it was done. */
export async function leave(accepts: (lost: Unsent) => Promise<boolean>): Promise<boolean> {
  const keyid = session.officer?.key ?? ''
  const lost = await unsent(keyid)
  if (lost.acts + lost.photos > 0 && !(await accepts(lost))) return false
  await signOut()
  await dropAll(keyid)
  closeOutbox()
  return true
}
