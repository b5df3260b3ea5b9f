/** The chart as it stands: what the address says of it, what the ledger answers, and where its nodes stand. */

import { computed, reactive, ref, shallowRef, watch } from 'vue'
import { useRoute, useRouter } from 'vue-router'
import { get } from '../api'
import { moment, session } from '../session'
import { trouble } from '../words'
import { readShown, writeShown, type Shown } from './address'
import type { FiledChart } from './filed'
import { laidOut, type Place, type Places } from './layout'
import { among, isWithin, nodesOf, type Edge } from './relations'

/** A chart of more is read by nobody, and not taken into a case's file. */
export const MOST_NODES = 200

export function useCanvas() {
  const route = useRoute()
  const router = useRouter()
  const shown = computed<Shown>(() => readShown(route.query))
  const edges = shallowRef<Edge[]>([])
  const nodes = shallowRef<string[]>([])
  const places = shallowRef<Places>({})
  const names = reactive<Record<string, string>>({})
  const hidden = reactive<Record<string, number>>({})
  const notes = reactive<Record<string, string>>({})
  const way = ref<{ edges: number; searched: number; complete: boolean } | null>(null)
  const leftOut = ref(0)
  const failed = ref('')
  const busy = ref(false)
  /** What was asked of a node or a way, at this moment. */
  const asked = new Map<string, Edge[]>()
  let number = 0

  const change = (to: Partial<Shown>, leaving = false): void => {
    const query = { ...route.query, ...writeShown({ ...shown.value, ...to }) }
    void (leaving ? router.push({ query }) : router.replace({ query }))
  }

  async function neighbours(node: string): Promise<Edge[]> {
    const known = asked.get(node)
    if (known !== undefined) return known
    const found = await get('/graph', { node, ...moment() })
    Object.assign(names, found.names)
    hidden[node] = found.hidden
    asked.set(node, found.rows)
    return found.rows
  }

  async function between([from, to]: [string, string]): Promise<Edge[]> {
    const key = `${from}~${to}`
    const known = asked.get(key)
    if (known !== undefined) return known
    const found = await get('/graph/path', { node: from, to, ...moment() })
    Object.assign(names, found.names)
    way.value = { edges: found.rows.length, searched: found.searched, complete: found.complete }
    asked.set(key, found.rows)
    return found.rows
  }

  /** Asks for all that the address says, and lays it out where it has become another. */
  async function draw(): Promise<void> {
    const mine = ++number
    busy.value = true
    try {
      const { start, unfolded, ways, off, pinned } = shown.value
      const found: Edge[] = []
      for (const node of unfolded) found.push(...(await neighbours(node)))
      for (const each of ways) found.push(...(await between(each)))
      const all = nodesOf(found, start, new Set(off))
      const drawn = all.slice(0, MOST_NODES)
      const answer = drawn.length === 0 ? { rows: [], names: {} } : await get('/graph/among', { node: drawn, ...moment() })
      if (mine !== number) return
      Object.assign(names, answer.names)
      leftOut.value = all.length - drawn.length
      nodes.value = drawn
      edges.value = among(answer.rows, new Set(drawn))
      places.value = laidOut(drawn, edges.value.map((edge) => [edge.from, edge.to] as const), places.value, pinned)
      failed.value = ''
    } catch (error) {
      if (mine === number) failed.value = trouble(error)
    }
    if (mine === number) busy.value = false
  }

  watch(() => session.asOf, () => { asked.clear(); void draw() })
  watch(() => JSON.stringify([shown.value.start, shown.value.unfolded, shown.value.ways, shown.value.off]), draw, { immediate: true })
  watch(() => JSON.stringify(shown.value.pinned), () => { places.value = { ...places.value, ...shown.value.pinned } })

  /** The edges of the days that are looked at. */
  const visible = computed(() => edges.value.filter((edge) => isWithin(edge, shown.value.first, shown.value.last)))

  const unfold = (node: string): void => change({ unfolded: [...shown.value.unfolded, node], chosen: node }, true)
  const fold = (node: string): void => change({ unfolded: shown.value.unfolded.filter((each) => each !== node), start: [...new Set([...shown.value.start, node])] }, true)
  const choose = (node: string): void => change({ chosen: node })
  const remove = (node: string): void =>
    change({ off: [...shown.value.off, node], start: shown.value.start.filter((each) => each !== node), unfolded: shown.value.unfolded.filter((each) => each !== node), chosen: '' }, true)
  const restore = (): void => change({ off: [] }, true)
  const pin = (node: string, place: Place): void => change({ pinned: { ...shown.value.pinned, [node]: { x: Math.round(place.x), y: Math.round(place.y) } } })
  const unpin = (node: string): void => change({ pinned: Object.fromEntries(Object.entries(shown.value.pinned).filter(([each]) => each !== node)) })
  const join = (from: string, to: string): void => { way.value = null; change({ ways: [...shown.value.ways, [from, to]] }, true) }
  const toDays = (first: string, last: string): void => change({ first, last })
  const clear = (): void => { places.value = {}; way.value = null; change({ start: [], unfolded: [], ways: [], pinned: {}, off: [], chosen: '' }, true) }
  /** Lays out anew all that is not pinned. */
  const again = (): void => { places.value = laidOut(nodes.value, edges.value.map((edge) => [edge.from, edge.to] as const), {}, shown.value.pinned) }

  /** Puts a chart of a case's file on the canvas, as of the entry as of which it was drawn. */
  function lay(chart: FiledChart): void {
    Object.keys(notes).forEach((node) => { delete notes[node] })
    for (const each of chart.nodes) if (each.note) notes[each.node] = each.note
    const pinned = Object.fromEntries(chart.nodes.map(({ node, x, y }) => [node, { x, y }]))
    places.value = pinned
    asked.clear()
    session.asOf = chart.drawn_at
    change({ start: chart.nodes.map((each) => each.node), unfolded: [], ways: [], pinned, off: [], first: chart.first_day ?? '', last: chart.last_day ?? '', chosen: '' }, true)
  }

  return { shown, nodes, edges, visible, places, names, hidden, notes, way, leftOut, failed, busy, draw, unfold, fold, choose, remove, restore, pin, unpin, join, toDays, clear, again, lay }
}

export type Canvas = ReturnType<typeof useCanvas>
