/** Which rows of a long table stand in its window, and which pages they are on: pure. */

export interface Span {
  /** The first row, from 0. */
  first: number
  /** The row after the last. */
  end: number
}

/** Rows above and below the window that are drawn beforehand. */
const BESIDE = 8

/** The rows to draw where so much has been scrolled past. */
export function spanOf(scrolled: number, height: number, rowHeight: number, total: number): Span {
  const first = Math.max(0, Math.floor(scrolled / rowHeight) - BESIDE)
  return { first: Math.min(first, Math.max(0, total - 1)), end: Math.min(total, Math.ceil((scrolled + height) / rowHeight) + BESIDE) }
}

/** How many rows are drawn at most, wherever the window stands. */
export const slotsOf = (height: number, rowHeight: number): number => Math.ceil(height / rowHeight) + 1 + 2 * BESIDE

/** The pages on which rows stand, those in the middle of the window first. */
export function pagesOf(span: Span, size: number): number[] {
  if (span.end <= span.first) return []
  const first = Math.floor(span.first / size)
  const last = Math.floor((span.end - 1) / size)
  const middle = Math.floor((span.first + span.end - 1) / 2 / size)
  const pages = Array.from({ length: last - first + 1 }, (_, index) => first + index)
  return pages.sort((one, other) => Math.abs(one - middle) - Math.abs(other - middle))
}

/** The row that a key leads to from another; null where the key is none that moves. */
export function moved(key: string, at: number, total: number, page: number): number | null {
  const to: Record<string, number> = { ArrowDown: at + 1, ArrowUp: at - 1, PageDown: at + page, PageUp: at - page, Home: 0, End: total - 1 }
  const found = to[key]
  return found === undefined || total === 0 ? null : Math.min(total - 1, Math.max(0, found))
}

/** How far to scroll for a row to stand in the window whole; what it is scrolled to where it does already. */
export function scrolledTo(row: number, scrolled: number, height: number, rowHeight: number): number {
  if (row * rowHeight < scrolled) return row * rowHeight
  return (row + 1) * rowHeight > scrolled + height ? (row + 1) * rowHeight - height : scrolled
}
