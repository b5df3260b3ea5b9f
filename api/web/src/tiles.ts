/** Divisions as tiles, placed by their codes alone: provinces about where they lie, all others in the order of their codes. */

import type { Schemas } from './api'

type Level = Schemas['LevelStanding']

/** What a tile says of all ledgers of its division: the worst of them. */
export type Tone = 'bad' | 'due' | 'plain' | 'good'

export interface Tile {
  row: Level
  /** Column and line of the grid, from 1 on; null where it comes after the one before. */
  place: readonly [number, number] | null
  name: string
  tone: Tone
}

/** Column and line of each province-level division (省级行政区), by the first two digits of its code. */
const PROVINCES: Record<string, readonly [number, number]> = {
  23: [9, 1], 15: [7, 1], 22: [9, 2], 65: [1, 2], 62: [4, 2], 64: [5, 2], 14: [6, 2], 13: [7, 2], 11: [8, 2],
  63: [3, 3], 61: [5, 3], 41: [6, 3], 37: [7, 3], 12: [8, 3], 21: [9, 3],
  54: [2, 4], 51: [4, 4], 50: [5, 4], 42: [6, 4], 34: [7, 4], 32: [8, 4],
  53: [3, 5], 52: [4, 5], 43: [5, 5], 36: [6, 5], 33: [7, 5], 31: [8, 5],
  45: [4, 6], 44: [5, 6], 35: [6, 6], 71: [8, 6], 82: [5, 7], 81: [6, 7], 46: [4, 7],
}

const ENDINGS = /(壮族自治区|回族自治区|维吾尔自治区|特别行政区|自治区|自治州|自治县|地区|省|市|县|区|盟|旗)$/

/** A division's name without what kind of division it is, as far as something is left of it. */
export function shortName(name: string): string {
  const short = name.replace(ENDINGS, '')
  return short.length >= 2 ? short : name
}

export function toneOf(row: Level): Tone {
  if (row.fault > 0) return 'bad'
  if (row.silent > 0 || row.difference_fen > 0) return 'due'
  return row.fresh > 0 ? 'good' : 'plain'
}

/** A tile for each division, those without a place of their own last. */
export function tilesOf(rows: Level[]): Tile[] {
  const provinces = rows.every((row) => row.region.endsWith('0000'))
  return rows.map((row) => ({
    row,
    place: provinces ? (PROVINCES[row.region.slice(0, 2)] ?? null) : null,
    name: shortName(row.name ?? row.region),
    tone: toneOf(row),
  }))
}
