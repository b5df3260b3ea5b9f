/** Names found by the initials of their sounds (拼音首字母): zxs, or zs, finds 张*三; a polyphone by each of its sounds. */

import { ALSO, FIRST, LETTERS } from './initials_table'

/** The letters with which a character's sounds begin; a masked one may be anything. */
export function lettersOf(character: string): string {
  if (character === '*') return 'abcdefghijklmnopqrstuvwxyz'
  const found = LETTERS[character.codePointAt(0)! - FIRST]
  return found === undefined || found === '-' ? character.toLowerCase() : found + (ALSO[character] ?? '')
}

/** Whether the letters are initials of the name's characters in their order, masked ones matched or passed over. */
function begins(characters: string[], letters: string): boolean {
  if (letters === '') return true
  const [first, ...rest] = characters
  if (first === undefined) return false
  return (lettersOf(first).includes(letters[0]!) && begins(rest, letters.slice(1))) || (first === '*' && begins(rest, letters))
}

/** Whether a name holds what is asked: characters of it as they stand, or initials of a run of them. */
export function nameMatches(name: string, asked: string): boolean {
  const wanted = asked.trim().toLowerCase()
  if (wanted === '' || name.toLowerCase().includes(wanted)) return true
  if (!/^[a-z]+$/.test(wanted)) return false
  const characters = [...name]
  return characters.some((character, at) => character !== '*' && begins(characters.slice(at), wanted))
}
