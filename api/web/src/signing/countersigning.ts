/** A second signature on what another officer signed: over the very same bytes, which are read here before. */

import { fromBase64, toBase64 } from './bytes'
import { pae, STATEMENT_TYPE, type Json, type Signer } from './statement'
import type { Submission } from './submitting'

/** A statement as it was signed, read from its own bytes. */
export interface SignedStatement {
  id: string
  type: string
  by: string
  on: string
  madeAt: string
  ledger: string
  body: { [key: string]: Json | undefined }
  /** The canonical text, which a second signature is over too. */
  text: string
  submission: Submission
}

interface Envelope {
  payload: string
  payloadType: string
  signatures: Json[]
}

export class NoStatement extends Error {}

/** What a submission says; raises where it is none. */
export function readSubmission(submission: Submission): SignedStatement {
  try {
    const envelope = submission.envelope as unknown as Envelope
    const text = new TextDecoder('utf-8', { fatal: true }).decode(fromBase64(envelope.payload))
    const { id, type, by, on, made_at: madeAt, ledger, body } = JSON.parse(text) as Record<string, string> & { body: SignedStatement['body'] }
    if (envelope.payloadType !== STATEMENT_TYPE || !Array.isArray(envelope.signatures) || typeof body !== 'object') throw new NoStatement()
    return { id: id!, type: type!, by: by!, on: on!, madeAt: madeAt!, ledger: ledger!, body, text, submission }
  } catch {
    throw new NoStatement()
  }
}

/** The submissions in a file, a line each. */
export const readFile = (text: string): SignedStatement[] =>
  text.split('\n').filter((line) => line.trim() !== '').map((line) => {
    try {
      return readSubmission(JSON.parse(line) as Submission)
    } catch {
      throw new NoStatement()
    }
  })

/** The same with this key's signature behind the others. */
export async function countersigned(submission: Submission, signer: Signer): Promise<Submission> {
  const envelope = submission.envelope as unknown as Envelope
  const sig = toBase64(await signer.sign(pae(STATEMENT_TYPE, fromBase64(envelope.payload))))
  return { ...submission, envelope: { ...envelope, signatures: [...envelope.signatures, { keyid: signer.keyid, sig }] } as unknown as Json }
}
