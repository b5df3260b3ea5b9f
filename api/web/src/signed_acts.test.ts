import { describe, expect, it } from 'vitest'
import { found, grouped, type Act } from './signed_acts'

const act = (type: string, words: string, body: Act['draft']['body']): Act => ({ draft: { type, body }, words })

const ACTS = [
  act('DossierFiled.v1', '为 张*三 建档', { unit: 'tea' }),
  act('Nominated.v1', '申报 张*三，申请 500.00 元', { unit: 'tea', campaign: 'b2026', amount_fen: 50_000 }),
  act('Nominated.v1', '申报 李*，申请 300.00 元', { unit: 'tea', campaign: 'b2026', amount_fen: 30_000 }),
  act('Nominated.v1', '申报 王*', { unit: 'sugar', campaign: 'b2026' }),
]

describe('what is about to be signed', () => {
  it('is counted and summed by kind, campaign, unit and line', () => {
    expect(grouped(ACTS).map(({ type, unit, count, sum }) => [type, unit, count, sum])).toEqual([
      ['DossierFiled.v1', 'tea', 1, null], ['Nominated.v1', 'tea', 2, 80_000], ['Nominated.v1', 'sugar', 1, null],
    ])
  })

  it('is found by words of the sentence or of what is signed, within a group', () => {
    const texts = ACTS.map((each) => JSON.stringify(each.draft.body))
    expect(found(ACTS, texts, '', null)).toEqual([0, 1, 2, 3])
    expect(found(ACTS, texts, '张*三', null)).toEqual([0, 1])
    expect(found(ACTS, texts, '申报  SUGAR', null)).toEqual([3])
    expect(found(ACTS, texts, '', grouped(ACTS)[1]!.key)).toEqual([1, 2])
    expect(found(ACTS, texts, 'nobody', null)).toEqual([])
  })
})
