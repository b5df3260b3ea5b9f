// @vitest-environment happy-dom
import { describe, expect, it } from 'vitest'
import { edited, explained, fieldsOf, keyOf, sourceOf, valueOf, withSources, withoutNulls, type Policy } from './policy'

const POLICY = {
  plan: 'union', year: 2026, notice_working_days: 5, yearly_cap_fen: null, bank_transfer_required: false, hardship: null,
  categories: [{ code: 'worker', title: '困难职工', standard_fen: 50_000, criteria: ['cause-given'] }],
  sources: [{ field: 'notice_working_days', source: '办法第五条（2025）' }],
} as unknown as Policy
const field = (key: string) => fieldsOf(POLICY, []).find((each) => keyOf(each.path) === key)

describe('the fields of a policy', () => {
  it('are typed as people write them, codes and parts that are not set left out', () => {
    expect(field('categories/0/standard_fen')).toMatchObject({ name: 'categories.standard_fen', kind: 'sum', typed: '500.00' })
    expect(field('categories/0/criteria')).toMatchObject({ kind: 'list', typed: 'cause-given' })
    expect(field('yearly_cap_fen')).toMatchObject({ kind: 'sum', typed: '' })
    expect(field('bank_transfer_required')).toMatchObject({ kind: 'yes', typed: false })
    for (const none of ['plan', 'year', 'hardship', 'categories/0/code']) expect(field(none)).toBeUndefined()
  })

  it('are explained by their way, or by what means the same everywhere', () => {
    const words = { 'categories.standard_fen': { zh: '标准', en: 'standard' }, '*.title': { zh: '名称', en: 'title' } }
    expect(explained(words, 'categories.standard_fen')?.zh).toBe('标准')
    expect(explained(words, 'categories.title')?.zh).toBe('名称')
    expect(explained(words, 'surprise')).toBeUndefined()
  })
})

describe('what was typed', () => {
  it('makes another policy, and leaves the old one as it was', () => {
    const { policy, wrong } = edited(POLICY, { 'categories/0/standard_fen': '600', yearly_cap_fen: '9000', notice_working_days: '3', bank_transfer_required: true })
    expect(wrong).toEqual([])
    expect(policy.categories[0]?.standard_fen).toBe(60_000)
    expect([policy.yearly_cap_fen, policy.notice_working_days, policy.bank_transfer_required]).toEqual([900_000, 3, true])
    expect(POLICY.categories[0]?.standard_fen).toBe(50_000)
  })

  it('that is no value is named, and nothing is guessed', () => {
    const { policy, wrong } = edited(POLICY, { 'categories/0/standard_fen': '五百左右', notice_working_days: 'three' })
    expect(wrong).toEqual(['notice_working_days', 'categories/0/standard_fen'])
    expect(policy).toEqual(POLICY)
  })

  it('and left empty is not laid down', () => {
    expect(valueOf('sum', ' ')).toBeNull()
    expect(valueOf('list', '')).toEqual([])
    expect(valueOf('list', '农民、城镇居民')).toEqual(['农民', '城镇居民'])
    expect(withoutNulls({ a: null, b: [{ c: null, d: 1 }] })).toEqual({ b: [{ d: 1 }] })
  })
})

describe('the sources of fields', () => {
  it('go with the policy', () => {
    expect(sourceOf(POLICY, 'notice_working_days')).toBe('办法第五条（2025）')
    const said = withSources(POLICY, { yearly_cap_fen: ' 会议纪要〔2026〕3号 ', notice_working_days: '' })
    expect(said.sources).toEqual([{ field: 'yearly_cap_fen', source: '会议纪要〔2026〕3号' }])
  })
})
