/** Charts in the file of a discipline case: what is signed of one, and what was. */

import { getText } from '../api'
import { fromBase64 } from '../signing/bytes'
import type { Places } from './layout'

export type FiledNode = { node: string; x: number; y: number; note?: string }
export type FiledChart = {
  drawn_at: number
  first_day?: string
  last_day?: string
  nodes: FiledNode[]
  text: string
}
/** A chart of a case with the entry under which it stands, and its day. */
export interface Filed { position: number; on: string; chart: FiledChart }

/** The body's part that is the chart: every node at its place, with its note. */
export const chartOf = (nodes: readonly string[], places: Places, notes: Record<string, string>, drawnAt: number, first: string, last: string, text: string): FiledChart => ({
  drawn_at: drawnAt,
  first_day: first || undefined,
  last_day: last || undefined,
  nodes: nodes.flatMap((node) => {
    const place = places[node]
    return place === undefined ? [] : [{ node, x: Math.round(place.x), y: Math.round(place.y), note: notes[node]?.trim() || undefined }]
  }),
  text: text.trim(),
})

interface Said { type: string; on: string; body: FiledChart }

/** The charts of a case, in the order in which they were filed. */
export async function chartsOf(investigation: string): Promise<Filed[]> {
  const lines = (await getText(`/events?tag=investigation:${investigation}`)).split('\n').filter((line) => line !== '')
  return lines.flatMap((line) => {
    const { position, entry } = JSON.parse(line) as { position: number; entry: { envelope: { payload: string } } }
    const said = JSON.parse(new TextDecoder().decode(fromBase64(entry.envelope.payload))) as Said
    return said.type === 'ChartFiled.v1' ? [{ position, on: said.on, chart: said.body }] : []
  })
}
