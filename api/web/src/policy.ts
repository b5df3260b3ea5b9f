/** A campaign's policy as a form (方案编辑): its fields with their places, what was typed, and the policy that this makes. */

import type { Campaign, Schemas } from './api'
import type { Json } from './signing/statement'
import { fen } from './words'

export type Policy = Campaign['policy']
export type Explanations = Record<string, Schemas['FieldExplained']>
export type Step = string | number
export type Kind = 'sum' | 'number' | 'yes' | 'text' | 'list'

/** One value of the policy: where it stands, how it is typed, and what stands there. */
export interface PolicyField {
  path: Step[]
  name: string
  kind: Kind
  typed: string | boolean
}

/** Fields that name things others refer to: they are never changed once recorded. */
const FIXED = new Set(['code', 'plan', 'year', 'of'])

export const keyOf = (path: Step[]): string => path.join('/')
/** The way through the policy as explanations know it: without the places in lists. */
export const nameOf = (path: Step[]): string => path.filter((step) => typeof step === 'string').join('.')

export function explained(explanations: Explanations, name: string): Schemas['FieldExplained'] | undefined {
  return explanations[name] ?? explanations[`*.${name.slice(name.lastIndexOf('.') + 1)}`]
}

function kindOf(name: string, value: unknown): Kind {
  if (name.endsWith('_fen')) return 'sum'
  if (typeof value === 'boolean') return 'yes'
  if (Array.isArray(value)) return 'list'
  return typeof value === 'number' || /(_permille|_months|_days|_years|year|signatures|value)$/.test(name) ? 'number' : 'text'
}

function typedOf(kind: Kind, value: unknown): string | boolean {
  if (kind === 'yes') return value === true
  if (value === null || value === undefined) return ''
  if (kind === 'sum') return (Number(value) / 100).toFixed(2)
  return Array.isArray(value) ? value.join('、') : String(value)
}

const isPart = (value: unknown): value is Record<string, unknown> => value !== null && typeof value === 'object' && !Array.isArray(value)

/** The fields below one value of the policy, in its order; a part that is not set has none. */
export function fieldsOf(value: unknown, path: Step[]): PolicyField[] {
  if (Array.isArray(value) && value.some(isPart)) return value.flatMap((each, index) => fieldsOf(each, [...path, index]))
  if (isPart(value)) return Object.entries(value).flatMap(([name, each]) => fieldsOf(each, [...path, name]))
  const name = String(path[path.length - 1])
  if (FIXED.has(name) || (value === null && PARTS.has(name)) || (Array.isArray(value) && value.length === 0 && PARTS.has(name))) return []
  const kind = kindOf(name, value)
  return [{ path, name: nameOf(path), kind, typed: typedOf(kind, value) }]
}

/** Members that are parts of their own: where they are not set, there is nothing to type into. */
const PARTS = new Set([
  'hardship', 'exclusions', 'dossier_life', 'procedure', 'funding', 'collective', 'vocabularies', 'unit_windows', 'phases', 'parameters', 'local_lines',
  'outlays', 'apart', 'words', 'sources',
])

/** What was typed as the policy has it; undefined where it is none. What is left empty is not laid down. */
export function valueOf(kind: Kind, typed: string | boolean): Json | undefined {
  if (typeof typed === 'boolean') return typed
  const text = typed.trim()
  if (kind === 'list') return text === '' ? [] : text.split(/[、,，]/).map((each) => each.trim()).filter((each) => each !== '')
  if (text === '') return null
  if (kind === 'sum') return fen(text) ?? undefined
  if (kind === 'number') return /^\d{1,13}$/.test(text) ? Number(text) : undefined
  return text
}

/** The policy with what was typed in place, and the fields whose text is no value of theirs. */
export function edited(policy: Policy, typed: Record<string, string | boolean>): { policy: Policy; wrong: string[] } {
  const changed = JSON.parse(JSON.stringify(policy)) as Policy
  const wrong: string[] = []
  for (const field of fieldsOf(policy, [])) {
    const said = typed[keyOf(field.path)]
    if (said === undefined || said === field.typed) continue
    const value = valueOf(field.kind, said)
    if (value === undefined) wrong.push(keyOf(field.path))
    else put(changed, field.path, value)
  }
  return { policy: changed, wrong }
}

function put(into: unknown, path: Step[], value: Json): void {
  let at = into as Record<Step, unknown>
  for (const step of path.slice(0, -1)) at = at[step] as Record<Step, unknown>
  at[path[path.length - 1]!] = value
}

/** Where a member comes from, as the policy says. */
export const sourceOf = (policy: Policy, member: string): string => policy.sources.find((each) => each.field === member)?.source ?? ''

/** The policy with these sources of its members; one left empty is not said. */
export function withSources(policy: Policy, sources: Record<string, string>): Policy {
  const members = Object.keys(policy).filter((each) => each !== 'sources')
  const kept = policy.sources.filter((each) => !members.includes(each.field))
  const said = members.flatMap((field) => {
    const source = (sources[field] ?? sourceOf(policy, field)).trim()
    return source === '' ? [] : [{ field, source }]
  })
  return { ...policy, sources: [...said, ...kept] }
}

/** A statement says nothing that is null: what is not laid down is left out. */
export function withoutNulls(value: unknown): Json {
  if (Array.isArray(value)) return value.map(withoutNulls)
  if (isPart(value)) return Object.fromEntries(Object.entries(value).filter(([, each]) => each !== null).map(([name, each]) => [name, withoutNulls(each)]))
  return value as Json
}
