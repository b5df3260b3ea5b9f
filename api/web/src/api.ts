/** Requests to the ledger: JSON in, JSON out, problems as errors with the ledger's code. */

import { rememberNames, withNames } from './naming'
import { line } from './offline/line'
import type { components, paths } from './openapi'

/** What the OpenAPI says that the ledger takes and answers. */
export type Schemas = components['schemas']

type Method = 'get' | 'post' | 'delete'
type PathsOf<M extends Method> = { [P in keyof paths]: paths[P] extends Record<M, { responses: unknown }> ? P : never }[keyof paths]
type Filled<P extends string> = P extends `${infer Before}{${string}}${infer After}` ? `${Before}${string}${Filled<After>}` : P
type QueryNames<P> = P extends { get: { parameters: { query?: infer Q } } } ? keyof NonNullable<Q> : P extends { post: { parameters: { query?: infer Q } } } ? keyof NonNullable<Q> : never

/** An address that can be asked by that method, its names filled in. */
export type Address<M extends Method> = Filled<PathsOf<M>>

type Json<R> = R extends { content: { 'application/json': infer Body } } ? Body : never
type Body<O> = O extends { responses: infer R } ? { [S in keyof R & (200 | 201 | 202)]: Json<R[S]> }[keyof R & (200 | 201 | 202)] : never
type PathOf<A, M extends Method> = A extends keyof paths ? A : { [P in PathsOf<M>]: A extends Filled<P> ? P : never }[PathsOf<M>]

/** What an address answers to that method, as the OpenAPI declares it. */
export type Answer<M extends Method, A> = PathOf<A, M> extends infer P extends keyof paths ? Body<paths[P][M]> : never

export type ProblemAnswer = Schemas['Problem']

/** What to tell a person of a problem: names in place of identifiers, as far as they were shown here. */
export const told = (problem: ProblemAnswer, language: string): string =>
  withNames(language === 'zh' ? (problem.message?.zh ?? problem.title) : problem.detail, language)

export class Problem extends Error {
  constructor(readonly answer: ProblemAnswer) {
    super(answer.detail)
  }

  /** What to tell a person. */
  said(language: string): string {
    return told(this.answer, language)
  }
}

/** What the window hears when the session is over. */
export const SIGNED_OUT = 'songnuan-signed-out'

export class Unreachable extends Error {}

/** Parameters by the names that the OpenAPI has; what is null or empty is left out, and a list is named once for each. */
export type Parameters = Partial<Record<QueryNames<paths[keyof paths]>, string | number | boolean | string[] | null | undefined>>

function asked(path: string, parameters: Parameters): string {
  const query = new URLSearchParams()
  for (const [name, value] of Object.entries(parameters)) {
    for (const each of Array.isArray(value) ? value : [value]) {
      if (each !== null && each !== undefined && each !== '') query.append(name, String(each))
    }
  }
  return query.size > 0 ? `${path}?${query}` : path
}

async function ask(path: string, init: RequestInit): Promise<Response> {
  let answer: Response
  try {
    answer = await fetch(path, { credentials: 'same-origin', ...init })
  } catch {
    line.up = false
    throw new Unreachable()
  }
  line.up = true
  if (!answer.ok) {
    if (answer.status === 401) window.dispatchEvent(new Event(SIGNED_OUT))
    throw new Problem((await answer.json()) as ProblemAnswer)
  }
  return answer
}

export async function get<A extends Address<'get'>>(path: A, parameters: Parameters = {}): Promise<Answer<'get', A>> {
  const answer = (await (await ask(asked(path, parameters), {})).json()) as Answer<'get', A>
  rememberNames(answer)
  return answer
}

export async function getText(path: Address<'get'> | `${Address<'get'>}?${string}`): Promise<string> {
  return (await ask(path, {})).text()
}

const PUBLISHED_WITHIN = 10

/** An answer with a proof: what was recorded a moment ago is in no checkpoint yet, and is asked for again. */
async function published(asking: () => Promise<Response>): Promise<Response> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await asking()
    } catch (error) {
      if (!(error instanceof Problem) || error.answer.code !== 'not-yet-published' || tries === PUBLISHED_WITHIN) throw error
      await new Promise((over) => setTimeout(over, 1000))
    }
  }
}

/** A paper that the service typesets (`/papers/…`), by the name that it gives the file. */
export async function getPaper(path: string, parameters: Parameters = {}): Promise<{ name: string; file: Blob }> {
  const given = Object.entries(parameters).filter(([, value]) => value !== null && value !== undefined && value !== '')
  const query = new URLSearchParams(given.map(([name, value]) => [name, String(value)]))
  const answer = await published(() => ask(`/papers/${path}?${query}`, {}))
  const name = /filename\*=UTF-8''(.+)$/.exec(answer.headers.get('content-disposition') ?? '')?.[1]
  return { name: name === undefined ? 'paper.pdf' : decodeURIComponent(name), file: await answer.blob() }
}

export async function send<M extends 'POST' | 'DELETE', A extends Address<Lowercase<M>>>(method: M, path: A, body?: unknown, csrf?: string, parameters: Parameters = {}): Promise<Answer<Lowercase<M>, A>> {
  const headers: Record<string, string> = { 'content-type': 'application/json' }
  if (csrf !== undefined) headers['x-csrf-token'] = csrf
  const init: RequestInit = { method, headers }
  if (body !== undefined) init.body = JSON.stringify(body)
  const answer = await ask(asked(path, parameters), init)
  return (answer.status === 204 ? undefined : await answer.json()) as Answer<Lowercase<M>, A>
}

export async function sendFile<A extends Address<'post'>>(path: A, parameters: Record<string, string>, file: File, csrf: string): Promise<Answer<'post', A>> {
  const headers = { 'content-type': 'application/octet-stream', 'x-csrf-token': csrf }
  return (await (await ask(`${path}?${new URLSearchParams(parameters)}`, { method: 'POST', headers, body: file })).json()) as Answer<'post', A>
}

// --- What the ledger answers -----------------------------------------------------------------------

/** Rows that come in pages. */
export interface Page<T, Cursor = number> {
  rows: T[]
  next?: Cursor | null
  total?: number | null
}

export type Case = Schemas['ListedCase']
export type Payout = Schemas['Payout']
export type CaseStep = Schemas['CaseStep']
export type Checks = Schemas['CaseChecks']
export type Line = Schemas['LineBalance']
export type Holding = Schemas['UnitBalance']
export type Flag = Schemas['StandingFlag']
export type FlagRule = Schemas['RuleShown']
export type EventType = Schemas['EventType']
export type EventRow = Schemas['EventOf']
export type Unit = Schemas['Unit']
export type Campaign = Schemas['Campaign']
export type Receipt = Schemas['ReceiptAnswer']
