import { describe, expect, it } from 'vitest'
import type { RosterRead } from './filing'
import { asked, IGNORED, named, noChoices, placeOf, withField, withIgnored, withUnit, type UnusedPart } from './reading'

const part = (more: Partial<UnusedPart>): UnusedPart => ({
  sheet: '名单', column: null, heading: null, row: null, code: 'row-total', why: '合计', why_en: 'a total', asked: false, ...more,
})
const nation = part({ column: 'D', heading: '民族', code: 'column-unknown', asked: true })
const hidden = part({ row: 7, code: 'row-hidden', asked: true })
const total = part({ row: 9 })
const read = { unused: { sheets: [], columns: [nation], rows: [hidden, total] } } as unknown as RosterRead

describe('what is chosen of a file', () => {
  it('tells what has to be accepted from what is only named', () => {
    expect(asked(read)).toEqual([nation, hidden])
    expect(named(read)).toEqual([total])
    expect([nation, hidden].map(placeOf)).toEqual(['名单 D 民族', '名单 7'])
  })

  it('names a column, a unit, and what is not needed by its heading', () => {
    const chosen = withUnit(withField(withField(noChoices(), '困难程度', 'category'), '性别', ''), '金额', '万元')
    expect(chosen.columns).toEqual({ 困难程度: 'category', 性别: IGNORED })
    expect(chosen.units).toEqual({ 金额: '万元' })
    expect(withIgnored(chosen, asked(read), new Set(['名单 D 民族', '名单 7'])).ignored).toEqual(['民族'])
    expect(withIgnored(chosen, asked(read), new Set()).ignored).toEqual([])
  })
})
