/** The list that is handed out by, fetched whole while there is a line and kept on the device for when there is none. */

import { get, type Case, type Holding, type Parameters } from '../api'
import { has, session } from '../session'
import type { OfficerKey } from '../signing/keys'
import { pageOf, type RowOf } from '../tables/questions'
import { keep, kept } from './device'

/** As of a position: the cases that are owed or were given something, what of it may come back, what units hold, and whom to visit. */
export interface HandOutList {
  campaign: string
  position: number
  /** When it was fetched, by this device's clock. */
  at: string
  cases: Case[]
  payouts: RowOf['payouts'][]
  heldFen: Record<string, number>
  dossiers: RowOf['dossiers'][]
}

const AT_ONCE = 500
const nameOf = (campaign: string): string => `list/${campaign}`

/** All rows of a table's answer, page after page, as of the position of the first. */
async function whole<T>(table: string, asked: Parameters, tell: (count: number, total: number) => void): Promise<{ rows: T[]; position: number }> {
  const rows: T[] = []
  let after: string | null = null
  let position: number | null = null
  let total = 0
  do {
    const page = await pageOf(table, { ...asked, limit: AT_ONCE, after, ...(position === null ? {} : { as_of: position }) })
    rows.push(...(page.rows as T[]))
    position ??= page.position
    after = page.next ?? null
    total = page.total ?? total // said once, of all pages
    tell(rows.length, total)
  } while (after !== null)
  return { rows, position: position ?? 0 }
}

/** Fetches the list; once the views hold `waitFor`, where that is given. */
export async function fetchList(campaign: string, waitFor: number, tell: (count: number, total: number) => void): Promise<HandOutList> {
  const wait: Parameters = waitFor > 0 ? { wait_for: waitFor } : {}
  const dossiers = await whole<RowOf['dossiers']>('dossiers', wait, tell)
  const of = { campaign, as_of: dossiers.position }
  const list: HandOutList = { campaign, position: dossiers.position, at: new Date().toISOString(), cases: [], payouts: [], heldFen: {}, dossiers: dossiers.rows }
  if (!has('clerk')) return list
  const states = ['approved', 'paid-in-part', 'paid', 'returned'].map((state) => `state=${state}`)
  list.cases = (await whole<Case>('cases', { ...of, filter: states }, tell)).rows.filter((row) => row.step === 'approved' && row.forms.split(',').includes('money'))
  list.payouts = (await whole<RowOf['payouts']>('payouts', { ...of, filter: ['method=cash'] }, tell)).rows
  const units = (await get('/balances', { by: 'unit', ...of })).rows as Holding[]
  list.heldFen = Object.fromEntries(units.map((each) => [each.unit, each.held_fen]))
  return list
}

export const keepList = (key: OfficerKey, list: HandOutList): Promise<void> => keep(key, nameOf(list.campaign), list)
export const keptList = (key: OfficerKey, campaign: string): Promise<HandOutList | null> => kept<HandOutList>(key, nameOf(campaign))

/** The campaign that is handed out in: the one chosen, else the only one that is open. */
export function handOutCampaign(): string {
  if (session.campaign !== '') return session.campaign
  const open = session.campaigns.filter((each) => each.closed_on === null)
  return open.length === 1 ? open[0]!.campaign : ''
}
