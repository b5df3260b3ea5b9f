import { expect, test } from 'vitest'
import { lettersOf, nameMatches } from './initials'

test('a polyphone has a letter for each of its sounds', () => {
  expect([...lettersOf('曾')].sort()).toEqual(['c', 'z'])
  expect([...lettersOf('单')].sort()).toEqual(['c', 'd', 's'])
  expect(lettersOf('李')).toBe('l')
})

test('a masked name is found by the initials that can be seen, with or without the hidden one', () => {
  for (const asked of ['zxs', 'zs', 'z', 's', 'ZS', '张', ' zs ', '']) expect(nameMatches('张*三', asked)).toBe(true)
  for (const asked of ['sz', 'szx', 'zxsw', '李', 'zs1']) expect(nameMatches('张*三', asked)).toBe(false)
  expect(nameMatches('欧**燕', 'oyxy')).toBe(true)
})

test('what is no name of characters is found by its letters', () => {
  expect(nameMatches('某县茶厂', 'mxcc')).toBe(true)
  expect(nameMatches('Tea works', 'tea')).toBe(true)
})
