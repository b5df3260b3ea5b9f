// @vitest-environment happy-dom
import { describe, expect, it } from 'vitest'
import { added, blank, edited, entriesOf, explained, keyOf, named, raised, removed, sourceOf, valueOf, withSources, withoutNulls, type Entry, type FieldShape, type Policy, type PolicyField, type Shape, type Typed } from './policy'

const is = (kind: FieldShape['kind'], more: Partial<FieldShape> = {}): FieldShape => ({ kind, required: false, fixed: false, initial: null, choices: [], ...more })
const SHAPE: Shape = {
  plan: is('choice', { fixed: true, required: true }), year: is('number', { fixed: true, required: true }),
  notice_working_days: is('number', { initial: 5 }), yearly_cap_fen: is('sum'), bank_transfer_required: is('yes', { initial: false }),
  categories: is('parts', { required: true }), 'categories.code': is('text', { required: true, fixed: true }), 'categories.title': is('text', { required: true }),
  'categories.line': is('text'), 'categories.standard_fen': is('sum'), 'categories.criteria': is('choices', { initial: [] }),
  lines: is('parts', { required: true }), 'lines.code': is('text', { required: true, fixed: true }), 'lines.title': is('text', { required: true }),
  hardship: is('part'), 'hardship.classes': is('parts', { required: true }), 'hardship.classes.code': is('text', { required: true, fixed: true }), 'hardship.source': is('text', { required: true }),
}
const POLICY = {
  plan: 'union', year: 2026, notice_working_days: 5, yearly_cap_fen: null, bank_transfer_required: false, hardship: null,
  categories: [{ code: 'worker', title: '困难职工', line: 'relief', standard_fen: 50_000, criteria: ['cause-given'] }],
  lines: [{ code: 'relief', title: '慰问金' }, { code: 'honours', title: '劳模慰问金' }],
  sources: [{ field: 'notice_working_days', source: '办法第五条（2025）' }],
} as unknown as Policy
const entries = (policy: Policy = POLICY): Entry[] => entriesOf(policy, SHAPE, POLICY)
const field = (key: string, policy: Policy = POLICY): PolicyField | undefined => entries(policy).find((each): each is PolicyField => each.what === 'field' && keyOf(each.path) === key)
const type = (typed: Record<string, Typed>, policy: Policy = POLICY) => edited(policy, SHAPE, POLICY, typed)

describe('the fields of a policy', () => {
  it('are typed as people write them, recorded codes and parts that are not set left out', () => {
    expect(field('categories/0/standard_fen')).toMatchObject({ name: 'categories.standard_fen', typed: '500.00' })
    expect(field('categories/0/criteria')).toMatchObject({ typed: ['cause-given'] })
    expect(field('yearly_cap_fen')).toMatchObject({ typed: '' })
    expect(field('bank_transfer_required')).toMatchObject({ typed: false })
    for (const none of ['plan', 'year', 'hardship', 'categories/0/code']) expect(field(none)).toBeUndefined()
  })

  it('are explained by their way, or by what means the same everywhere', () => {
    const words = { 'categories.standard_fen': { zh: '标准', en: 'standard' }, '*.title': { zh: '名称', en: 'title' } }
    expect(explained(words, 'categories.standard_fen')?.zh).toBe('标准')
    expect(explained(words, 'categories.title')?.zh).toBe('名称')
    expect(explained(words, 'surprise')).toBeUndefined()
  })

  it('name parts of the policy by their titles', () => {
    expect(named(POLICY, 'categories.line')).toEqual([{ code: 'relief', title: '慰问金' }, { code: 'honours', title: '劳模慰问金' }])
    expect(named(POLICY, 'categories.title')).toEqual([])
  })
})

describe('what was typed', () => {
  it('makes another policy, and leaves the old one as it was', () => {
    const { policy, wrong } = type({ 'categories/0/standard_fen': '600', yearly_cap_fen: '9000', notice_working_days: '3', bank_transfer_required: true })
    expect(wrong).toEqual([])
    expect(policy.categories[0]?.standard_fen).toBe(60_000)
    expect([policy.yearly_cap_fen, policy.notice_working_days, policy.bank_transfer_required]).toEqual([900_000, 3, true])
    expect(POLICY.categories[0]?.standard_fen).toBe(50_000)
  })

  it('that is no value is named, and nothing is guessed', () => {
    const { policy, wrong } = type({ 'categories/0/standard_fen': '五百左右', notice_working_days: 'three' })
    expect(wrong).toEqual(['notice_working_days', 'categories/0/standard_fen'])
    expect(policy).toEqual(POLICY)
  })

  it('and left empty is not laid down, or lacking where it must be filled in', () => {
    expect(valueOf('sum', ' ')).toBeNull()
    expect(valueOf('list', '')).toEqual([])
    expect(valueOf('list', '农民、城镇居民')).toEqual(['农民', '城镇居民'])
    expect(type({ 'categories/0/title': '' }).lacking).toEqual(['categories/0/title'])
    expect(withoutNulls({ a: null, b: [{ c: null, d: 1 }] })).toEqual({ b: [{ d: 1 }] })
  })
})

describe('the parts of a policy', () => {
  it('are added with a code that can be typed, and all that a part must have', () => {
    const more = added(POLICY, SHAPE, ['categories'])
    expect(field('categories/1/code', more)).toMatchObject({ typed: '' })
    expect(type({}, more).lacking).toEqual(['categories/1/code', 'categories/1/title'])
    expect(type({ 'categories/1/code': 'new', 'categories/1/title': '新就业形态劳动者' }, more)).toMatchObject({ lacking: [], policy: { categories: [{ code: 'worker' }, { code: 'new', criteria: [] }] } })
    expect(blank('hardship', SHAPE)).toEqual({ classes: [{ code: null }], source: null })
    expect(added(POLICY, SHAPE, ['hardship']).hardship).toEqual(blank('hardship', SHAPE))
  })

  it('are removed, but for the last that a list must have', () => {
    const removable = entries().filter((each) => each.what === 'part').map((each) => [keyOf(each.path), each.removable])
    expect(removable).toEqual([['categories/0', false], ['lines/0', true], ['lines/1', true]])
    expect(removed(POLICY, ['lines', 1]).lines).toHaveLength(1)
    expect(removed(added(POLICY, SHAPE, ['hardship']), ['hardship']).hardship).toBeNull()
  })

  it('change places with the one above', () => {
    expect(raised(POLICY, ['lines', 1]).lines.map((each) => each.code)).toEqual(['honours', 'relief'])
    expect(POLICY.lines[0]?.code).toBe('relief')
  })
})

describe('the sources of fields', () => {
  it('go with the policy', () => {
    expect(sourceOf(POLICY, 'notice_working_days')).toBe('办法第五条（2025）')
    const said = withSources(POLICY, { yearly_cap_fen: ' 会议纪要〔2026〕3号 ', notice_working_days: '' })
    expect(said.sources).toEqual([{ field: 'yearly_cap_fen', source: '会议纪要〔2026〕3号' }])
  })
})
