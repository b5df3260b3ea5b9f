/** A table as a file that Excel opens: UTF-8 with its mark, and no cell that is taken for a formula. */

export type Cell = string | number | null | undefined

function written(cell: Cell): string {
  const text = cell === null || cell === undefined ? '' : String(cell)
  const safe = typeof cell === 'string' && /^[=+\-@\t\r]/.test(text) && !/^-?[\d,.]+$/.test(text) ? `'${text}` : text
  return /[",\n\r]/.test(safe) ? `"${safe.replace(/"/g, '""')}"` : safe
}

/** The file's text. */
export function csvText(headings: string[], rows: Cell[][]): string {
  const lines = [headings, ...rows].map((row) => row.map(written).join(','))
  return `\ufeff${lines.join('\r\n')}\r\n`
}

export function saveCsv(name: string, headings: string[], rows: Cell[][]): void {
  save(`${name}.csv`, new Blob([csvText(headings, rows)], { type: 'text/csv;charset=utf-8' }))
}

/** Gives the person a file. */
export function save(name: string, file: Blob): void {
  const link = document.createElement('a')
  link.href = URL.createObjectURL(file)
  link.download = name
  link.click()
  URL.revokeObjectURL(link.href)
}
