/** Names for identifiers: who a case is about, as the rows that this browser was shown have it. */

import type { Case } from './api'

const names = new Map<string, { name: string; position: number | null }>()

const STATEMENT_ID = /\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b/g

type Naming = Pick<Case, 'case_id' | 'dossier' | 'masked_name' | 'nominated_position'>

const isNaming = (row: unknown): row is Naming =>
  typeof row === 'object' && row !== null && 'case_id' in row && 'masked_name' in row && 'nominated_position' in row

/** Keeps the masked names of the cases in an answer, one or a page of them, with their serial numbers (登记序号). */
export function rememberNames(answer: unknown): void {
  const rows = typeof answer === 'object' && answer !== null && 'rows' in answer ? answer.rows : answer
  for (const row of Array.isArray(rows) ? rows : [rows]) {
    if (!isNaming(row)) continue
    names.set(row.case_id, { name: row.masked_name, position: row.nominated_position })
    names.set(row.dossier, { name: row.masked_name, position: null })
  }
}

/** Forgets them all, when the session ends: the next officer may see others. */
export const forgetNames = (): void => names.clear()

/** A text with the names of what it names by identifiers, as far as they were shown here. */
export function withNames(text: string, language: string): string {
  return text.replace(STATEMENT_ID, (id) => {
    const known = names.get(id)
    if (known === undefined) return id
    if (known.position === null) return known.name
    return language === 'zh' ? `${known.name}（登记序号 ${known.position}）` : `${known.name} (entry ${known.position})`
  })
}
