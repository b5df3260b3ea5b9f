/** What nodes and edges of a chart are called. */

import { eventTitle, officerName, unitName } from '../session'
import { yuan } from '../words'
import { i18n } from '../i18n'
import { kindOf, nameOf, type Edge } from './relations'

const t = i18n.global.t

/** A person by the masked name, a mark by its first letters: it says that two are equal, and nothing else. */
export function nodeCalled(node: string, names: Record<string, string>, edges: readonly Edge[]): string {
  const kind = kindOf(node)
  if (kind === 'dossier') return names[nameOf(node)] ?? t('canvas.kinds.dossier')
  if (kind === 'unit') return unitName(nameOf(node))
  if (kind === 'officer') return officerName(nameOf(node))
  if (kind === 'payout') {
    const paid = edges.find((edge) => edge.amount_fen !== null && (edge.from === node || edge.to === node))
    return paid === undefined ? t('canvas.kinds.payout') : t('canvas.paidOn', { sum: yuan(paid.amount_fen), day: paid.on })
  }
  return `${t(`canvas.kinds.${kind}`)} ${nameOf(node).split(':').pop()?.slice(0, 4) ?? ''}`
}

export function edgeCalled(edge: Edge): string {
  if (edge.what === 'link') return t('canvas.edges.link', { weight: edge.said })
  if (edge.what === 'officer') return edge.said.split(' ').map((type) => eventTitle(type, i18n.global.locale.value)).join('、')
  return t(`canvas.edges.${edge.what}`)
}

/** The same with its money. */
export const edgeSaid = (edge: Edge): string =>
  edge.amount_fen === null ? edgeCalled(edge) : `${edgeCalled(edge)} ${t('common.yuan', { sum: yuan(edge.amount_fen) })}`

/** Its days: one, or from one to another; what goes on has no second. */
export function edgeDays(edge: Edge): string {
  if (edge.on === null) return ''
  if (edge.until === edge.on) return edge.on
  return edge.until === null ? t('canvas.since', { day: edge.on }) : `${edge.on} — ${edge.until}`
}
