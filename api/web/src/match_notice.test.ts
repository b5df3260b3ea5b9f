import { describe, expect, it } from 'vitest'
import { readNotice } from './match_notice'

const MATCH = '0123456789abcdef'.repeat(4)

describe('what a county is told of a match', () => {
  it('is read from the text that it came in, broken lines and all', () => {
    const text = `请 north 核查：\nsongnuan federation answer ${MATCH}\n  --rule on-register --position 41 --upper （本级代码）`
    expect(readNotice(text)).toEqual({ match: MATCH, rule: 'on-register', position: 41 })
  })

  it('is nothing without a number, a rule and an entry that there are', () => {
    for (const text of ['', `federation answer ${MATCH}`, `federation answer ${MATCH} --rule other --position 4`, `federation answer ${MATCH} --rule on-register --position 0`]) {
      expect(readNotice(text)).toBeNull()
    }
  })
})
