import { beforeEach, describe, expect, it } from 'vitest'
import { forgetNames, rememberNames, withNames } from './naming'

const CASE = '019a0000-0000-7000-8000-000000000001'
const DOSSIER = '019a0000-0000-7000-8000-000000000002'
const OTHER = '019a0000-0000-7000-8000-000000000003'
const row = { case_id: CASE, dossier: DOSSIER, masked_name: '王*明', nominated_position: 26 }

beforeEach(forgetNames)

describe('names in refusals', () => {
  it('stand where the case was shown in a list', () => {
    rememberNames({ rows: [row], next: null })
    expect(withNames(`对象 ${CASE} 已暂停`, 'zh')).toBe('对象 王*明（登记序号 26） 已暂停')
    expect(withNames(`the dossier ${DOSSIER} was erased`, 'en')).toBe('the dossier 王*明 was erased')
  })

  it('stand where the case alone was shown', () => {
    rememberNames(row)
    expect(withNames(CASE, 'zh')).toContain('王*明')
  })

  it('leave an identifier as it is that nothing shown here has', () => {
    rememberNames({ rows: [row] })
    expect(withNames(`对象 ${OTHER}`, 'zh')).toBe(`对象 ${OTHER}`)
  })

  it('are of no other answer, and are forgotten with the session', () => {
    rememberNames([{ unit: 'tea' }, null, 'text'])
    rememberNames(undefined)
    rememberNames(row)
    forgetNames()
    expect(withNames(CASE, 'zh')).toBe(CASE)
  })
})
