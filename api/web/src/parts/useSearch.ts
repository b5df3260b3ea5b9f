/** The rows that have what was searched for in their words, and what was searched for. */

import { computed, reactive, ref, type Ref } from 'vue'

export interface Search<T> {
  text: string
  rows: T[]
}

export function useSearch<T>(rows: () => T[] | null | undefined, words: (row: T) => (string | number | null | undefined)[]): Search<T> {
  const text = ref('')
  const found = computed(() => {
    const sought = text.value.trim().toLowerCase()
    const all = rows() ?? []
    return sought === '' ? all : all.filter((row) => words(row).join(' ').toLowerCase().includes(sought))
  }) as Ref<T[]>
  return reactive({ text, rows: found }) as Search<T>
}
