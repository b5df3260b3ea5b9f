/** Masked names of cases by their ids, asked of the service whatever list is in view. */

import { reactive, watch } from 'vue'
import type { Case } from '../api'
import { pageOf } from '../tables/questions'

const AT_ONCE = 20

export function useCaseNames(cases: () => string[]): Record<string, string> {
  const names = reactive<Record<string, string>>({})
  watch(cases, async (wanted) => {
    const unknown = [...new Set(wanted)].filter((each) => names[each] === undefined)
    for (let start = 0; start < unknown.length; start += AT_ONCE) {
      const filter = unknown.slice(start, start + AT_ONCE).map((each) => `case_id=${each}`)
      for (const row of (await pageOf('cases', { filter })).rows as Case[]) names[row.case_id] = row.masked_name
    }
  }, { immediate: true })
  return names
}
