import { expect, test } from 'vitest'
import { differences } from './differing'

test('what differs is named by its way, and what is not laid down differs from nothing', () => {
  const before = { forms: ['money'], lines: [{ code: 'workers', cap_fen: null }], days: 5 }
  const after = { forms: ['money', 'goods'], lines: [{ code: 'workers' }, { code: 'models' }], days: 5 }
  expect(differences(before, after)).toEqual([
    { path: ['forms'], before: 'money', after: 'money、goods' },
    { path: ['lines', 1, 'code'], before: '', after: 'models' },
  ])
  expect(differences(after, { ...after, days: null }).map((each) => [each.before, each.after])).toEqual([['5', '']])
})
