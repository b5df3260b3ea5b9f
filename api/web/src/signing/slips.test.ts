import { describe, expect, it } from 'vitest'
import { grouped, newSlipNumber, slipDigest } from './slips'

describe('slips', () => {
  it('have a number of twenty letters that are not mistaken', () => {
    const number = newSlipNumber()
    expect(number).toMatch(/^[2-9A-HJ-NP-Z]{20}$/)
    expect(newSlipNumber()).not.toBe(number)
    expect(grouped('A'.repeat(20))).toBe('AAAAA-AAAAA-AAAAA-AAAAA')
  })

  it('are hashed as the ledger does', async () => {
    expect(await slipDigest('A'.repeat(20))).toBe('df376c827ef70f69651a78aa2a7a0a86f82ee475c2411f4c8315c0403fa46994')
  })
})
