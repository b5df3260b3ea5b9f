import { describe, expect, it } from 'vitest'
import { filterTexts, noneOf, readAddress, sortedBy, writeAddress, type TableColumn, type TableShown } from './address'
import { keptOf, stateOf } from './kept'
import { moved, pagesOf, scrolledTo, slotsOf, spanOf } from './windowing'

const column = (name: string, kind = 'text', more: Partial<TableColumn> = {}): TableColumn => ({
  name, kind, title: { zh: name, en: name }, asked: true, sorted: true, grouped: false, summed: false, codes: null, titles: {}, ...more,
})
const TABLE: TableShown = {
  name: 'cases', title: { zh: '名单', en: 'Cases' }, key: 'number', sort: 'number',
  columns: [column('number', 'position'), column('unit', 'text', { grouped: true }), column('state'), column('sum_fen', 'fen'), column('name', 'text', { asked: false, sorted: false }), column('campaign')],
}

describe('the address of a table', () => {
  it('holds all that was asked, and brings it back', () => {
    const query = { q: '张', sort: '-sum_fen,unit', state: ['paid', 'approved'], sum_fen: ['>=100', '<=900'], by: 'unit', cols: 'unit,name', dense: '1', flag: 'x', campaign: 'b2026' }
    const state = readAddress(query, TABLE)
    expect(state).toEqual({
      search: '张', sort: [{ column: 'sum_fen', descending: true }, { column: 'unit', descending: false }],
      picked: { state: { any: ['paid', 'approved'], from: '', to: '' }, sum_fen: { any: [], from: '100', to: '900' } },
      by: 'unit', columns: ['unit', 'name'], dense: true,
    })
    expect(writeAddress(query, TABLE, state)).toEqual(query)
    expect(filterTexts(state.picked)).toEqual(['state=paid', 'state=approved', 'sum_fen>=100', 'sum_fen<=900'])
  })

  it('takes one value for a list of one, and passes over what is no column', () => {
    const state = readAddress({ state: 'paid', name: '张', sort: 'name,other', by: 'state', cols: 'x' }, TABLE)
    expect(state.picked).toEqual({ state: { ...noneOf(), any: ['paid'] } })
    expect([state.sort, state.by, state.columns]).toEqual([[], '', []])
  })

  it('has a prefix where a page has several tables, and leaves the others alone', () => {
    const query = { 'h.q': '李', 'h.state': 'paid', state: 'approved', q: '张' }
    const state = readAddress(query, TABLE, 'h.')
    expect([state.search, state.picked.state]).toEqual(['李', { ...noneOf(), any: ['paid'] }])
    expect(writeAddress(query, TABLE, { ...state, search: '' }, 'h.')).toEqual({ 'h.state': ['paid'], state: 'approved', q: '张' })
  })

  it('is kept without its words, and taken up again', () => {
    const state = readAddress({ q: '张', sort: '-sum_fen', state: ['paid', 'approved'], sum_fen: ['>=100'], by: 'unit', cols: 'unit,name', dense: '1' }, TABLE)
    const kept = keptOf(state)
    expect(kept).toEqual({ filters: ['state=paid', 'state=approved', 'sum_fen>=100'], sort: '-sum_fen', by: 'unit', columns: ['unit', 'name'], dense: true })
    expect(stateOf(kept, TABLE)).toEqual({ ...state, search: '' })
    expect(stateOf({ ...kept, filters: ['gone=1'], sort: 'gone', by: 'gone', columns: ['gone'] }, TABLE).picked).toEqual({})
  })

  it('loses what is asked no more, and keeps what is not the table\'s', () => {
    const state = { ...readAddress({}, TABLE) }
    expect(writeAddress({ q: 'x', state: 'paid', flag: 'f', campaign: 'c' }, TABLE, state)).toEqual({ flag: 'f', campaign: 'c' })
  })

  it('has an order that a heading turns around and lets go of', () => {
    const up = sortedBy([], 'unit', false)
    const down = sortedBy(up, 'unit', false)
    expect(down).toEqual([{ column: 'unit', descending: true }])
    expect(sortedBy(down, 'unit', false)).toEqual([])
    expect(sortedBy(up, 'sum_fen', true)).toEqual([{ column: 'unit', descending: false }, { column: 'sum_fen', descending: false }])
    expect(sortedBy(up, 'sum_fen', false)).toEqual([{ column: 'sum_fen', descending: false }])
  })
})

describe('the window on a table', () => {
  it('has the rows that stand in it and a few beside', () => {
    expect(spanOf(0, 400, 40, 10_000)).toEqual({ first: 0, end: 18 })
    expect(spanOf(40_000, 400, 40, 10_000)).toEqual({ first: 992, end: 1018 })
    expect(spanOf(399_600, 400, 40, 10_000)).toEqual({ first: 9982, end: 10_000 })
    expect(spanOf(0, 400, 40, 0)).toEqual({ first: 0, end: 0 })
    expect(spanOf(4_000, 400, 40, 5)).toEqual({ first: 4, end: 5 })
  })

  it('never draws two rows in one place', () => {
    for (let scrolled = 0; scrolled < 4_000; scrolled += 7) {
      const { first, end } = spanOf(scrolled, 433, 40, 10_000)
      expect(end - first).toBeLessThanOrEqual(slotsOf(433, 40))
    }
  })

  it('asks for the pages of the middle first', () => {
    expect(pagesOf({ first: 92, end: 118 }, 100)).toEqual([1, 0])
    expect(pagesOf({ first: 0, end: 0 }, 100)).toEqual([])
    expect(pagesOf({ first: 150, end: 460 }, 100)).toEqual([3, 2, 4, 1])
  })

  it('follows the keys, and scrolls no more than it must', () => {
    expect(moved('ArrowDown', 9, 10, 5)).toBe(9)
    expect(moved('PageUp', 3, 10, 5)).toBe(0)
    expect(moved('End', 0, 10, 5)).toBe(9)
    expect(moved('a', 0, 10, 5)).toBeNull()
    expect(moved('Home', 0, 0, 5)).toBeNull()
    expect(scrolledTo(0, 100, 400, 40)).toBe(0)
    expect(scrolledTo(12, 0, 400, 40)).toBe(120)
    expect(scrolledTo(5, 100, 400, 40)).toBe(100)
  })
})
