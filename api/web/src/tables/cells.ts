/** Headings and cells of a table in their order: its own columns, with the page's beside those that they belong to. */

import type { TableColumn } from './address'
import { columnTitle, columnWidth, isRight } from './titles'

/** A column that the page fills itself, after one of the table's. */
export interface Extra { name: string; title: string; width: number; after: string }

export interface Cell { key: string; title: string; width: number; right: boolean; column: TableColumn; extra: boolean }

/** The cells of the columns that are wanted, in that order; of all but the hidden, where none are. */
export function cellsOf(columns: TableColumn[], wanted: string[], hidden: string[], extras: Extra[]): Cell[] {
  const shown = wanted.length === 0
    ? columns.filter((column) => !hidden.includes(column.name))
    : wanted.flatMap((name) => columns.filter((column) => column.name === name))
  return shown.flatMap((column) => [
    { key: column.name, title: columnTitle(column), width: columnWidth(column), right: isRight(column), column, extra: false },
    ...extras.filter((extra) => extra.after === column.name).map((extra) => ({ key: extra.name, title: extra.title, width: extra.width, right: false, column, extra: true })),
  ])
}

export const widthOf = (cells: Cell[]): number => cells.reduce((all, each) => all + each.width, 0)
