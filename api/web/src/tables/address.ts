/** What a table is asked, as the address has it, so that a link brings it back: pure. */

import type { LocationQuery, LocationQueryRaw } from 'vue-router'
import type { Schemas } from '../api'

export type TableColumn = Schemas['TableColumn']
export type TableShown = Schemas['TableShown']

/** How a column is compared: with one of several values, or from and up to one. */
export interface Picked {
  any: string[]
  from: string
  to: string
}

export interface Sorting {
  column: string
  descending: boolean
}

/** What a table is asked, and how it is laid out. */
export interface TableState {
  search: string
  sort: Sorting[]
  picked: Record<string, Picked>
  by: string
  /** The columns that are shown, in their order; none is all. */
  columns: string[]
  dense: boolean
}

const NAMES = ['q', 'sort', 'by', 'cols', 'dense']
/** What the address has for the whole page, and no table takes for a filter. */
const OF_THE_PAGE = ['campaign', 'as_of']

export const noneOf = (): Picked => ({ any: [], from: '', to: '' })
export const isPicked = (picked: Picked | undefined): boolean =>
  picked !== undefined && (picked.any.length > 0 || picked.from !== '' || picked.to !== '')

const texts = (value: LocationQuery[string] | undefined): string[] =>
  (Array.isArray(value) ? value : [value]).filter((each): each is string => typeof each === 'string')

/** The columns of a table by which the address may filter. */
export const filterable = (table: TableShown): string[] =>
  table.columns.filter((column) => column.asked && !OF_THE_PAGE.includes(column.name)).map((column) => column.name)

/** What the address asks of a table; `prefix` stands before its names on a page with several tables. */
export function readAddress(query: LocationQuery, table: TableShown, prefix = ''): TableState {
  const one = (name: string): string => texts(query[prefix + name])[0] ?? ''
  const names = table.columns.map((column) => column.name)
  const picked: Record<string, Picked> = {}
  for (const name of filterable(table)) {
    const found = noneOf()
    for (const value of texts(query[prefix + name])) {
      if (value.startsWith('>=')) found.from = value.slice(2)
      else if (value.startsWith('<=')) found.to = value.slice(2)
      else found.any.push(value)
    }
    if (isPicked(found)) picked[name] = found
  }
  return {
    search: one('q'),
    sort: one('sort')
      .split(',')
      .map((text) => ({ column: text.replace(/^-/, ''), descending: text.startsWith('-') }))
      .filter((each) => table.columns.some((column) => column.name === each.column && column.sorted)),
    picked,
    by: table.columns.some((column) => column.grouped && column.name === one('by')) ? one('by') : '',
    columns: one('cols').split(',').filter((name) => names.includes(name)),
    dense: one('dense') === '1',
  }
}

/** The address with what a table is asked; all else in it stays. */
export function writeAddress(query: LocationQuery, table: TableShown, state: TableState, prefix = ''): LocationQueryRaw {
  const owned = [...NAMES, ...filterable(table)].map((name) => prefix + name)
  const others = Object.fromEntries(Object.entries(query).filter(([name]) => !owned.includes(name)))
  const asked: LocationQueryRaw = {
    q: state.search.trim() || undefined,
    sort: sortText(state.sort) || undefined,
    by: state.by || undefined,
    cols: state.columns.join(',') || undefined,
    dense: state.dense ? '1' : undefined,
  }
  for (const [name, picked] of Object.entries(state.picked)) {
    const values = comparisons(picked).map(([sign, value]) => (sign === '=' ? value : sign + value))
    if (values.length > 0) asked[name] = values
  }
  return { ...others, ...Object.fromEntries(Object.entries(asked).flatMap(([name, value]) => (value === undefined ? [] : [[prefix + name, value]]))) }
}

export const sortText = (sort: Sorting[]): string => sort.map((each) => (each.descending ? '-' : '') + each.column).join(',')

/** The filters as the service takes them. */
export const filterTexts = (picked: Record<string, Picked>): string[] =>
  Object.entries(picked).flatMap(([name, each]) => comparisons(each).map(([sign, value]) => name + sign + value))

function comparisons(picked: Picked): ['=' | '>=' | '<=', string][] {
  return [
    ...picked.any.map((value): ['=', string] => ['=', value]),
    ...(picked.from === '' ? [] : [['>=', picked.from] as ['>=', string]]),
    ...(picked.to === '' ? [] : [['<=', picked.to] as ['<=', string]]),
  ]
}

/** The order after a click on a heading: up, down, and back to the table's own; with another key held, beside the others. */
export function sortedBy(sort: Sorting[], column: string, beside: boolean): Sorting[] {
  const held = sort.find((each) => each.column === column)
  const rest = beside ? sort.filter((each) => each.column !== column) : []
  if (held === undefined) return [...rest, { column, descending: false }]
  return held.descending ? rest : [...rest, { column, descending: true }]
}
