/** Signed statements on their way to the ledger, in parts; what was answered stays, so that a break is gone on from. */

import { send, type ProblemAnswer, type Receipt, type Schemas } from '../api'
import { signAll, type Json, type Prepared, type Signer } from './statement'

/** What became of one statement. */
export type Outcome = Receipt | ProblemAnswer

export interface Disclosure {
  identity: Json
  salt: string
}

/** A signed statement as it is sent, with the identity that goes beside it. */
export interface Submission {
  envelope: Json
  disclosure?: Disclosure
}

export const AT_ONCE = 400

/** Signs them under one signature; each with the identity that it commits to. */
export async function signed(
  prepared: Prepared[], disclosures: (Disclosure | undefined)[], ledger: string, key: Signer,
): Promise<Submission[]> {
  const envelopes = await signAll(prepared, ledger, key)
  return envelopes.map((envelope, index) => {
    const disclosure = disclosures[index]
    return disclosure === undefined ? { envelope } : { envelope, disclosure }
  })
}

/** Sends what has no outcome yet, and tells the outcomes as they come: what was signed doubles nothing when sent again. */
export async function submitRest(
  submissions: Submission[], answered: Outcome[], tell: (outcomes: Outcome[]) => void,
): Promise<Outcome[]> {
  let outcomes = answered
  while (outcomes.length < submissions.length) {
    const part = submissions.slice(outcomes.length, outcomes.length + AT_ONCE)
    const answer = (await send('POST', '/statements', part)) as Schemas['BatchAnswer']
    outcomes = [...outcomes, ...answer.outcomes]
    tell(outcomes)
  }
  return outcomes
}
