/** A statement's members as people read them: sums in yuan, codes by their names; what has no such form as it stands. */

import { lineTitle, officerName, session, unitName } from './session'
import type { Json } from './signing/statement'
import { yuan } from './words'

type Body = { [key: string]: Json | undefined }
type Translate = (key: string, named?: Record<string, unknown>) => string

export interface Field {
  member: string
  said: string
}

/** Every member of a body; `named` says who a case is about, where the officer may know. */
export const fieldsOf = (body: Body, named: Record<string, string>, t: Translate): Field[] =>
  Object.entries(body).flatMap(([name, value]) => (value === undefined ? [] : [{ member: name, said: textOf(name, value, body, named, t) }]))

function textOf(name: string, value: Json, body: Body, named: Record<string, string>, t: Translate): string {
  if (typeof value === 'boolean') return t(value ? 'dossiers.yes' : 'dossiers.no')
  if (typeof value === 'number') return name.endsWith('_fen') ? `${yuan(value)} ${t('handout.yuan')}` : String(value)
  if (typeof value === 'string') return word(name, value, body, named)
  if (Array.isArray(value) && value.every((each) => typeof each === 'string')) return value.map((each) => word(name, each, body, named)).join('、')
  const parts = Array.isArray(value) ? value : [value]
  const shown = parts.map((each) => membersOf(each, body, named, t))
  return shown.includes(null) ? JSON.stringify(value, null, 1) : shown.join('\n')
}

/** Members that say by their value what they are. */
const UNNAMED = ['role', 'unit', 'campaign', 'number']

/** A part of one level on one line; null for a deeper one, which stands as it is. */
function membersOf(part: Json, body: Body, named: Record<string, string>, t: Translate): string | null {
  if (part === null || typeof part !== 'object' || Array.isArray(part)) return null
  const given = Object.entries(part).flatMap(([name, value]) => (value === null || value === undefined ? [] : [[name, value] as const]))
  if (given.some(([, value]) => typeof value === 'object')) return null
  return given.map(([name, value]) => {
    const said = name === 'role' ? t(`role.${String(value)}`) : textOf(name, value, body, named, t)
    return UNNAMED.includes(name) ? said : `${name} ${said}`
  }).join(' · ')
}

function word(name: string, value: string, body: Body, named: Record<string, string>): string {
  const campaign = typeof body.campaign === 'string' ? body.campaign : ''
  if (name === 'unit' || name === 'parent') return unitName(value)
  if (name === 'campaign' || name === 'to_campaign') return session.campaigns.find((each) => each.campaign === value)?.title ?? value
  if (name === 'line' || name.endsWith('_line')) return lineTitle(campaign, value)
  if (name === 'officer') return officerName(value)
  if (name === 'case' || name === 'cases') return named[value] === undefined ? value : `${named[value]}（${value}）`
  return value
}

/** The cases that a body names. */
export const casesOf = (body: Body): string[] => [body.case, ...(Array.isArray(body.cases) ? body.cases : [])].filter((each): each is string => typeof each === 'string')
