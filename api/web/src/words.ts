/** Sums, times and troubles, as people read them. */

import { Problem, Unreachable } from './api'
import { i18n } from './i18n'

/** Whole fen as yuan: 1,234.50. */
export function yuan(fen: number | null | undefined): string {
  if (fen === null || fen === undefined) return '—'
  const sign = fen < 0 ? '-' : ''
  const whole = Math.floor(Math.abs(fen) / 100)
  return `${sign}${whole.toLocaleString('en-US')}.${String(Math.abs(fen) % 100).padStart(2, '0')}`
}

/** Yuan as typed, in whole fen; null where it is no sum. */
export function fen(text: string): number | null {
  const found = /^\s*(\d{1,10})(?:\.(\d{1,2}))?\s*$/.exec(text.replace(/[,，]/g, ''))
  return found === null ? null : Number(found[1]) * 100 + Number((found[2] ?? '').padEnd(2, '0'))
}

/** A time in China, to the second. */
export function chinaTime(text: string): string {
  const time = new Date(text).getTime()
  return new Date(time + 8 * 3600_000).toISOString().slice(0, 19).replace('T', ' ')
}

export function trouble(error: unknown): string {
  if (error instanceof Problem) return error.said(i18n.global.locale.value)
  if (error instanceof Unreachable) return i18n.global.t('trouble.network')
  return error instanceof Error ? error.message : String(error)
}

/** The command that sends signed statements to this service. */
export const submitCommand = (file: string): string =>
  `curl -H 'Content-Type: application/x-ndjson' --data-binary @${file} ${location.origin}/statements`
