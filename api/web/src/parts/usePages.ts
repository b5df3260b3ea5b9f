import { computed, ref, watch, type ComputedRef, type Ref } from 'vue'
import type { Page } from '../api'
import { trouble } from '../words'
import { useAnswer } from './useAnswer'

type Cursor = string | number

export interface Pages<T> {
  /** All rows that came so far. */
  rows: ComputedRef<T[]>
  /** How many there are in all; null where the service does not say. */
  total: ComputedRef<number | null>
  /** Whether there are more than came so far. */
  hasMore: ComputedRef<boolean>
  loading: Ref<boolean>
  adding: Ref<boolean>
  failed: Ref<string>
  /** Why the next page did not come; the rows stay. */
  addingFailed: Ref<string>
  ask: () => Promise<void>
  more: () => Promise<void>
}

/** A list that comes in pages: the first at once, each next one when it is asked for. */
export function usePages<T>(question: (after: Cursor | null) => Promise<Page<T, Cursor>>, ...watched: (() => unknown)[]): Pages<T> {
  const first = useAnswer(() => question(null), ...watched)
  const added = ref([]) as Ref<T[]>
  const next = ref<Cursor | null>(null)
  const adding = ref(false)
  const addingFailed = ref('')

  watch(first.value, (found) => {
    added.value = []
    next.value = found?.next ?? null
    addingFailed.value = ''
  })

  async function more(): Promise<void> {
    if (next.value === null || adding.value) return
    const of = first.value.value
    adding.value = true
    try {
      const found = await question(next.value)
      // Who asked anew meanwhile has other pages.
      if (first.value.value === of) {
        added.value = [...added.value, ...found.rows]
        next.value = found.next ?? null
        addingFailed.value = ''
      }
    } catch (error) {
      if (first.value.value === of) addingFailed.value = trouble(error)
    }
    adding.value = false
  }

  return {
    rows: computed(() => [...(first.value.value?.rows ?? []), ...added.value]),
    total: computed(() => {
      const found = first.value.value
      if (found === null) return null
      // eslint-disable-next-line no-restricted-syntax -- where nothing comes after, all is there
      return found.total ?? (found.next === null || found.next === undefined ? found.rows.length : null)
    }),
    hasMore: computed(() => next.value !== null),
    loading: first.loading,
    adding,
    failed: first.failed,
    addingFailed,
    ask: first.ask,
    more,
  }
}
