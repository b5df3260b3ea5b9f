/** What a cell of a table says: titles for codes, yuan for fen, China's time; and how wide its column is. */

import { i18n } from '../i18n'
import { categoryTitle, eventTitle, lineTitle, officerName, ruleTitle, session, unitName } from '../session'
import { chinaTime, yuan } from '../words'
import type { TableColumn } from './address'

type Cells = Record<string, unknown>

const language = (): string => i18n.global.locale.value

/** What a code is called; `campaign` is whose policy names lines and categories. */
export function codeTitle(codes: string, code: string, campaign: string): string {
  switch (codes) {
    case 'unit': return unitName(code)
    case 'officer': return officerName(code)
    case 'campaign': return session.campaigns.find((each) => each.campaign === code)?.title ?? code
    case 'category': return categoryTitle(campaign, code)
    case 'line': return lineTitle(campaign, code.includes('/') ? code.slice(code.indexOf('/') + 1) : code)
    case 'rule': return ruleTitle(code, language())
    case 'event': return eventTitle(code, language())
    default: return code
  }
}

/** What a cell says; nothing for nothing. */
export function cellText(column: TableColumn, row: object): string {
  const cells = row as Cells
  const value = cells[column.name]
  if (value === null || value === undefined) return ''
  if (column.kind === 'fen') return yuan(value as number)
  if (column.kind === 'moment') return chinaTime(value as string)
  if (column.kind === 'composed') return inBoth(value as { zh: string; en: string })
  const texts = Array.isArray(value) ? value.map(String) : [String(value)]
  return texts.map((text) => titleIn(column, text, String(cells.campaign ?? ''))).join('、')
}

const inBoth = (said: { zh: string; en: string }): string => (language() === 'zh' ? said.zh : said.en)

/** What a column's code is called: as the service says, where every ledger says the same. */
export function titleIn(column: TableColumn, code: string, campaign: string): string {
  const fixed = column.titles[code]
  if (fixed !== undefined) return inBoth(fixed)
  return column.codes === null ? code : codeTitle(column.codes, code, campaign)
}

export const isRight = (column: TableColumn): boolean => ['fen', 'number', 'position'].includes(column.kind)
export const columnTitle = (column: TableColumn): string => (language() === 'zh' ? column.title.zh : column.title.en)

const WIDTHS: Record<string, number> = {
  rule: 200, what: 220, title: 170, subject: 200, account: 170, before_said: 260, after_said: 260, abstract: 240, key: 170, unit: 130, campaign: 180, type: 150, masked_name: 110, about: 160, category: 120, line: 110, officer: 110, state: 130,
}
const OF_KIND: Record<string, number> = { fen: 112, day: 104, moment: 164, position: 90, number: 90 }

/** How many pixels a column takes; those of text share what is left. */
export const columnWidth = (column: TableColumn): number => WIDTHS[column.name] ?? OF_KIND[column.kind] ?? 110
