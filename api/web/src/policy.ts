/** A campaign's policy as a form (方案编辑): its fields and parts by the shape that the ledger says, what was typed, and the policy that this makes. */

import type { Campaign, Schemas } from './api'
import type { Json } from './signing/statement'
import { fen } from './words'

export type Policy = Campaign['policy']
export type Explanations = Record<string, Schemas['FieldExplained']>
export type FieldShape = Schemas['FieldShape']
export type Shape = Record<string, FieldShape>
export type Step = string | number
export type Typed = string | boolean | string[]

/** One line of the form: a value to type, the heading of a part, or where another part may be added. */
export type Entry =
  | { what: 'field'; path: Step[]; name: string; shape: FieldShape; typed: Typed }
  | { what: 'part'; path: Step[]; name: string; title: string; removable: boolean; movable: boolean }
  | { what: 'add'; path: Step[]; name: string }
export type PolicyField = Extract<Entry, { what: 'field' }>

export const keyOf = (path: Step[]): string => path.join('/')
/** The way through the policy as explanations and shape know it: without the places in lists. */
export const nameOf = (path: Step[]): string => path.filter((step) => typeof step === 'string').join('.')

export function explained(explanations: Explanations, name: string): Schemas['FieldExplained'] | undefined {
  return explanations[name] ?? explanations[`*.${name.slice(name.lastIndexOf('.') + 1)}`]
}

type Part = Record<string, unknown>
const isPart = (value: unknown): value is Part => value !== null && typeof value === 'object' && !Array.isArray(value)
const isValue = (shape: FieldShape): boolean => shape.kind !== 'part' && shape.kind !== 'parts'
/** The names of what stands in a part, in the policy's order. */
const within = (name: string, shape: Shape): string[] =>
  Object.keys(shape).filter((each) => (name === '' ? !each.includes('.') : each.startsWith(`${name}.`) && !each.slice(name.length + 1).includes('.')))
const last = (name: string): string => name.slice(name.lastIndexOf('.') + 1)

/** What stands at a place of the policy; null where nothing does. */
export function at(policy: unknown, path: Step[]): unknown {
  return path.reduce<unknown>((value, step) => (value === null || value === undefined ? null : ((value as Record<Step, unknown>)[step] ?? null)), policy)
}

function typedOf(shape: FieldShape, value: unknown): Typed {
  if (shape.kind === 'yes') return value === true
  if (shape.kind === 'choices') return Array.isArray(value) ? value.map(String) : []
  if (value === null || value === undefined) return ''
  if (shape.kind === 'sum') return (Number(value) / 100).toFixed(2)
  return Array.isArray(value) ? value.join('、') : String(value)
}

/** Whether a field by which others refer to its part was recorded with that value before. */
function wasRecorded(original: Policy, path: Step[], value: unknown): boolean {
  if (path.length < 3) return true
  const before = at(original, path.slice(0, -2))
  return Array.isArray(before) && before.some((each) => isPart(each) && each[String(path[path.length - 1])] === value)
}

/** The lines of the form below one place of the policy; `original` is the policy as it stands. */
export function entriesOf(policy: Policy, shape: Shape, original: Policy, path: Step[] = []): Entry[] {
  const name = nameOf(path)
  const inside = (of: Step[]): Entry[] => within(name, shape).flatMap((each) => entriesOf(policy, shape, original, [...of, last(each)]))
  if (path.length === 0) return inside([])
  const own = shape[name]
  if (own === undefined || name === 'sources') return []
  const value = at(policy, path)
  if (own.kind === 'parts') {
    const parts = Array.isArray(value) ? (value as unknown[]) : []
    const one = (each: unknown, index: number): Entry[] => [
      { what: 'part', path: [...path, index], name, title: titleOf(each, index), removable: !own.required || parts.length > 1, movable: index > 0 },
      ...inside([...path, index]),
    ]
    return [...parts.flatMap(one), { what: 'add', path, name }]
  }
  if (own.kind === 'part') {
    if (value === null) return [{ what: 'add', path, name }]
    const heading: Entry[] = own.required ? [] : [{ what: 'part', path, name, title: '', removable: true, movable: false }]
    return [...heading, ...inside(path)]
  }
  if (own.fixed && wasRecorded(original, path, value)) return []
  return [{ what: 'field', path, name, shape: own, typed: typedOf(own, value) }]
}

/** What a part is called in its list. */
function titleOf(part: unknown, index: number): string {
  if (!isPart(part)) return String(index + 1)
  const said = [part['title'], part['locality'], part['code'], part['unit'], part['field'], part['line'], part['of'], part['step']].find((each) => typeof each === 'string' && each !== '')
  return `${index + 1} ${typeof said === 'string' ? said : ''}`.trim()
}

const fieldsOf = (policy: Policy, shape: Shape, original: Policy): PolicyField[] =>
  entriesOf(policy, shape, original).filter((each): each is PolicyField => each.what === 'field')

/** What stands in every field, as it is typed. */
export const typedIn = (policy: Policy, shape: Shape, original: Policy): Record<string, Typed> =>
  Object.fromEntries(fieldsOf(policy, shape, original).map((each) => [keyOf(each.path), each.typed]))

/** What was typed as the policy has it; undefined where it is none. What is left empty is not laid down. */
export function valueOf(kind: FieldShape['kind'], typed: Typed): Json | undefined {
  if (typeof typed !== 'string') return typed
  const text = typed.trim()
  if (kind === 'list') return text === '' ? [] : text.split(/[、,，]/).map((each) => each.trim()).filter((each) => each !== '')
  if (text === '') return null
  if (kind === 'sum') return fen(text) ?? undefined
  if (kind === 'number') return /^\d{1,13}$/.test(text) ? Number(text) : undefined
  if (kind === 'day') return /^\d{4}-\d\d-\d\d$/.test(text) ? text : undefined
  return text
}

/** The policy with what was typed in place; `wrong` are fields whose text is no value of theirs, `lacking` those that must be filled in. */
export function edited(policy: Policy, shape: Shape, original: Policy, typed: Record<string, Typed>): { policy: Policy; wrong: string[]; lacking: string[] } {
  const changed = JSON.parse(JSON.stringify(policy)) as Policy
  const wrong: string[] = []
  const lacking: string[] = []
  for (const field of fieldsOf(policy, shape, original)) {
    const said = typed[keyOf(field.path)] ?? field.typed
    const value = valueOf(field.shape.kind, said)
    if (field.shape.required && (value === null || said === '')) lacking.push(keyOf(field.path))
    if (JSON.stringify(said) === JSON.stringify(field.typed)) continue
    if (value === undefined) wrong.push(keyOf(field.path))
    else put(changed, field.path, value)
  }
  return { policy: changed, wrong, lacking }
}

function put(into: unknown, path: Step[], value: unknown): void {
  const place = at(into, path.slice(0, -1)) as Record<Step, unknown>
  place[path[path.length - 1]!] = value
}

/** A part that is new: what every such part begins with, and one of each list that must have one. */
export function blank(name: string, shape: Shape): Part {
  return Object.fromEntries(
    within(name, shape).map((each) => {
      const own = shape[each]!
      if (isValue(own) || !own.required) return [last(each), own.initial]
      return [last(each), own.kind === 'part' ? blank(each, shape) : [blank(each, shape)]]
    }),
  )
}

const copied = (policy: Policy): Policy => JSON.parse(JSON.stringify(policy)) as Policy

/** The policy with a part more: another of a list, or one that was not laid down. */
export function added(policy: Policy, shape: Shape, path: Step[]): Policy {
  const changed = copied(policy)
  const name = nameOf(path)
  const there = at(changed, path)
  put(changed, path, shape[name]?.kind === 'parts' ? [...(Array.isArray(there) ? (there as unknown[]) : []), blank(name, shape)] : blank(name, shape))
  return changed
}

/** The policy without a part. */
export function removed(policy: Policy, path: Step[]): Policy {
  const changed = copied(policy)
  const index = path[path.length - 1]
  if (typeof index === 'number') (at(changed, path.slice(0, -1)) as unknown[]).splice(index, 1)
  else put(changed, path, null)
  return changed
}

/** The policy with a part before the one that stood above it. */
export function raised(policy: Policy, path: Step[]): Policy {
  const changed = copied(policy)
  const index = path[path.length - 1]
  const list = at(changed, path.slice(0, -1))
  if (typeof index === 'number' && Array.isArray(list)) list.splice(index - 1, 0, ...list.splice(index, 1))
  return changed
}

/** Fields that name a part of the policy itself, and where those stand. */
const NAMED_IN: Record<string, Step[]> = {
  'categories.line': ['lines'], 'lines.source': ['funding', 'sources'], 'accounting.lines.line': ['lines'],
  'procedure.apart.step': ['procedure', 'steps'], 'procedure.apart.other': ['procedure', 'steps'],
}

/** What a field may name: codes and titles of the policy's own parts; none where anything may be typed. */
export function named(policy: Policy, name: string): { code: string; title: string }[] {
  const parts = at(policy, NAMED_IN[name] ?? ['']) 
  if (!Array.isArray(parts)) return []
  return parts.filter(isPart).map((each) => ({ code: String(each['code'] ?? ''), title: String(each['title'] ?? '') })).filter((each) => each.code !== '')
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
