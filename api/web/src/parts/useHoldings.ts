/** What units have drawn and not handed out, as the server sums it: a clerk's own. */

import { computed } from 'vue'
import { get, type Holding, type Parameters } from '../api'
import { has, session } from '../session'
import { useAnswer } from './useAnswer'

export function useHoldings(upTo: () => Parameters) {
  const holdings = useAnswer(async () => (has('clerk') ? ((await get('/balances', { by: 'unit', campaign: session.campaign, ...upTo() })).rows as Holding[]) : []))
  return { holdings, inHand: computed(() => (holdings.value.value ?? []).reduce((all, row) => all + row.held_fen, 0)) }
}
