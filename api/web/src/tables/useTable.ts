/** A table's rows as the server has them: any stretch of the whole answer, as of one position, and its figures. */

import { computed, onMounted, ref, shallowReactive, shallowRef, watch, type ComputedRef, type Ref } from 'vue'
import type { Parameters, Schemas } from '../api'
import { moment, session } from '../session'
import { trouble } from '../words'
import { pageOf, totalsOf } from './questions'
import { filterTexts, sortText, type TableState } from './address'
import { pagesOf, type Span } from './windowing'

export const PAGE = 100
const GATHERED = 500
const AT_ONCE = 2
const MOST_KEPT = 60

type Totals = Schemas['TableTotals']

export interface Asking<T> {
  total: Ref<number | null>
  /** The sums of all rows, in fen by column. */
  sums: Ref<Record<string, number> | null>
  /** The same of each group; null where rows are not grouped. */
  totals: Ref<Totals | null>
  loading: Ref<boolean>
  failed: Ref<string>
  /** As of which position the rows are; null before the first came. */
  position: Ref<number | null>
  parameters: ComputedRef<Parameters>
  row: (index: number) => T | undefined
  /** Brings the rows of a span, as far as they are not there. */
  need: (span: Span) => void
  ask: (waitFor?: number) => Promise<void>
  /** All rows of the answer, in their order; says how many came so far. */
  gather: (progress: (count: number) => void) => Promise<T[]>
}

/** What else a table is asked: parameters, conditions that always hold, and whether its rows are as of now. */
export interface Beside {
  beside: () => Parameters
  always: () => string[]
  now: () => boolean
}

export function useTable<T extends object>(table: () => string, isKnown: () => boolean, state: () => TableState, { beside, always, now }: Beside): Asking<T> {
  const total = ref<number | null>(null)
  const sums = shallowRef<Record<string, number> | null>(null)
  const totals = shallowRef<Totals | null>(null)
  const loading = ref(true)
  const failed = ref('')
  const position = ref<number | null>(null)
  const pages = shallowReactive(new Map<number, T[]>())
  let asking = 0
  let wanted: number[] = []
  const under = new Set<number>()

  const parameters = computed<Parameters>(() => {
    const { search, sort, picked } = state()
    return { ...beside(), search: search.trim(), sort: sortText(sort), filter: [...always(), ...filterTexts(picked)] }
  })
  /** The last row of a list that grows without the ledger growing. */
  let upto: number | null = null
  const pinned = (): Parameters => ({ ...parameters.value, as_of: position.value, upto })

  async function ask(waitFor = 0): Promise<void> {
    if (!isKnown()) return
    const mine = ++asking
    loading.value = true
    wanted = []
    try {
      const at = now() ? null : session.asOf
      const asks: Parameters = { ...parameters.value, ...(at === null ? {} : moment()), wait_for: at === null && waitFor > 0 ? waitFor : null }
      const [first, grouped] = await Promise.all([
        pageOf(table(), { ...asks, limit: PAGE }), state().by === '' ? null : totalsOf(table(), { ...asks, by: state().by }),
      ])
      if (mine !== asking) return
      pages.clear()
      under.clear()
      pages.set(0, first.rows as unknown as T[])
      position.value = first.position
      upto = first.upto
      total.value = first.total
      sums.value = first.sums
      totals.value = grouped
      failed.value = ''
    } catch (error) {
      if (mine !== asking) return
      failed.value = trouble(error)
    }
    loading.value = false
  }

  function need(span: Span): void {
    wanted = pagesOf(span, PAGE).filter((page) => !pages.has(page) && !under.has(page))
    fetchNext()
  }

  function fetchNext(): void {
    while (under.size < AT_ONCE && wanted.length > 0) void bring(wanted.shift()!)
  }

  async function bring(page: number): Promise<void> {
    const mine = asking
    under.add(page)
    try {
      const found = await pageOf(table(), { ...pinned(), skip: page * PAGE, limit: PAGE })
      if (mine !== asking) return
      if (pages.size >= MOST_KEPT) drop(page)
      pages.set(page, found.rows as unknown as T[])
    } catch (error) {
      if (mine === asking) failed.value = trouble(error)
    }
    if (mine !== asking) return
    under.delete(page)
    fetchNext()
  }

  /** Lets go of the page that is farthest from another. */
  function drop(page: number): void {
    const farthest = [...pages.keys()].sort((one, other) => Math.abs(other - page) - Math.abs(one - page))[0]
    if (farthest !== undefined) pages.delete(farthest)
  }

  async function gather(progress: (count: number) => void): Promise<T[]> {
    const rows: T[] = []
    let after: string | null = null
    do {
      const found: Awaited<ReturnType<typeof pageOf>> = await pageOf(table(), { ...pinned(), limit: GATHERED, after })
      rows.push(...(found.rows as T[]))
      progress(rows.length)
      after = found.next
    } while (after !== null)
    return rows
  }

  onMounted(() => void ask())
  watch([() => JSON.stringify(parameters.value), () => session.asOf, isKnown], () => void ask())
  watch(() => state().by, async (by) => {
    if (position.value === null) return
    if (by === '') {
      totals.value = null
      return
    }
    const mine = asking
    try {
      const figures = await totalsOf(table(), { ...pinned(), by })
      if (mine === asking) totals.value = figures
    } catch (error) {
      if (mine === asking) failed.value = trouble(error)
    }
  })
  return { total, sums, totals, loading, failed, position, parameters, row: (index) => pages.get(Math.floor(index / PAGE))?.[index % PAGE], need, ask, gather }
}
