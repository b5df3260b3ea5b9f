/** A table as a file that Excel opens: UTF-8 with its mark, and no cell that is taken for a formula. */

export type Cell = string | number | null | undefined

function written(cell: Cell): string {
  const text = cell === null || cell === undefined ? '' : String(cell)
  const safe = typeof cell === 'string' && /^[=+\-@\t\r]/.test(text) && !/^-?[\d,.]+$/.test(text) ? `'${text}` : text
  return /[",\n\r]/.test(safe) ? `"${safe.replace(/"/g, '""')}"` : safe
}

export function saveCsv(name: string, headings: string[], rows: Cell[][]): void {
  const lines = [headings, ...rows].map((row) => row.map(written).join(','))
  const file = new Blob(['\ufeff', lines.join('\r\n'), '\r\n'], { type: 'text/csv;charset=utf-8' })
  const link = document.createElement('a')
  link.href = URL.createObjectURL(file)
  link.download = `${name}.csv`
  link.click()
  URL.revokeObjectURL(link.href)
}
