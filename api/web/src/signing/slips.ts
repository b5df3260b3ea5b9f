/** Slips: a number of 100 bits for each payout, drawn in this browser; the ledger is told its hash alone. */

import { sha256, toHex, utf8 } from './bytes'

const LETTERS = '23456789ABCDEFGHJKLMNPQRSTUVWXYZ'
const LENGTH = 20

export function newSlipNumber(): string {
  return [...crypto.getRandomValues(new Uint8Array(LENGTH))].map((byte) => LETTERS[byte & 31]).join('')
}

/** As ledger/events/slip.py has it. */
export async function slipDigest(number: string): Promise<string> {
  return toHex(await sha256(utf8(`songnuan-slip:${number}`)))
}

/** As it is printed: ABCDE-FGHJK-23456-789AB. */
export const grouped = (number: string): string => number.match(/.{5}/g)!.join('-')
