/** An approver's decisions before they are signed: one a case, and what they leave on each line; pure but for the policy's lines. */

import { approvedFen, emptyForm, lineOf, said, withGoods } from './acts'
import type { Case } from './api'
import type { Said } from './parts/SignDialog.vue'

export type Decision = { approves: true } | { approves: false; reason: string }
export type Decisions = ReadonlyMap<string, Decision>

type Translate = (key: string, named?: Record<string, unknown>) => string

/** What an approval by the category's standard would take, and from which line; null where it takes more to say. */
export function asStandard(row: Case): { line: string; fen: number } | null {
  if (withGoods(row)) return null
  const fen = approvedFen(row, emptyForm())
  const line = lineOf(row, emptyForm())
  return fen === null || fen <= 0 || line === '' ? null : { line, fen }
}

/** What each line has left once these decisions are signed. */
export function leftAfter(available: ReadonlyMap<string, number>, rows: Case[], decisions: Decisions): Map<string, number> {
  const left = new Map(available)
  for (const row of rows) {
    const taken = decisions.get(row.case_id)?.approves === true ? asStandard(row) : null
    if (taken !== null) left.set(taken.line, (left.get(taken.line) ?? 0) - taken.fen)
  }
  return left
}

/** Why a case cannot be approved here now: what it needs beside, or what its line lacks. */
export function hindrance(row: Case, left: ReadonlyMap<string, number>, decisions: Decisions): 'more-to-say' | 'line-short' | null {
  const takes = asStandard(row)
  if (takes === null) return 'more-to-say'
  const own = decisions.get(row.case_id)?.approves === true ? takes.fen : 0
  return takes.fen > (left.get(takes.line) ?? 0) + own ? 'line-short' : null
}

/** The statements of all decisions, in the order of the rows. */
export const decided = (rows: Case[], decisions: Decisions, t: Translate): Said[] =>
  rows.flatMap((row) => {
    const decision = decisions.get(row.case_id)
    if (decision === undefined) return []
    return decision.approves ? said('approve', [row], emptyForm(), t) : said('reject', [row], { ...emptyForm(), reason: decision.reason }, t)
  })

/** The next row without a decision, from one on and around; the same where there is none. */
export function nextOpen(rows: Case[], decisions: Decisions, from: number): number {
  for (let step = 1; step <= rows.length; step += 1) {
    const at = (from + step) % rows.length
    if (!decisions.has(rows[at]!.case_id)) return at
  }
  return from
}

/** What a key does on a row; null for one that does nothing. */
export function keyOf(event: Pick<KeyboardEvent, 'key' | 'ctrlKey' | 'metaKey' | 'altKey'>): 'approve' | 'reject' | 'next' | 'back' | 'undo' | 'sign' | null {
  if (event.ctrlKey || event.metaKey || event.altKey) return null
  const keys = { a: 'approve', r: 'reject', n: 'next', ArrowDown: 'next', p: 'back', ArrowUp: 'back', u: 'undo', s: 'sign' } as const
  return keys[(event.key.length === 1 ? event.key.toLowerCase() : event.key) as keyof typeof keys] ?? null
}

