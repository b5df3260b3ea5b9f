import { describe, expect, it } from 'vitest'
import { nothing, readShown, writeShown } from './address'
import { fitted, laidOut, towards } from './layout'
import { among, daysOf, isWithin, merged, mostMoney, nodesOf, thickness, type Edge } from './relations'

const edge = (from: string, to: string, more: Partial<Edge> = {}): Edge => ({ from, to, what: 'unit', said: '', amount_fen: null, on: null, until: null, ...more })

describe('what a chart holds', () => {
  it('has each edge once, as it was asked last', () => {
    const found = merged([edge('dossier:a', 'unit:t')], [edge('dossier:a', 'unit:t', { amount_fen: 5 }), edge('dossier:a', 'unit:t', { what: 'link' })])
    expect(found.map((each) => [each.what, each.amount_fen])).toEqual([['unit', 5], ['link', null]])
  })
  it('cuts to days: what goes on has no end', () => {
    const paid = edge('dossier:a', 'payout:p', { on: '2026-01-15', until: '2026-01-15' })
    const lives = edge('dossier:a', 'address:x', { on: '2025-12-01' })
    expect([paid, lives].map((each) => isWithin(each, '2026-01-16', ''))).toEqual([false, true])
    expect([paid, lives].map((each) => isWithin(each, '', '2025-12-31'))).toEqual([false, true])
    expect(isWithin(paid, '2026-01-15', '2026-01-15')).toBe(true)
    expect(daysOf([paid, lives])).toEqual(['2025-12-01', '2026-01-15'])
  })
  it('takes nodes off with their edges, and keeps one that hangs on nothing', () => {
    const edges = [edge('dossier:a', 'unit:t'), edge('dossier:b', 'unit:t')]
    const nodes = nodesOf(edges, ['officer:o'], new Set(['dossier:b']))
    expect(nodes).toEqual(['officer:o', 'dossier:a', 'unit:t'])
    expect(among(edges, new Set(nodes))).toEqual([edges[0]])
  })
  it('draws money thicker, and what is none thin', () => {
    const edges = [edge('a', 'b', { amount_fen: 100 }), edge('a', 'c', { amount_fen: 25 }), edge('a', 'd')]
    const most = mostMoney(edges)
    expect(edges.map((each) => Math.round(thickness(each, most) * 10) / 10)).toEqual([4.8, 3, 1.2])
    expect(thickness(edge('a', 'b', { amount_fen: 0 }), 0)).toBe(1.2)
  })
})

describe('where nodes stand', () => {
  const nodes = ['unit:t', ...Array.from({ length: 100 }, (_, index) => `dossier:${index}`)]
  const edges = nodes.slice(1).map((node): [string, string] => [node, 'unit:t'])
  const places = laidOut(nodes, edges, {}, {})
  it('lays out a hundred without two names on each other', () => {
    const all = Object.values(places)
    const on = all.flatMap((one, index) => all.slice(index + 1).filter((other) => Math.abs(one.x - other.x) < 90 && Math.abs(one.y - other.y) < 40))
    expect(on).toEqual([])
  })
  it('is the same each time', () => expect(laidOut(nodes, edges, {}, {})).toEqual(places))
  it('does not grow when it is laid out again', () => {
    let again = places
    for (let round = 0; round < 5; round++) again = laidOut(nodes, edges, again, {})
    expect(fitted(Object.values(again), 1.7).width).toBeLessThan(2 * fitted(Object.values(places), 1.7).width)
    expect(fitted(Object.values(places), 1.7).width).toBeLessThan(3600)
  })
  it('holds what is pinned, and fits all in the box', () => {
    const pinned = laidOut(nodes, edges, places, { 'dossier:3': { x: 900, y: -7 } })
    expect(pinned['dossier:3']).toEqual({ x: 900, y: -7 })
    const box = fitted(Object.values(pinned), 1.5)
    expect(box.width / box.height).toBeCloseTo(1.5)
    for (const { x, y } of Object.values(pinned)) {
      expect(x > box.x && x < box.x + box.width && y > box.y && y < box.y + box.height).toBe(true)
    }
  })
  it('has a box for nothing and for one', () => {
    expect(fitted([], 2).height).toBe(300)
    expect(fitted([{ x: 5, y: 5 }], 1).width).toBe(480)
  })
  it('goes by arrows to what lies there', () => {
    const cross = { m: { x: 0, y: 0 }, up: { x: 10, y: -90 }, right: { x: 80, y: 10 }, far: { x: 300, y: 0 } }
    expect(towards('m', 'ArrowUp', cross)).toBe('up')
    expect(towards('m', 'ArrowRight', cross)).toBe('right')
    expect(towards('m', 'ArrowLeft', cross)).toBeNull()
    expect(towards('gone', 'ArrowUp', cross)).toBeNull()
  })
})

describe('the address of a chart', () => {
  it('leads to the same chart', () => {
    const shown = {
      start: ['dossier:019b'], unfolded: ['dossier:019b', 'account:1:ab'], ways: [['dossier:019b', 'unit:t']] as [string, string][],
      pinned: { 'unit:t': { x: -5, y: 60 } }, off: ['phone:1:c'], first: '2026-01-01', last: '2026-01-31', chosen: 'unit:t',
    }
    expect(readShown(writeShown(shown))).toEqual(shown)
    expect(readShown(writeShown(nothing()))).toEqual(nothing())
  })
  it('passes over what is no node, pin or day', () => {
    expect(readShown({ node: ['moon:x', 'unit:t', 'unit:t'], pin: 'unit:t@a,b', way: 'unit:t', first: 'yesterday', at: 7 })).toEqual({ ...nothing(), start: ['unit:t'] })
  })
})
