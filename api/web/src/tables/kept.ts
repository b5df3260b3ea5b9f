/** Views of a table that an officer keeps: what its address asks, but for the words; and back. */

import type { Schemas } from '../api'
import { filterTexts, readAddress, sortText, type TableShown, type TableState } from './address'

export type KeptView = Schemas['KeptView']
type KeptState = Schemas['KeptState']

/** What is kept of a table as it stands. */
export const keptOf = (state: TableState): KeptState => ({
  filters: filterTexts(state.picked), sort: sortText(state.sort), by: state.by, columns: state.columns, dense: state.dense,
})

/** What a kept view asks of its table; what is no column of it any more is passed over. */
export function stateOf(kept: KeptState, table: TableShown): TableState {
  const query: Record<string, string[]> = {}
  for (const text of kept.filters) {
    const [, name, sign, value] = /^([a-z_]+)(>=|<=|=)(.*)$/s.exec(text) ?? []
    if (name !== undefined) query[name] = [...(query[name] ?? []), sign === '=' ? value! : sign! + value!]
  }
  return readAddress({ ...query, sort: kept.sort, by: kept.by, cols: kept.columns.join(','), dense: kept.dense ? '1' : '' }, table)
}
