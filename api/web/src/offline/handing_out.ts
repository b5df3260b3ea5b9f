/** Handing out, as a list: what each case is still owed with what was signed here since, and what stays in hand; pure. */

import type { Case } from '../api'
import type { RowOf } from '../tables/questions'
import type { HandOutList } from './hand_out_list'
import { nameMatches } from './initials'
import type { Outgoing } from './outbox'

export type Standing = 'due' | 'given' | 'absent' | 'returned'

/** What was given and may be taken back: the payout, recorded or not yet. */
export interface Given {
  payout: string
  fen: number
}

export interface HandOutRow {
  case: Case
  /** What was signed here about it, oldest first, the list not knowing it yet. */
  acts: Outgoing[]
  dueFen: number
  given: Given[]
  standing: Standing
}

/** Whether an act changes what the list says: not refused, and later than the list. */
const counts = (act: Outgoing, position: number): boolean => act.problem === null && (act.receipt === null || act.receipt.position > position)

const sum = (fen: number[]): number => fen.reduce((all, each) => all + each, 0)

export function rowsOf(list: HandOutList, acts: Outgoing[]): HandOutRow[] {
  const byCase = grouped(acts, (act) => act.subject)
  const paid = grouped(list.payouts, (payout) => payout.case_id ?? '')
  return list.cases.map((row) => rowOf(row, byCase.get(row.case_id) ?? [], paid.get(row.case_id) ?? [], list.position))
}

function grouped<T>(rows: T[], keyOf: (row: T) => string): Map<string, T[]> {
  const found = new Map<string, T[]>()
  for (const row of rows) found.set(keyOf(row), [...(found.get(keyOf(row)) ?? []), row])
  return found
}

function rowOf(row: Case, acts: Outgoing[], payouts: RowOf['payouts'][], position: number): HandOutRow {
  const counting = acts.filter((act) => counts(act, position))
  const dueFen = row.approved_fen - row.kept_fen - sum(counting.map((act) => act.fen))
  const recorded = payouts.map((each) => ({ payout: each.payout, fen: each.amount_fen - each.returned_fen }))
  const signed = counting.filter((act) => act.kind === 'received').map((act) => ({ payout: act.id, fen: act.fen }))
  const back = new Map(counting.filter((act) => act.kind === 'returned').map((act) => [act.payout ?? '', -act.fen]))
  const given = [...recorded, ...signed].map((each) => ({ ...each, fen: each.fen - (back.get(each.payout) ?? 0) })).filter((each) => each.fen > 0)
  return { case: row, acts, dueFen, given, standing: standingOf(row, counting, dueFen) }
}

function standingOf(row: Case, counting: Outgoing[], dueFen: number): Standing {
  if (dueFen <= 0) return 'given'
  const last = counting[counting.length - 1]?.kind
  if (last === 'returned' || (last === undefined && row.state === 'returned')) return 'returned'
  return last === 'absent' || (last === undefined && row.absences > 0) ? 'absent' : 'due'
}

/** Money in hand: as the ledger had it, what left it by acts that are not recorded yet, and what is there now. */
export interface InHand {
  heldFen: number
  pendingFen: number
  leftFen: number
}

/** Of one unit, or of all in the list. */
export function inHand(list: HandOutList, acts: Outgoing[], unit: string | null = null): InHand {
  const heldFen = sum(Object.entries(list.heldFen).flatMap(([of, fen]) => (unit === null || of === unit ? [fen] : [])))
  const pendingFen = sum(acts.flatMap((act) => (counts(act, list.position) && (unit === null || act.unit === unit) ? [act.fen] : [])))
  return { heldFen, pendingFen, leftFen: heldFen - pendingFen }
}

/** Rows in these standings whose name, or number in the list, is asked for. */
export const found = (rows: HandOutRow[], asked: string, standings: Standing[]): HandOutRow[] =>
  rows.filter((row) => standings.includes(row.standing) && matches(row.case.masked_name, row.case.nominated_position, asked))

export const matches = (name: string, number: number, asked: string): boolean =>
  nameMatches(name, asked) || (/^\d+$/.test(asked.trim()) && String(number).endsWith(asked.trim()))
