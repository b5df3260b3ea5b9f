/**
 * The outbox: acts that were signed on this device, each until the ledger has answered for it.
 *
 * What was signed is kept before it is sent and sent as it was signed, under the same id: however often the line
 * breaks between sending and answer, it is recorded once.
 */

import { shallowReactive } from 'vue'
import type { ProblemAnswer, Receipt } from '../api'
import type { OfficerKey } from '../signing/keys'
import { submitRest, type Outcome, type Submission } from '../signing/submitting'
import { countKept, drop, keep, keptAll } from './device'
import { line } from './line'

export type ActKind = 'received' | 'absent' | 'returned' | 'visited'

/** A signed act on its way. `fen` leaves the unit's hand, below zero what comes back to it. */
export interface Outgoing {
  id: string
  kind: ActKind
  /** The case, or the dossier of a visit. */
  subject: string
  unit: string
  fen: number
  /** The payout that comes back by it. */
  payout?: string
  words: string
  text: string
  signedAt: string
  submission: Submission
  /** It was sent at least once: whether it is recorded is the ledger's to say. */
  tried: boolean
  receipt: Pick<Receipt, 'position' | 'recorded_at'> | null
  problem: ProblemAnswer | null
}

export const outbox = shallowReactive({
  acts: [] as Outgoing[],
  /** How many are kept for a key that is not open, so that they cannot be read yet. */
  locked: 0,
  sending: false,
})

const ACTS = 'act/'

export const isWaiting = (act: Outgoing): boolean => act.receipt === null && act.problem === null
export const waiting = (): Outgoing[] => outbox.acts.filter(isWaiting)
/** What is lost when it is dropped now: what has no receipt, refused or not. */
export const unrecorded = (): Outgoing[] => outbox.acts.filter((act) => act.receipt === null)

/** What an answer makes of an act; none where the ledger could not decide now. */
export function answered(act: Outgoing, outcome: Outcome): Outgoing {
  if ('position' in outcome) {
    return { ...act, problem: null, receipt: { position: outcome.position, recorded_at: outcome.recorded_at } }
  }
  return outcome.status === 429 || outcome.status >= 500 ? act : { ...act, problem: outcome }
}

/** Whether an act may be taken out again: nothing is known of it elsewhere, or it was refused. */
export const isRemovable = (act: Outgoing): boolean => act.receipt === null && (!act.tried || act.problem !== null)

/** Reads what is kept under this key; without it, counts. */
export async function openOutbox(keyid: string, key: OfficerKey | null): Promise<void> {
  outbox.locked = key === null ? await countKept(keyid, ACTS) : 0
  outbox.acts = key === null ? [] : await keptAll<Outgoing>(key, ACTS)
}

export function closeOutbox(): void {
  outbox.acts = []
  outbox.locked = 0
}

async function put(key: OfficerKey, act: Outgoing): Promise<void> {
  await keep(key, ACTS + act.id, act)
  const known = outbox.acts.some((each) => each.id === act.id)
  outbox.acts = known ? outbox.acts.map((each) => (each.id === act.id ? act : each)) : [...outbox.acts, act]
}

/** Keeps what was just signed. */
export const add = (key: OfficerKey, act: Outgoing): Promise<void> => put(key, act)

/** Takes an act out of the outbox, as far as it may be. */
export async function remove(keyid: string, act: Outgoing): Promise<void> {
  if (act.receipt === null && !isRemovable(act)) return
  await drop(keyid, ACTS + act.id)
  outbox.acts = outbox.acts.filter((each) => each.id !== act.id)
}

/** Drops what is recorded and shown by the ledger's own list up to that position. */
export async function dropShown(keyid: string, position: number): Promise<void> {
  for (const act of outbox.acts.filter((each) => each.receipt !== null && each.receipt.position <= position)) await remove(keyid, act)
}

/** Puts a refused act on its way again, as it was signed: what hindered it may be gone. */
export const retry = (key: OfficerKey, act: Outgoing): Promise<void> => put(key, { ...act, problem: null })

/**
 * Sends what waits, in the order in which it was signed. Returns the last position that was recorded, 0 for none.
 *
 * Raises what a request raises; what was sent by then stays as it stands.
 */
export async function sendWaiting(key: OfficerKey): Promise<number> {
  const acts = waiting().map((act) => ({ ...act, tried: true }))
  if (outbox.sending || acts.length === 0) return 0
  outbox.sending = true
  let last = 0
  try {
    for (const act of acts) await put(key, act)
    let told = 0
    let writing = Promise.resolve()
    await submitRest(acts.map((act) => act.submission), [], (outcomes) => {
      for (; told < outcomes.length; told += 1) {
        const done = answered(acts[told]!, outcomes[told]!)
        last = Math.max(last, done.receipt?.position ?? 0)
        writing = writing.then(() => put(key, done))
      }
    })
    await writing
  } finally {
    outbox.sending = false
  }
  return last
}

/** Whether there is reason to send now. */
export const shouldSend = (): boolean => line.up && !outbox.sending && waiting().length > 0
