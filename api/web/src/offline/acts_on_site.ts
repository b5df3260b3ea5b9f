/** What is signed on site (现场): received by oneself or a proxy, absent, given back, visited; each with its words. */

import { emptyForm, said, unpaid } from '../acts'
import type { Case } from '../api'
import { unitName } from '../session'
import type { Draft, Json } from '../signing/statement'
import type { RowOf } from '../tables/questions'
import { yuan } from '../words'
import type { Given, HandOutRow } from './handing_out'
import type { ActKind } from './outbox'

export type Choice = 'self' | 'proxy' | 'absent' | 'returned' | 'visited'

/** What is typed for an act; `digest` is that of the photo, where one was taken. */
export interface SiteForm {
  authorisation: string
  number: string
  digest: string
  note: string
  visitors: string
  found: string
  agrees: boolean
}

export const emptySiteForm = (): SiteForm => ({ authorisation: '', number: '', digest: '', note: '', visitors: '', found: '', agrees: true })

/** An act about to be signed. */
export interface SiteAct {
  kind: ActKind
  subject: string
  unit: string
  fen: number
  /** The payout that comes back. */
  payout?: string
  draft: Draft
  words: string
}

type Translate = (key: string, named?: Record<string, unknown>) => string

/** The paper behind it: its number, and the photo's hash. A photo without a number is called by its hash. */
function paper(form: SiteForm, t: Translate): { [key: string]: Json } {
  const number = form.number.trim()
  if (number === '' && form.digest === '') return {}
  const named = number === '' ? t('handout.photoNumber', { digest: form.digest.slice(0, 8) }) : number
  return { document: { number: named, ...(form.digest === '' ? {} : { digest: form.digest }) } }
}

/** Whether an act has all that it needs. */
export function isComplete(choice: Choice, form: SiteForm): boolean {
  switch (choice) {
    case 'self': case 'absent': return true
    case 'proxy': return form.authorisation.trim() !== ''
    case 'returned': return form.note.trim() !== ''
    case 'visited': return visitorsOf(form).length > 0 && form.found.trim() !== ''
  }
}

const visitorsOf = (form: SiteForm): string[] => form.visitors.split(/[、,，;；]/).map((each) => each.trim()).filter(Boolean)
const subjectOf = (row: Case) => ({ subject: row.case_id, unit: row.unit })

/** Money reaches the recipient or a proxy: all that is still owed, out of what the unit drew. */
export function received(row: HandOutRow, by: 'self' | 'proxy', form: SiteForm, t: Translate): SiteAct {
  // What was signed here since counts as paid already.
  const owed = { ...row.case, kept_fen: row.case.approved_fen - row.dueFen }
  const [act] = said('handout', [owed], { ...emptyForm(), receivedBy: by, authorisation: form.authorisation }, t)
  const draft = { ...act!.draft, body: { ...act!.draft.body, ...paper(form, t) } }
  const words = act!.words + (form.digest === '' ? '' : t('handout.withPhoto', { digest: form.digest.slice(0, 8) }))
  return { kind: 'received', ...subjectOf(row.case), fen: unpaid(owed), draft, words }
}

export function absent(row: HandOutRow, form: SiteForm, t: Translate): SiteAct {
  const [act] = said('absent', [row.case], { ...emptyForm(), reason: form.note }, t)
  return { kind: 'absent', ...subjectOf(row.case), fen: 0, draft: act!.draft, words: act!.words }
}

/** What was given comes back into the unit's hand. */
export function givenBack(row: HandOutRow, given: Given, form: SiteForm, t: Translate): SiteAct {
  const { campaign, unit, case_id, line } = row.case
  const reason = form.note.trim()
  const body = { campaign, unit, payout: given.payout, case: case_id, line, amount_fen: given.fen, kind: 'refused', to: 'drawn', reason }
  const words = t('words.PayoutTakenBack', {
    name: `${row.case.masked_name}（${unitName(unit)}）`, kind: t('takeBack.refused'), amount: yuan(given.fen),
    to: t('takeBack.drawn', { unit: unitName(unit) }), reason,
  })
  return { kind: 'returned', ...subjectOf(row.case), fen: -given.fen, payout: given.payout, draft: { type: 'PayoutReturned.v1', body }, words }
}

export function visited(dossier: RowOf['dossiers'], form: SiteForm, t: Translate): SiteAct {
  const visitors = visitorsOf(form)
  const what = [visitors.join('、'), form.found.trim(), form.agrees ? t('dossiers.agrees') : t('handout.disagrees')].join('，')
  return {
    kind: 'visited', subject: dossier.dossier, unit: dossier.unit, fen: 0,
    draft: {
      type: 'HouseholdVisited.v1',
      body: { unit: dossier.unit, dossier: dossier.dossier, visitors, found: form.found.trim(), agrees: form.agrees, ...paper(form, t) },
    },
    words: t('words.HouseholdAct', { name: `${dossier.masked_name}（${unitName(dossier.unit)}）`, act: t('dossiers.acts.HouseholdVisited'), what: `——${what}` }),
  }
}
