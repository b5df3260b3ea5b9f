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

/** The heading of a row's member, where a page has a place of its own for it. */
export function headingOf<R extends keyof Declared>(row: R, name: Declared[R][number]['name'], language: string): string {
  const declared: readonly Column[] = columns[row]
  return heading(declared.find((each) => each.name === name)!, language)
}

/** A row's value in a column, as it is shown. */
export function display<T extends object>(column: Column, row: T, said: Said<T>): string {
  const value = valueOf(column, row)
  return (column.kind === 'fen' && value !== null ? yuan(value as number) : textOf(column, row, said)) || '—'
}

/** The same for a file: nothing for nothing, money in yuan without separators. */
export function exported<T extends object>(column: Column, row: T, said: Said<T>): string {
  const value = valueOf(column, row)
  return column.kind === 'fen' && value !== null ? ((value as number) / 100).toFixed(2) : textOf(column, row, said)
}

/** Whether a column is to the right: money, and numbers that are compared. */
export const isRight = (column: Column): boolean => ['fen', 'number', 'position'].includes(column.kind)

const valueOf = (column: Column, row: object): unknown => (row as Record<string, unknown>)[column.name] ?? null

function textOf<T extends object>(column: Column, row: T, said: Said<T>): string {
  const value = valueOf(column, row)
  return said[column.name]?.(row) ?? (value === null ? '' : String(value))
}
