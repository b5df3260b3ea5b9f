/** The rows that somebody picked: one by one, or the whole answer, every row of which is brought first. */

import { computed, ref, shallowReactive, type ComputedRef, type Ref } from 'vue'
import { trouble } from '../words'

export interface Chosen<T> {
  count: ComputedRef<number>
  rows: ComputedRef<T[]>
  /** How many rows of the whole answer came so far; null where nothing is being brought. */
  gathering: Ref<number | null>
  failed: Ref<string>
  has: (row: T) => boolean
  toggle: (row: T) => void
  toggleAll: (total: number) => Promise<void>
  clear: () => void
}

export function useChosen<T>(keyOf: (row: T) => string, gather: (progress: (count: number) => void) => Promise<T[]>, tell: (rows: T[]) => void): Chosen<T> {
  const picked = shallowReactive(new Map<string, T>())
  const gathering = ref<number | null>(null)
  const failed = ref('')
  const rows = computed(() => [...picked.values()])
  let asked = 0

  function clear(): void {
    asked += 1
    gathering.value = null
    if (picked.size === 0) return
    picked.clear()
    tell([])
  }

  function toggle(row: T): void {
    if (!picked.delete(keyOf(row))) picked.set(keyOf(row), row)
    tell(rows.value)
  }

  async function toggleAll(total: number): Promise<void> {
    if (picked.size === total) return clear()
    const mine = ++asked
    gathering.value = 0
    failed.value = ''
    try {
      const all = await gather((count) => { if (mine === asked) gathering.value = count })
      if (mine !== asked) return
      for (const row of all) picked.set(keyOf(row), row)
      tell(rows.value)
    } catch (error) {
      if (mine === asked) failed.value = trouble(error)
    }
    if (mine === asked) gathering.value = null
  }

  return { count: computed(() => picked.size), rows, gathering, failed, has: (row) => picked.has(keyOf(row)), toggle, toggleAll, clear }
}
