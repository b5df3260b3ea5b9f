/** Dossiers and nominations out of lines that the ledger has read and found good. */

import type { Schemas } from './api'
import { unitName } from './session'
import { committed, uuid7, type Json } from './signing/statement'
import type { Said } from './parts/SignDialog.vue'
import { yuan } from './words'

export type RosterRead = Schemas['RosterRead']
export type Fault = Schemas['RosterFault']

/** What is wrong with a roster's lines, in their order. */
export const faultsOf = (read: RosterRead): Fault[] => read.bad.flatMap((line) => line.faults)

type Line = RosterRead['lines'][number]

/** Whether the person is in the campaign already: in this unit's list, or in another that is not named. */
export const isListed = (line: Line): boolean => line.already !== null || line.elsewhere

/** Whether anything is signed of a line: a dossier that waits for what the policy asks of it stands already. */
export const isToFile = (line: Line): boolean => !isListed(line) && !(line.waits && line.dossier !== null)

type Translate = (key: string, named?: Record<string, unknown>) => string

/** A dossier for each line without one, and its nomination for these forms of support, in order; none where the policy asks more of the dossier. */
export async function filed(read: RosterRead, campaign: string, unit: string, forms: string[], t: Translate): Promise<Said[]> {
  const acts: Said[] = []
  for (const line of read.lines.filter(isToFile)) {
    let dossier = line.dossier
    if (dossier === null) {
      const { promise, salt } = await committed(line.identity as Json)
      dossier = uuid7()
      acts.push({
        draft: {
          type: 'DossierFiled.v1', id: dossier, ...(line.on === null ? {} : { on: line.on }),
          body: {
            unit, identity_commitment: promise, facts: line.facts as { [key: string]: Json },
            ...(read.recipient === 'enterprise' ? { recipient: 'enterprise' } : {}),
          },
        },
        words: t('words.DossierFiled', { name: line.masked_name, unit: unitName(unit) }),
        disclosure: { identity: line.identity as Json, salt },
      })
    }
    if (line.waits) continue
    acts.push({
      draft: {
        type: 'Nominated.v1',
        body: { campaign, unit, dossier, category: line.category, amount_fen: line.amount_fen ?? undefined, forms, purpose: line.purpose ?? undefined, visit_mode: line.visit_mode ?? undefined },
      },
      words: t('words.Nominated', { name: line.masked_name, amount: yuan(line.amount_fen) }),
    })
  }
  return acts
}
