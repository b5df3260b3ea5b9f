/** What a clerk's units have drawn and not handed out, as the desk says it. */

import { computed } from 'vue'
import { get, type Parameters } from '../api'
import { has, session } from '../session'
import { useAnswer } from './useAnswer'

export function useHoldings(upTo: () => Parameters) {
  const desk = useAnswer(async () => (has('clerk') ? (await get('/desk', { campaign: session.campaign, ...upTo() })).rows : []))
  return { holdings: desk, inHand: computed(() => desk.value.value?.find((each) => each.code === 'held')?.amount_fen ?? 0) }
}
