/** The tables that the officer who is signed in may ask, with their columns; asked once a session. */

import { get } from '../api'
import { session } from '../session'
import type { TableShown } from './address'

let of = ''
let asked: Promise<TableShown[]> | null = null

export async function tableNamed(name: string): Promise<TableShown> {
  const who = session.officer?.key ?? ''
  if (asked === null || of !== who) {
    of = who
    asked = get('/tables')
    asked.catch(() => { asked = null })
  }
  const found = (await asked).find((each) => each.name === name)
  if (found === undefined) throw new Error(`no table ${name}`)
  return found
}
