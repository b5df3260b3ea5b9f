/** Requests to the ledger: JSON in, JSON out, problems as errors with the ledger's code. */

import type { components, paths } from './openapi'

/** What the OpenAPI says that the ledger takes and answers. */
export type Schemas = components['schemas']

type Method = 'get' | 'post' | 'delete'
type PathsOf<M extends Method> = { [P in keyof paths]: paths[P] extends Record<M, { responses: unknown }> ? P : never }[keyof paths]
type Filled<P extends string> = P extends `${infer Before}{${string}}${infer After}` ? `${Before}${string}${Filled<After>}` : P
type QueryNames<P> = P extends { get: { parameters: { query?: infer Q } } } ? keyof NonNullable<Q> : never

/** An address that can be asked by that method, its names filled in. */
export type Address<M extends Method> = Filled<PathsOf<M>>

export interface ProblemAnswer {
  code: string
  title: string
  detail: string
  status: number
  message?: { zh: string; en: string }
  details?: Record<string, unknown>
}

export class Problem extends Error {
  constructor(readonly answer: ProblemAnswer) {
    super(answer.detail)
  }

  /** What to tell a person. */
  said(language: string): string {
    return language === 'zh' ? (this.answer.message?.zh ?? this.answer.title) : this.answer.detail
  }
}

/** What the window hears when the session is over. */
export const SIGNED_OUT = 'songnuan-signed-out'

export class Unreachable extends Error {}

/** Parameters by the names that the OpenAPI has; what is null or empty is left out. */
export type Parameters = Partial<Record<QueryNames<paths[keyof paths]>, string | number | boolean | null | undefined>>

async function ask(path: string, init: RequestInit): Promise<Response> {
  let answer: Response
  try {
    answer = await fetch(path, { credentials: 'same-origin', ...init })
  } catch {
    throw new Unreachable()
  }
  if (!answer.ok) {
    if (answer.status === 401) window.dispatchEvent(new Event(SIGNED_OUT))
    throw new Problem((await answer.json()) as ProblemAnswer)
  }
  return answer
}

export async function get<T>(path: Address<'get'>, parameters: Parameters = {}): Promise<T> {
  const given = Object.entries(parameters).filter(([, value]) => value !== null && value !== undefined && value !== '')
  const query = new URLSearchParams(given.map(([name, value]) => [name, String(value)]))
  return (await (await ask(given.length > 0 ? `${path}?${query}` : path, {})).json()) as T
}

export async function getText(path: Address<'get'> | `${Address<'get'>}?${string}`): Promise<string> {
  return (await ask(path, {})).text()
}

export async function send<T>(method: 'POST' | 'DELETE', path: Address<'post'> | Address<'delete'>, body?: unknown, csrf?: string): Promise<T> {
  const headers: Record<string, string> = { 'content-type': 'application/json' }
  if (csrf !== undefined) headers['x-csrf-token'] = csrf
  const init: RequestInit = { method, headers }
  if (body !== undefined) init.body = JSON.stringify(body)
  const answer = await ask(path, init)
  return (answer.status === 204 ? undefined : await answer.json()) as T
}

export async function sendFile<T>(path: Address<'post'>, parameters: Record<string, string>, file: File, csrf: string): Promise<T> {
  const headers = { 'content-type': 'application/octet-stream', 'x-csrf-token': csrf }
  return (await (await ask(`${path}?${new URLSearchParams(parameters)}`, { method: 'POST', headers, body: file })).json()) as T
}

// --- What the ledger answers -----------------------------------------------------------------------

export interface Page<T, Cursor = number> {
  position: number
  rows: T[]
  next?: Cursor | null
  total?: number | null
}

export interface Case {
  case_id: string
  campaign: string
  unit: string
  dossier: string
  dossier_version: string
  category: string
  category_title: string
  forms: string
  masked_name: string
  step: string
  state: string
  line: string | null
  asked_fen: number | null
  approved_fen: number
  kept_fen: number
  aid_fen: number
  nominated_on: string
  absences: number
}

/** What was paid or given on a case; `line` is null for goods, `drawn` says that it was money the unit had drawn. */
export interface Payout {
  payout: string
  campaign: string
  unit: string
  case_id: string
  form: string
  line: string | null
  drawn: boolean
  paid_on: string
  amount_fen: number
  returned_fen: number
}

export interface Checks {
  case_id: string
  criteria: { criterion: string; met: boolean | null }[]
  earlier: { campaign: string; year: number; kept_fen: number }[]
  flags: { flag: string; rule: string; severity: 'high' | 'medium' | 'low'; raised_at: number; amount_fen: number }[]
}

export interface Line {
  campaign: string
  line: string
  source: string | null
  /** Null where the line is not the reader's to see as a whole; the rest is then what their units hold. */
  allocated_fen: number | null
  transferred_fen: number | null
  committed_fen: number
  drawn_fen: number
  held_fen: number
  paid_fen: number
  returned_fen: number
  left_fen: number | null
}

export interface Holding {
  campaign: string
  unit: string
  drawn_fen: number
  held_fen: number
  paid_fen: number
  committed_fen: number
}

export interface Flag {
  flag: string
  rule: string
  severity: 'high' | 'medium' | 'low'
  campaign: string
  subject: string
  unit: string | null
  raised_at: number
  from_position: number
  evidence: number[]
  new_evidence: number[]
  amount_fen: number
  details: Record<string, unknown>
  disposition: string
}

export interface FlagRule {
  rule: string
  title: { zh: string; en: string }
  severity: string
  clause: string
}

export interface EventType {
  type: string
  title: { zh: string; en: string }
}

export interface EventRow {
  position: number
  type: string
  happened_on: string
  recorded_at: string
  officer: string | null
  campaign: string | null
  unit: string | null
  case_id: string | null
  line: string | null
  amount_fen: number | null
  after_the_fact: boolean
}

export interface Unit {
  unit: string
  name: string
  level: string
  parent: string | null
  ancestors: string[]
}

export interface Campaign {
  campaign: string
  title: string
  year: number
  sponsor: string
  policy: {
    window: { start: string; end: string }
    phases?: { code: string; title: string; window: { start: string; end: string } }[]
    roster_deadline: string | null
    notice_working_days?: number
    forms: string[]
    lines: { code: string; title: string; source: string; cap_fen: number | null }[]
    categories: { code: string; title: string; line: string | null; standard_fen: number | null }[]
  }
  closed_on: string | null
}

export type Receipt = Schemas['ReceiptAnswer']
