import { describe, expect, it } from 'vitest'
import type { Schemas } from './api'
import { shortName, tilesOf, toneOf } from './tiles'

const NOTHING: Schemas['LevelStanding'] = {
  region: '430000', name: '湖南省', ledgers: 3, fresh: 3, silent: 0, fault: 0, declared_only: 0, never_seen: 0,
  declared_persons: 0, declared_fen: 0, helped: 0, paid_fen: 0, goods_fen: 0, difference_fen: 0,
}

describe('the map of divisions', () => {
  it('places provinces where they lie, and others in the order of their codes', () => {
    const [hunan, hainan] = tilesOf([NOTHING, { ...NOTHING, region: '460000', name: '海南省' }])
    expect(hunan!.place).toEqual([5, 5])
    expect(hainan!.place![1]).toBeGreaterThan(hunan!.place![1])
    expect(tilesOf([{ ...NOTHING, region: '430100' }])[0]!.place).toBeNull()
  })

  it('gives every province a place of its own', () => {
    const codes = [11, 12, 13, 14, 15, 21, 22, 23, 31, 32, 33, 34, 35, 36, 37, 41, 42, 43, 44, 45, 46, 50, 51, 52, 53, 54, 61, 62, 63, 64, 65, 71, 81, 82]
    const places = tilesOf(codes.map((code) => ({ ...NOTHING, region: `${code}0000` }))).map((tile) => String(tile.place))
    expect(new Set(places).size).toBe(34)
    expect(places).not.toContain('null')
  })

  it('tells the worst of a division', () => {
    expect(toneOf(NOTHING)).toBe('good')
    expect(toneOf({ ...NOTHING, difference_fen: 1 })).toBe('due')
    expect(toneOf({ ...NOTHING, silent: 1, fault: 1 })).toBe('bad')
    expect(toneOf({ ...NOTHING, fresh: 0, never_seen: 3 })).toBe('plain')
  })

  it('leaves the kind of a division out of its name', () => {
    expect(['湖南省', '广西壮族自治区', '浏阳市', '沙市', '密云区'].map(shortName)).toEqual(['湖南', '广西', '浏阳', '沙市', '密云'])
  })
})
