/** The relation chart's nodes and edges: merged, cut to days, and what of them is shown. Pure. */

import type { Schemas } from '../api'

export type Edge = Schemas['Edge']

export const KINDS = ['dossier', 'payout', 'unit', 'officer', 'person', 'account', 'phone', 'address', 'household'] as const
export type Kind = (typeof KINDS)[number]

export const kindOf = (node: string): Kind => node.slice(0, node.indexOf(':')) as Kind
export const nameOf = (node: string): string => node.slice(node.indexOf(':') + 1)

const key = (edge: Edge): string => `${edge.from}|${edge.to}|${edge.what}`

/** Both, each edge once; what was asked later says more of it. */
export function merged(edges: readonly Edge[], more: readonly Edge[]): Edge[] {
  const found = new Map(edges.map((edge) => [key(edge), edge]))
  for (const edge of more) found.set(key(edge), edge)
  return [...found.values()]
}

/** Whether an edge held on some day between two; an empty end is open. */
export function isWithin(edge: Edge, first: string, last: string): boolean {
  if (last !== '' && edge.on !== null && edge.on > last) return false
  return !(first !== '' && edge.until !== null && edge.until < first)
}

/** The days on which something began or ended, in order, each once. */
export function daysOf(edges: readonly Edge[]): string[] {
  const days = new Set<string>()
  for (const edge of edges) for (const day of [edge.on, edge.until]) if (day !== null) days.add(day)
  return [...days].sort()
}

/** The nodes of edges, and those that stand by themselves, without what was taken off the chart. */
export function nodesOf(edges: readonly Edge[], alone: readonly string[], off: ReadonlySet<string>): string[] {
  const found = new Set(alone)
  for (const edge of edges) {
    found.add(edge.from)
    found.add(edge.to)
  }
  return [...found].filter((node) => !off.has(node))
}

/** The edges both of whose ends are shown. */
export const among = (edges: readonly Edge[], nodes: ReadonlySet<string>): Edge[] =>
  edges.filter((edge) => nodes.has(edge.from) && nodes.has(edge.to))

/** How thick an edge is drawn: by the square root of its money, so that small sums are seen beside large ones. */
export function thickness(edge: Edge, most: number): number {
  if (edge.amount_fen === null || most <= 0) return 1.2
  return 1.2 + 3.6 * Math.sqrt(edge.amount_fen / most)
}

export const mostMoney = (edges: readonly Edge[]): number => Math.max(0, ...edges.map((edge) => edge.amount_fen ?? 0))
