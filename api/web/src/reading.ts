/** What an officer chooses of a roster's file before it is signed: columns, units, and what is not needed. */

import type { Schemas } from './api'
import type { RosterRead } from './filing'

export type MappedColumn = Schemas['ColumnMapping']
export type UnusedPart = Schemas['UnusedPart']

/** As the service takes them, as JSON in the query. */
export interface Choices {
  columns: Record<string, string>
  units: Record<string, string>
  ignored: string[]
  sheets: string[]
  hidden_rows: boolean
  hidden_columns: boolean
  struck_rows: boolean
}

export const noChoices = (): Choices => ({ columns: {}, units: {}, ignored: [], sheets: [], hidden_rows: false, hidden_columns: false, struck_rows: false })

/** What says that a column is not needed. */
export const IGNORED = '-'
export const UNITS = ['元', '百元', '千元', '万元', '角', '分']
export const MONEY = ['amount_fen', 'income_per_head_fen']

/** Another field, or none, for a column; one that was chosen before is chosen no more. */
/** What a column is called in the choices: by its heading, or by its letters where it has none. */
export const nameOf = (column: MappedColumn): string => column.heading || column.column

export function withField(choices: Choices, heading: string, field: string): Choices {
  return { ...choices, columns: { ...choices.columns, [heading]: field === '' ? IGNORED : field } }
}

export function withUnit(choices: Choices, heading: string, unit: string): Choices {
  return { ...choices, units: { ...choices.units, [heading]: unit } }
}

/** What has to be accepted as not needed before anything is signed. */
export function asked(read: RosterRead): UnusedPart[] {
  return [...read.unused.sheets, ...read.unused.columns, ...read.unused.rows].filter((each) => each.asked)
}

/** What is not used and needs no answer: titles, totals, the lines' own numbers. */
export function named(read: RosterRead): UnusedPart[] {
  return [...read.unused.sheets, ...read.unused.columns, ...read.unused.rows].filter((each) => !each.asked)
}

/** Where a part of a file stands, as it is shown, and by which it is known again. */
export function placeOf(part: UnusedPart): string {
  const within = part.column === null ? (part.row === null ? '' : ` ${part.row}`) : ` ${part.column} ${part.heading ?? ''}`
  return `${part.sheet}${within}`.trim()
}

/** The choices with all columns that were ticked as not needed. */
export function withIgnored(choices: Choices, parts: UnusedPart[], ticked: Set<string>): Choices {
  const columns = parts.filter((part) => part.column !== null && ticked.has(placeOf(part)))
  const ignored = columns.map((part) => part.heading || part.column || '').filter((name) => name !== '')
  return { ...choices, ignored: [...new Set([...choices.ignored, ...ignored])] }
}
