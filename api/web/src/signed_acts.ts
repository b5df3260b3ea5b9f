/** What is about to be signed, in groups with their sums, and found by a word. */

import type { Draft } from './signing/statement'

export interface Act {
  draft: Draft
  words: string
}

/** Acts of one kind in one campaign, unit and line: how many, and their sum in fen, null where none moves money. */
export interface Group {
  key: string
  type: string
  campaign: string | null
  unit: string | null
  line: string | null
  count: number
  sum: number | null
}

const text = (value: unknown): string | null => (typeof value === 'string' ? value : null)

const keyOf = (act: Act): string =>
  [act.draft.type, ...['campaign', 'unit', 'line'].map((name) => text(act.draft.body[name]) ?? '')].join(' ')

/** The groups, in the order in which each first comes. */
export function grouped(acts: Act[]): Group[] {
  const found = new Map<string, Group>()
  for (const act of acts) {
    const { campaign, unit, line, amount_fen: amount } = act.draft.body
    const key = keyOf(act)
    const group = found.get(key) ?? {
      key, type: act.draft.type, campaign: text(campaign), unit: text(unit), line: text(line), count: 0, sum: null,
    }
    group.count += 1
    if (typeof amount === 'number') group.sum = (group.sum ?? 0) + amount
    found.set(key, group)
  }
  return [...found.values()]
}

/** The places of the acts of a group (of all without one) whose words or canonical text hold all the words asked for. */
export function found(acts: Act[], texts: string[], asked: string, group: string | null): number[] {
  const words = asked.toLowerCase().split(/\s+/).filter(Boolean)
  return acts.flatMap((act, index) => {
    if (group !== null && keyOf(act) !== group) return []
    const said = `${act.words}\n${texts[index] ?? ''}`.toLowerCase()
    return words.every((word) => said.includes(word)) ? [index] : []
  })
}
