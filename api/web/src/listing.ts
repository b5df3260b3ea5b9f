/** Rows listed by their declared columns: on a page, and in the file that is saved of it. */

import { columns } from './columns'
import { yuan } from './words'

type Declared = typeof columns

/** A column as it is declared: its member of the row, what it holds, what people call it. */
export interface Column {
  name: string
  kind: string
  zh: string
  en: string
}

/** What a member says of a row, where that is not the value itself. */
export type Said<T> = { [name: string]: (row: T) => string }

/** The columns of a row: those named, in that order, then whatever else is declared. */
export function listed<R extends keyof Declared>(row: R, ...first: Declared[R][number]['name'][]): Column[] {
  const declared: readonly Column[] = columns[row]
  const named = first.flatMap((name) => declared.filter((each) => each.name === name))
  return [...named, ...declared.filter((each) => !named.includes(each))]
}

/** A column's heading in a language. */
export const heading = (column: Column, language: string): string => (language === 'zh' ? column.zh : column.en)

/** A row's value in a column, as it is shown. */
export function shown<T extends object>(column: Column, row: T, said: Said<T>): string {
  const value = (row as Record<string, unknown>)[column.name]
  if (value === null || value === undefined) return '—'
  if (column.kind === 'fen') return yuan(value as number)
  return said[column.name]?.(row) ?? String(value)
}

/** The same for a file: nothing for nothing, money in yuan without separators. */
export function filed<T extends object>(column: Column, row: T, said: Said<T>): string {
  const value = (row as Record<string, unknown>)[column.name]
  if (value === null || value === undefined) return ''
  return column.kind === 'fen' ? ((value as number) / 100).toFixed(2) : shown(column, row, said)
}
