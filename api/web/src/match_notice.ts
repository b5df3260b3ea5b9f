/** What a county is told of a match: the command that answers it, within whatever text it came in. */

const RULES = ['person-paid-twice', 'account-shared', 'household-paid-twice', 'person-paid-before', 'on-register'] as const

export interface MatchNotice {
  match: string
  rule: (typeof RULES)[number]
  position: number
}

const COMMAND = /federation answer ([0-9a-f]{64}) --rule ([a-z-]+) --position ([1-9]\d{0,15})(?!\d)/

/** The match's number, its rule, and the entry in the county's own log; null where the text tells of none. */
export function readNotice(text: string): MatchNotice | null {
  const [, match, named, position] = COMMAND.exec(text.replace(/\s+/g, ' ')) ?? []
  const rule = RULES.find((each) => each === named)
  return match === undefined || rule === undefined ? null : { match, rule, position: Number(position) }
}
