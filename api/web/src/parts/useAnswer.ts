import { onMounted, ref, watch, type Ref } from 'vue'
import { session } from '../session'
import { trouble } from '../words'

export interface Answer<T> {
  value: Ref<T | null>
  loading: Ref<boolean>
  failed: Ref<string>
  ask: () => Promise<void>
}

/** Asks at once, and again when the moment, the campaign or what else is watched changes. */
export function useAnswer<T>(question: () => Promise<T>, ...watched: (() => unknown)[]): Answer<T> {
  const value = ref(null) as Ref<T | null>
  const loading = ref(true)
  const failed = ref('')
  let number = 0

  async function ask(): Promise<void> {
    const mine = ++number
    loading.value = true
    try {
      const found = await question()
      if (mine !== number) return
      value.value = found
      failed.value = ''
    } catch (error) {
      if (mine !== number) return
      value.value = null
      failed.value = trouble(error)
    }
    loading.value = false
  }

  onMounted(ask)
  watch([() => session.asOf, () => session.campaign, ...watched], ask)
  return { value, loading, failed, ask }
}
