/** What a chart shows, as it stands in the address: a link leads to the same chart. Pure. */

import type { Places } from './layout'

export interface Shown {
  /** The nodes from which it began or that were added. */
  start: string[]
  /** What was unfolded, in order. */
  unfolded: string[]
  /** The two ends of each way that was asked for. */
  ways: [string, string][]
  pinned: Places
  off: string[]
  first: string
  last: string
  chosen: string
}

export const nothing = (): Shown => ({ start: [], unfolded: [], ways: [], pinned: {}, off: [], first: '', last: '', chosen: '' })

type Query = Record<string, unknown>

const NODE = /^(dossier|payout|unit|officer|person|account|phone|address|household):[A-Za-z0-9:_.-]{1,160}$/
const DAY = /^\d{4}-\d\d-\d\d$/

const several = (value: unknown): string[] =>
  (Array.isArray(value) ? value : [value]).filter((each): each is string => typeof each === 'string')
const nodes = (value: unknown): string[] => [...new Set(several(value).filter((each) => NODE.test(each)))]
const day = (value: unknown): string => (typeof value === 'string' && DAY.test(value) ? value : '')

/** What an address says; what is no node or day in it is passed over. */
export function readShown(query: Query): Shown {
  const pinned: Places = {}
  for (const each of several(query.pin)) {
    const found = /^(.+)@(-?\d{1,5}),(-?\d{1,5})$/.exec(each)
    if (found !== null && NODE.test(found[1]!)) pinned[found[1]!] = { x: Number(found[2]), y: Number(found[3]) }
  }
  const ways = several(query.way).flatMap((each) => {
    const [from = '', to = ''] = each.split('~')
    return NODE.test(from) && NODE.test(to) ? [[from, to] as [string, string]] : []
  })
  return {
    start: nodes(query.node), unfolded: nodes(query.open), ways, pinned, off: nodes(query.off),
    first: day(query.first), last: day(query.last), chosen: nodes(query.at)[0] ?? '',
  }
}

/** The same as an address has it; what says nothing is not there. */
export function writeShown(shown: Shown): Record<string, string[] | string | undefined> {
  const some = (list: string[]): string[] | undefined => (list.length === 0 ? undefined : list)
  return {
    node: some(shown.start), open: some(shown.unfolded), way: some(shown.ways.map((way) => way.join('~'))),
    pin: some(Object.entries(shown.pinned).map(([node, { x, y }]) => `${node}@${x},${y}`)), off: some(shown.off),
    first: shown.first || undefined, last: shown.last || undefined, at: shown.chosen || undefined,
  }
}
