// @vitest-environment happy-dom
import { beforeEach, expect, test } from 'vitest'
import type { Campaign, Case } from './api'
import { asStandard, decided, hindrance, keyOf, leftAfter, nextOpen, type Decision } from './approving'
import { session } from './session'

const row = (id: string, more: Partial<Case> = {}): Case =>
  ({ case_id: id, campaign: 'b', unit: 'tea', masked_name: '张*三', category: 'poor', forms: 'money', state: 'on-notice', asked_fen: 300, dossier: 'd', dossier_version: 'd', ...more }) as Case
const t = (key: string): string => key

beforeEach(() => {
  const policy = { lines: [{ code: 'workers', title: '困难职工' }], categories: [{ code: 'poor', title: '困难', standard_fen: 500, line: 'workers' }] }
  session.campaigns = [{ campaign: 'b', title: 'B', policy } as unknown as Campaign]
})

test('what is decided moves the line, and no more is approved than it has', () => {
  const rows = [row('1'), row('2'), row('3')]
  const available = new Map([['workers', 1_200]])
  const decisions = new Map<string, Decision>([['1', { approves: true }], ['2', { approves: true }]])
  const left = leftAfter(available, rows, decisions)
  expect(left.get('workers')).toBe(200)
  expect(hindrance(rows[2]!, left, decisions)).toBe('line-short')
  expect(hindrance(rows[1]!, left, decisions)).toBeNull()
  decisions.set('2', { approves: false, reason: '材料不实' })
  expect(hindrance(rows[2]!, leftAfter(available, rows, decisions), decisions)).toBeNull()
  expect(decided(rows, decisions, t).map((each) => each.draft.type)).toEqual(['Approved.v1', 'Rejected.v1'])
})

test('goods and what has no line take more to say than a key', () => {
  expect(asStandard(row('1'))).toEqual({ line: 'workers', fen: 500 })
  expect(hindrance(row('1', { forms: 'money,goods' }), new Map(), new Map())).toBe('more-to-say')
})

test('the next is the next without a decision, and shortcuts of the browser are left alone', () => {
  const rows = [row('1'), row('2'), row('3')]
  expect(nextOpen(rows, new Map([['2', { approves: true }]]), 0)).toBe(2)
  expect(nextOpen(rows, new Map([['2', { approves: true }]]), 2)).toBe(0)
  expect(keyOf({ key: 'A', ctrlKey: false, metaKey: false, altKey: false })).toBe('approve')
  expect(keyOf({ key: 'r', ctrlKey: true, metaKey: false, altKey: false })).toBeNull()
})
