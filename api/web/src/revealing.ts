/** Identities shown: recorded first, by signed statements with a purpose, and only then asked for. */

import { send, type Schemas } from './api'
import type { Said } from './parts/SignDialog.vue'
import { session } from './session'
import { uuid7 } from './signing/statement'

export type Shown = Schemas['Shown']
export type Identity = Shown['identity']

type Translate = (key: string, named?: Record<string, unknown>) => string
export interface Whose { dossier: string; unit: string; name: string }

/** One statement for each dossier, and their ids, by which the identities are asked for afterwards. */
export function reveals(whose: Whose[], purpose: string, t: Translate): { acts: Said[]; ids: string[] } {
  const ids = whose.map(() => uuid7())
  const acts = whose.map(({ dossier, unit, name }, index) => ({
    draft: { type: 'IdentityRevealed.v1', id: ids[index]!, body: { dossier, unit, purpose } },
    words: t('words.IdentityRevealed', { name, purpose }),
  }))
  return { acts, ids }
}

/** The same of one member of a household. */
export function revealsOfMember(whose: { dossier: string; unit: string; member: string; name: string }, purpose: string, t: Translate): { acts: Said[]; ids: string[] } {
  const { dossier, unit, member, name } = whose
  const id = uuid7()
  return { acts: [{ draft: { type: 'MemberRevealed.v1', id, body: { dossier, unit, member, purpose } }, words: t('words.MemberRevealed', { name, purpose }) }], ids: [id] }
}

/** What those recorded statements let this officer see. */
export const shownBy = (ids: string[]): Promise<Shown[]> =>
  send('POST', '/identities', { statements: ids }, session.officer?.csrf)
