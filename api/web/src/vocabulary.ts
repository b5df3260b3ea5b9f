/** The words of causes, groups, relations and the like (词表), by list: the release's and the policies' own. */

import type { Schemas } from './api'

export type KnownWord = Schemas['KnownWord']

export const wordsOf = (words: KnownWord[], list: string): KnownWord[] => words.filter((word) => word.of === list)

/** What a word is called; one that is not known stays as it is. */
export function wordTitle(words: KnownWord[], list: string, code: string, language: string): string {
  const word = words.find((each) => each.of === list && each.code === code)
  return word === undefined ? code : language === 'zh' ? word.title : (word.title_en ?? word.title)
}
