// @vitest-environment happy-dom
import { expect, test } from 'vitest'
import { casesOf, fieldsOf } from './statement_fields'

const t = (key: string): string => ({ 'role.approver': '审批人', 'handout.yuan': '元', 'dossiers.yes': '是' })[key] ?? key

test('every member is said: sums, roles and cases in words, what is deeper as it stands', () => {
  const body = {
    amount_fen: 50_000, grants: [{ role: 'approver', unit: 'county', campaign: null }], case: 'c1', after: true,
    document: { number: '凭 1', digest: 'ab' }, policy: { lines: [{ code: 'workers' }] },
  }
  const said = Object.fromEntries(fieldsOf(body, { c1: '张*三' }, t).map((each) => [each.member, each.said]))
  expect(said.amount_fen).toBe('500.00 元')
  expect(said.grants).toBe('审批人 · county')
  expect(said.case).toBe('张*三（c1）')
  expect(said.after).toBe('是')
  expect(said.document).toBe('凭 1 · digest ab')
  expect(said.policy).toContain('"code": "workers"')
  expect(casesOf({ cases: ['a', 'b'], case: 'c' })).toEqual(['c', 'a', 'b'])
})
