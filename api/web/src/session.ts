/** What the whole page shares: who is signed in, which campaign, as of when, and whether the log verifies. */

import { reactive } from 'vue'
import { get, getText, Problem, send, type Campaign, type EventType, type FlagRule, type Schemas, type Unit } from './api'
import { i18n } from './i18n'
import { forgetNames } from './naming'
import { fromBase64, toBase64, toHex, utf8 } from './signing/bytes'
import { appendsTo } from './signing/merkle'
import { keptKeys, openKey, unlockKey, type OfficerKey } from './signing/keys'
import { NotProved, openCheckpoint, readVerifierKey, type Checkpoint, type VerifierKey } from './signing/proof'
import { canonical, pae } from './signing/statement'
import { tellTabs } from './tabs'
import type { KnownWord } from './vocabulary'

export type Officer = Schemas['SignedInOfficer']

export const session = reactive({
  officer: null as Officer | null,
  key: null as OfficerKey | null,
  locked: false,
  ledger: '',
  ledgerName: '',
  head: 0,
  /** When the newest entry was recorded, in milliseconds by this browser's clock; 0 before it is known. */
  recordedAt: 0,
  campaign: '',
  asOf: null as number | null,
  campaigns: [] as Campaign[],
  /** The words that these campaigns know, beside the release's. */
  vocabulary: [] as KnownWord[],
  units: [] as Unit[],
  rules: [] as FlagRule[],
  eventTypes: [] as EventType[],
  officers: {} as Record<string, string>,
  verified: { size: 0, why: '' },
})

/** Who draws, pays and delivers (出纳); a finance officer is both, where an office has one. */
export const CASHIERS = ['finance', 'cashier']
/** Who keeps the lines, reconciles and closes the day (会计). */
export const ACCOUNTANTS = ['finance', 'accountant']
export const FINANCE = ['finance', 'cashier', 'accountant']

/** The roles any of which will do where this one is asked for. */
export const fulfilling = (role: string): string[] =>
  ({ finance: FINANCE, cashier: CASHIERS, accountant: ACCOUNTANTS })[role] ?? [role]

export const has = (...roles: string[]): boolean =>
  session.officer !== null && session.officer.roles.some((role) => roles.includes(role))

/** The units over which the officer holds one of these roles, with all below them. */
export function unitsOver(...roles: string[]): Unit[] {
  const roots = (session.officer?.grants ?? []).filter((grant) => roles.includes(grant.role)).map((grant) => grant.unit)
  return session.units.filter(
    (unit) => roots.includes(null) || roots.includes(unit.unit) || unit.ancestors.some((above) => roots.includes(above)),
  )
}

export function unitName(code: string | null): string {
  return session.units.find((unit) => unit.unit === code)?.name ?? code ?? '—'
}

/** An officer's name; the code where they are none of the units that the reader sees. */
export const officerName = (code: string | null): string => (code === null ? '—' : (session.officers[code] ?? code))

export function lineTitle(campaign: string, line: string | null): string {
  const policy = session.campaigns.find((each) => each.campaign === campaign)?.policy
  return policy?.lines.find((each) => each.code === line)?.title ?? line ?? '—'
}

export function categoryTitle(campaign: string, category: string): string {
  const policy = session.campaigns.find((each) => each.campaign === campaign)?.policy
  return policy?.categories.find((each) => each.code === category)?.title ?? category
}

export function ruleTitle(rule: string, language: string): string {
  const title = session.rules.find((each) => each.rule === rule)?.title
  return title === undefined ? rule : language === 'zh' ? title.zh : title.en
}

export function eventTitle(type: string, language: string): string {
  const title = session.eventTypes.find((each) => each.type === type)?.title
  return title === undefined ? type : language === 'zh' ? title.zh : title.en
}

/** Whom or what a flag is about: the service says it in Chinese, with the kind first. */
export function subjectSaid(subject: string, about: string, language: string): string {
  return language === 'zh' ? about : `${i18n.global.t(`subject.${subject.slice(0, subject.indexOf(':'))}`)} ${about.replace(/^[^ （]+ ?/, '')}`
}

/** What a flag's subject is, as the timeline asks for it; null where there is none, or none to be seen. */
export function subjectKind(subject: string): [string, string] | null {
  const kind = subject.slice(0, subject.indexOf(':'))
  const name = subject.slice(kind.length + 1)
  if (kind === 'line') return ['line', name]
  const seen = has('auditor', 'inspector') ? ['case', 'dossier', 'payout', 'unit', 'person', 'account', 'officer'] : ['case', 'dossier', 'payout', 'unit']
  return seen.includes(kind) ? [kind, name.slice(name.indexOf('/') + 1)] : null
}

/** Parameters that every question carries. */
export const moment = () => ({ as_of: session.asOf })

export async function refreshPosition(): Promise<void> {
  const health = await get('/position')
  session.ledger = health.ledger
  session.ledgerName = health.name
  session.head = health.position
  // The two clocks may differ: what counts is the service's.
  if (health.recorded_at !== null) session.recordedAt = Date.parse(health.recorded_at) + Date.now() - Date.parse(health.now)
}

export async function signIn(key: OfficerKey): Promise<void> {
  const { challenge, ledger, type } = await send('POST', '/session/challenge')
  const origin = location.origin
  const said = canonical({ challenge, ledger, origin })
  const signature = toHex(await key.sign(pae(type, utf8(said))))
  session.officer = await send('POST', '/session', { key: key.keyid, challenge, origin, signature })
  session.key = key
  session.locked = false
  tellTabs(key.keyid)
  await loadReferenceData()
}

/** The same officer signed in anew in another tab: what changes something is asked under that session. */
export async function renewed(): Promise<void> {
  session.officer = await get('/session')
}

let resuming: Promise<void> | null = null

/** Goes on with the session that this browser has, if it still stands; asked once. */
export function resumed(): Promise<void> {
  resuming ??= resume()
  return resuming
}

async function resume(): Promise<void> {
  try {
    session.officer = await get('/session')
  } catch (error) {
    // A key that is no longer in force has no session any more.
    if (!(error instanceof Problem && error.answer.status === 401)) throw error
  }
  if (session.officer === null) return
  const kept = (await keptKeys()).find((key) => key.keyid === session.officer?.key)
  session.key = kept === undefined ? null : openKey(kept)
  session.locked = kept !== undefined && session.key === null
  await loadReferenceData()
}

/** Opens the signed-in officer's key, which a page that was loaded anew no longer has. */
export async function unlock(pin: string): Promise<OfficerKey> {
  const key = await unlockKey(session.officer?.key ?? '', pin)
  session.key = key
  session.locked = false
  return key
}

async function loadReferenceData(): Promise<void> {
  const [campaigns, vocabulary, units, rules, types, officers] = await Promise.all([
    get('/campaigns'),
    get('/vocabulary'),
    get('/units'),
    get('/rules'),
    get('/event-types'),
    get('/officers'),
  ])
  session.campaigns = campaigns.rows
  session.vocabulary = vocabulary.rows
  session.units = units.rows
  session.rules = rules
  session.eventTypes = types
  session.officers = Object.fromEntries(officers.rows.map((row) => [row.officer, row.name]))
}

export async function signOut(): Promise<void> {
  await send('DELETE', '/session', undefined, session.officer?.csrf)
  tellTabs('')
  forget()
}

/** Lets go of all that was an officer's: the next at this browser may see less, or other things. */
export function forget(): void {
  forgetNames()
  Object.assign(session, {
    officer: null, key: null, locked: false, asOf: null, campaign: '', campaigns: [], vocabulary: [], units: [], officers: {},
  })
}

// --- The log, verified here ------------------------------------------------------------------------

const SEEN = 'songnuan-checkpoint'
const KEY = 'songnuan-verifier-key'

/** The log's key: the one that this browser saw first of this ledger. Another one is trouble. */
export async function verifierKey(): Promise<VerifierKey> {
  const text = (await getText('/checkpoint/key')).trim()
  const kept = `${KEY}:${text.split('+')[0]}`
  const first = localStorage.getItem(kept) ?? text
  localStorage.setItem(kept, first)
  if (first !== text) throw new NotProved('key')
  return readVerifierKey(first)
}

interface Kept {
  size: number
  root: string
}

/** That the log only grew since the checkpoint that this browser saw last. */
async function checkGrowth(kept: Kept, now: Checkpoint): Promise<void> {
  if (now.size < kept.size) throw new NotProved(`${now.size} < ${kept.size}`)
  const proof = (await get(`/consistency/${kept.size}/${now.size}`)).map(fromBase64)
  const grew = await appendsTo(kept.size, fromBase64(kept.root), now.size, now.root, proof)
  if (!grew) throw new NotProved(`${kept.size} → ${now.size}`)
}

/** Checks the newest checkpoint: its signature, and its consistency with the last one seen. */
export async function verifyLog(): Promise<void> {
  try {
    const key = await verifierKey()
    const checkpoint = await openCheckpoint(await getText('/checkpoint'), key)
    const kept = localStorage.getItem(`${SEEN}:${checkpoint.origin}`)
    if (kept !== null) await checkGrowth(JSON.parse(kept) as Kept, checkpoint)
    localStorage.setItem(
      `${SEEN}:${checkpoint.origin}`,
      JSON.stringify({ size: checkpoint.size, root: toBase64(checkpoint.root) } satisfies Kept),
    )
    session.verified = { size: checkpoint.size, why: '' }
  } catch (error) {
    session.verified = { size: 0, why: error instanceof Error ? error.message : String(error) }
  }
}
