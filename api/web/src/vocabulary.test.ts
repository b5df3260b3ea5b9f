import { describe, expect, it } from 'vitest'
import { wordTitle, wordsOf, type KnownWord } from './vocabulary'

const word = (of: string, code: string, title: string, title_en: string | null): KnownWord => ({
  of, of_zh: '', of_en: '', code, title, title_en, synonyms: [], source: '办法', own: false,
})
const WORDS = [word('cause', 'other', '其他原因', 'other'), word('relation', 'other', '其他', 'other'), word('cause', 'disability', '因残', null)]

describe('the words of a list', () => {
  it('are called by their own list, where two lists have one code', () => {
    expect(wordTitle(WORDS, 'cause', 'other', 'zh')).toBe('其他原因')
    expect(wordTitle(WORDS, 'relation', 'other', 'zh')).toBe('其他')
  })
  it('stand in Chinese where the policy gives no English', () => {
    expect(wordTitle(WORDS, 'cause', 'disability', 'en')).toBe('因残')
    expect(wordTitle(WORDS, 'cause', 'other', 'en')).toBe('other')
  })
  it('stay as they are where nobody knows them', () => {
    expect(wordTitle(WORDS, 'cause', 'debt', 'zh')).toBe('debt')
    expect(wordsOf(WORDS, 'cause').map((each) => each.code)).toEqual(['other', 'disability'])
  })
})
