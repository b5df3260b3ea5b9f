import { describe, expect, it } from 'vitest'
import { ago } from './age'

describe('how long ago something was', () => {
  it('is said in the largest unit that it fills', () => {
    expect([0, 59_999, 60_000, 3_599_999, 3_600_000, 86_400_000 * 3].map((each) => Object.values(ago(each)).reverse().join(' '))).toEqual([
      '0 seconds', '59 seconds', '1 minutes', '59 minutes', '1 hours', '3 days',
    ])
  })

  it('is never of the future', () => {
    expect(ago(-5_000)).toEqual({ unit: 'seconds', count: 0 })
  })
})
