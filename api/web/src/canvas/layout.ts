/**
 * Where the nodes of a chart stand: pulled together by edges, pushed apart by each other, the same each time. Pure.
 *
 * What is pinned stays; what stood already begins where it stood, so that unfolding moves little.
 */

export interface Place { x: number; y: number }
export type Places = Record<string, Place>

/** The distance that an edge wants, and how near two nodes may come with their names below them. */
const WANTED = 105
const ROUNDS = 220
const NAME_WIDTH = 92
const NAME_HEIGHT = 56
/** About so wide is it shown, in pixels: names keep their size, so that a chart of more needs more between them. */
const SHOWN_WIDTH = 900
const SHOWN_RATIO = 1.7
/** So many times the room of its names a chart takes. */
const LOOSE = 2

interface Pair { one: Body; other: Body; strength: number }
interface Body extends Place { dx: number; dy: number; fixed: boolean }

/** A number between 0 and 1 that only depends on the text. */
function spread(text: string): number {
  let found = 2166136261
  for (const each of text) found = Math.imul(found ^ each.codePointAt(0)!, 16777619)
  return (found >>> 0) / 2 ** 32
}

/** Where a new node begins: beside a neighbour that stands, else on a circle. */
function begun(node: string, index: number, of: number, beside: Place | undefined): Place {
  const angle = beside === undefined ? (2 * Math.PI * index) / Math.max(1, of) : 2 * Math.PI * spread(node)
  const far = beside === undefined ? WANTED * Math.sqrt(of) * 0.6 : WANTED
  return { x: (beside?.x ?? 0) + far * Math.cos(angle), y: (beside?.y ?? 0) + far * Math.sin(angle) }
}

export function laidOut(nodes: readonly string[], edges: readonly (readonly [string, string])[], before: Places, pinned: Places): Places {
  const bodies = new Map<string, Body>()
  const neighbours = new Map<string, string[]>()
  for (const [from, to] of edges) {
    neighbours.set(from, [...(neighbours.get(from) ?? []), to])
    neighbours.set(to, [...(neighbours.get(to) ?? []), from])
  }
  const standing = (node: string): Place | undefined => pinned[node] ?? before[node]
  nodes.forEach((node, index) => {
    const beside = (neighbours.get(node) ?? []).map((each) => bodies.get(each) ?? standing(each)).find((each) => each !== undefined)
    const place = standing(node) ?? begun(node, index, nodes.length, beside)
    bodies.set(node, { ...place, dx: 0, dy: 0, fixed: node in pinned })
  })
  const pairs = edges.flatMap(([from, to]) => {
    const [one, other] = [bodies.get(from), bodies.get(to)]
    if (one === undefined || other === undefined || one === other) return []
    // By the fewer that hang on either end: what hangs on many hubs at once is not drawn into a knot.
    const strength = 1 / Math.min(neighbours.get(from)!.length, neighbours.get(to)!.length)
    return [{ one, other, strength }]
  })
  const all = [...bodies.values()]
  for (let round = 0; round < ROUNDS; round++) step(all, pairs, 1 - round / ROUNDS)
  // How much smaller it is shown, by its size now or by the room of its names; fixed, or parting would make room for ever.
  const named = Math.sqrt((all.length * NAME_WIDTH * NAME_HEIGHT * LOOSE) / ((SHOWN_WIDTH * SHOWN_WIDTH) / SHOWN_RATIO))
  const scale = Math.max(1, named, fitted(all, SHOWN_RATIO).width / SHOWN_WIDTH)
  for (let round = 0; round < 120 && parted(all, scale); round++);
  return Object.fromEntries([...bodies].map(([node, { x, y }]) => [node, { x: Math.round(x), y: Math.round(y) }]))
}

/** One round: forces, then a step no longer than the heat allows. */
function step(all: Body[], pairs: Pair[], heat: number): void {
  for (let i = 0; i < all.length; i++) {
    for (let j = i + 1; j < all.length; j++) {
      const [one, other] = [all[i]!, all[j]!]
      const x = one.x - other.x || 0.01 * (i - j)
      const y = one.y - other.y || 0.01 * (j - i)
      const push = (WANTED * WANTED) / Math.max(400, x * x + y * y)
      one.dx += x * push; one.dy += y * push
      other.dx -= x * push; other.dy -= y * push
    }
  }
  for (const { one, other, strength } of pairs) {
    const x = one.x - other.x
    const y = one.y - other.y
    const pull = (Math.sqrt(x * x + y * y) / WANTED) * strength
    one.dx -= x * pull; one.dy -= y * pull
    other.dx += x * pull; other.dy += y * pull
  }
  for (const each of all) {
    // Towards the middle, so that what hangs on nothing does not drift away.
    // More so up and down: what it is shown in is wider than high.
    each.dx -= each.x * 0.03; each.dy -= each.y * 0.06
    const far = Math.sqrt(each.dx * each.dx + each.dy * each.dy) || 1
    const most = Math.min(far, 2 + 42 * heat)
    if (!each.fixed) { each.x += (each.dx / far) * most; each.y += (each.dy / far) * most }
    each.dx = each.dy = 0
  }
}

/** Parts two whose names would lie on each other, so many units to a pixel; whether any did. */
function parted(all: Body[], scale: number): boolean {
  let any = false
  for (let i = 0; i < all.length; i++) {
    for (let j = i + 1; j < all.length; j++) {
      const [one, other] = [all[i]!, all[j]!]
      const x = one.x - other.x
      const y = one.y - other.y
      const [overX, overY] = [NAME_WIDTH * scale - Math.abs(x), NAME_HEIGHT * scale - Math.abs(y)]
      if (overX <= 0 || overY <= 0 || (one.fixed && other.fixed)) continue
      any = true
      const share = one.fixed || other.fixed ? 1 : 0.5
      const [dx, dy] = overX < overY * SHOWN_RATIO ? [(x < 0 ? -1 : 1) * (overX + 1) * share, 0] : [0, (y < 0 ? -1 : 1) * (overY + 1) * share]
      if (!one.fixed) { one.x += dx; one.y += dy }
      if (!other.fixed) { other.x -= dx; other.y -= dy }
    }
  }
  return any
}

export interface Box { x: number; y: number; width: number; height: number }

/** The box around all nodes with their names, in the proportions of what it is shown in. */
export function fitted(places: Place[], ratio: number): Box {
  if (places.length === 0) return { x: -300, y: -300 / ratio, width: 600, height: 600 / ratio }
  const across = places.map((each) => each.x)
  const down = places.map((each) => each.y)
  const [left, right, top, bottom] = [Math.min(...across), Math.max(...across), Math.min(...down), Math.max(...down)]
  // Names keep their size on the screen: the room that they take around the chart grows with it.
  const bare = Math.max(right - left, (bottom - top) * ratio)
  const room = Math.max(1, bare / (SHOWN_WIDTH - 140))
  const width = Math.max(right - left + 130 * room, (bottom - top + 90 * room) * ratio, 480)
  const height = width / ratio
  return { x: (left + right - width) / 2, y: (top + bottom + 24 * room - height) / 2, width, height }
}

/** The nearest node in a direction (arrow keys): within 45° of it where there is one. */
export function towards(from: string, direction: 'ArrowUp' | 'ArrowDown' | 'ArrowLeft' | 'ArrowRight', places: Places): string | null {
  const here = places[from]
  if (here === undefined) return null
  const along = { ArrowUp: [0, -1], ArrowDown: [0, 1], ArrowLeft: [-1, 0], ArrowRight: [1, 0] }[direction] as [number, number]
  let best: [number, string] | null = null
  for (const [node, place] of Object.entries(places)) {
    const [x, y] = [place.x - here.x, place.y - here.y]
    const ahead = x * along[0] + y * along[1]
    const aside = Math.abs(x * along[1]) + Math.abs(y * along[0])
    if (node === from || ahead <= 0) continue
    const cost = Math.hypot(ahead, aside) + (aside > ahead ? 10_000 : aside)
    if (best === null || cost < best[0]) best = [cost, node]
  }
  return best?.[1] ?? null
}
