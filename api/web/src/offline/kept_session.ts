/** The officer's session as this browser last had it, so that a page opened without a line knows whose it is. */

import type { Campaign, EventType, Unit } from '../api'
import { session, type Officer } from '../session'
import type { OfficerKey } from '../signing/keys'
import type { KnownWord } from '../vocabulary'
import { keep, kept } from './device'

const NAME = 'session'

interface Kept {
  ledger: string
  ledgerName: string
  head: number
  campaign: string
  officer: Officer
  campaigns: Campaign[]
  vocabulary: KnownWord[]
  units: Unit[]
  eventTypes: EventType[]
  officers: Record<string, string>
}

export async function keepSession(key: OfficerKey): Promise<void> {
  const { ledger, ledgerName, head, campaign, officer, campaigns, vocabulary, units, eventTypes, officers } = session
  if (officer === null) return
  await keep(key, NAME, { ledger, ledgerName, head, campaign, officer, campaigns, vocabulary, units, eventTypes, officers } satisfies Kept)
}

/** Goes on with the session that is kept under this key; whether there is one. What is asked of the ledger fails until the line is back. */
export async function restoreSession(key: OfficerKey): Promise<boolean> {
  const found = await kept<Kept>(key, NAME)
  if (found === null) return false
  Object.assign(session, found, { key, locked: false, asOf: null })
  return true
}
