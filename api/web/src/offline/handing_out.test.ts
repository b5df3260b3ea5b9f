import { expect, test } from 'vitest'
import type { Case } from '../api'
import { found, inHand, rowsOf } from './handing_out'
import type { HandOutList } from './hand_out_list'
import { answered, isRemovable, isWaiting, type ActKind, type Outgoing } from './outbox'

const row = (id: string, more: Partial<Case> = {}): Case =>
  ({ case_id: id, masked_name: '张*三', nominated_position: 17, unit: 'tea', state: 'approved', approved_fen: 500, kept_fen: 0, absences: 0, ...more }) as Case
const LIST: HandOutList = { campaign: 'b', position: 100, at: '', cases: [row('one'), row('two', { kept_fen: 500, state: 'paid' })], payouts: [], heldFen: { tea: 1_000, sugar: 50 }, dossiers: [] }
LIST.payouts = [{ payout: 'p2', case_id: 'two', amount_fen: 500, returned_fen: 0 } as HandOutList['payouts'][number]]

const act = (id: string, kind: ActKind, fen: number, more: Partial<Outgoing> = {}): Outgoing => ({
  id, kind, subject: 'one', unit: 'tea', fen, words: '', text: '', signedAt: '', submission: { envelope: {} }, tried: false, receipt: null, problem: null, ...more,
})
const PROBLEM = { type: '', title: '', detail: '', status: 422, code: 'state-not-allowed' }
const RECEIPT = { id: 'a', position: 101, recorded_at: 'now', leaf_hash: '', repeated: true, durability: 'flushed' } as const

test('what was signed here counts until the list knows it, and a refusal counts for nothing', () => {
  const given = act('a', 'received', 500)
  const standing = (acts: Outgoing[]) => rowsOf(LIST, acts)[0]!.standing
  expect(standing([])).toBe('due')
  expect(standing([given])).toBe('given')
  expect(inHand(LIST, [given])).toEqual({ heldFen: 1_050, pendingFen: 500, leftFen: 550 })
  expect(inHand(LIST, [given], 'sugar').leftFen).toBe(50)
  expect(standing([{ ...given, problem: PROBLEM }])).toBe('due')
  expect(standing([{ ...given, receipt: { position: 101, recorded_at: '' } }])).toBe('given')
  expect(inHand(LIST, [{ ...given, receipt: { position: 99, recorded_at: '' } }]).pendingFen).toBe(0)
  expect(standing([act('b', 'absent', 0)])).toBe('absent')
})

test('what was given may come back, recorded or not, and no more of it', () => {
  const given = act('a', 'received', 500)
  const back = act('b', 'returned', -500, { payout: 'a' })
  expect(rowsOf(LIST, [given])[0]!.given).toEqual([{ payout: 'a', fen: 500 }])
  const [returned, two] = rowsOf(LIST, [given, back])
  expect([returned!.standing, returned!.given, returned!.dueFen]).toEqual(['returned', [], 500])
  expect(two!.given).toEqual([{ payout: 'p2', fen: 500 }])
  expect(inHand(LIST, [given, back]).leftFen).toBe(1_050)
})

test('an answer decides once; a ledger that cannot decide now leaves it waiting', () => {
  const sent = act('a', 'received', 500, { tried: true })
  expect(isWaiting(answered(sent, { ...PROBLEM, status: 503 }))).toBe(true)
  expect(isRemovable(sent)).toBe(false)
  expect(isRemovable(answered(sent, PROBLEM))).toBe(true)
  expect(answered(sent, RECEIPT).receipt?.position).toBe(101)
  expect(isRemovable(answered(sent, RECEIPT))).toBe(false)
})

test('rows are found by initials and by their number', () => {
  const rows = rowsOf(LIST, [])
  expect(found(rows, 'zs', ['due']).length).toBe(1)
  expect(found(rows, '17', ['due', 'given']).length).toBe(2)
  expect(found(rows, '9', ['due']).length).toBe(0)
})
