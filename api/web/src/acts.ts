/** What officers do with cases: who may, which cases it fits, and the statements that say it. */

import type { Case } from './api'
import type { Said } from './parts/SignDialog.vue'
import { CASHIERS, has, lineTitle, session, unitName } from './session'
import { fen, yuan } from './words'

export type Action = 'confirm' | 'notice' | 'approve' | 'reject' | 'revoke' | 'pay' | 'handout' | 'absent' | 'aid'

const LIVE = ['nominated', 'confirmed', 'on-notice']
const GRANTED = ['approved', 'paid-in-part', 'paid']
/** What came back can be paid again, as long as the approval stands. */
const OWED = ['approved', 'paid-in-part', 'returned']

/** What only an approval that was given beforehand permits. */
const PERMITTED: Action[] = ['pay', 'handout', 'absent', 'aid']

export const ACTIONS: Record<Action, { roles: string[]; states: string[]; form: boolean }> = {
  confirm: { roles: ['confirmer'], states: ['nominated', 'suspended'], form: false },
  notice: { roles: ['confirmer'], states: LIVE, form: true },
  approve: { roles: ['approver'], states: ['confirmed', 'on-notice'], form: true },
  reject: { roles: ['approver', 'confirmer'], states: LIVE, form: true },
  revoke: { roles: ['clerk', 'approver', 'inspector'], states: [...LIVE, 'approved', 'approved-after-the-fact', 'suspended'], form: true },
  pay: { roles: CASHIERS, states: OWED, form: true },
  handout: { roles: ['clerk'], states: OWED, form: true },
  absent: { roles: ['clerk'], states: OWED, form: true },
  aid: { roles: [...CASHIERS, 'clerk'], states: GRANTED, form: true },
}

/** The cases that an action fits: of one campaign, and what is handed out of one unit's money. */
export function fitting(action: Action, chosen: Case[]): Case[] {
  const first = chosen[0]
  return chosen.filter(
    (row) =>
      ACTIONS[action].states.includes(row.state) &&
      (!PERMITTED.includes(action) || row.step === 'approved') &&
      row.campaign === first?.campaign &&
      (action !== 'handout' || row.unit === first.unit) &&
      (action !== 'aid' || row.forms !== 'money'),
  )
}

export interface ActForm {
  amount: string
  goods: string
  line: string
  reason: string
  document: string
  from: string
  to: string
  place: string
  issuer: string
  objectionsTo: string
  phone: string
  supervisingPhone: string
  address: string
  receivedBy: 'self' | 'proxy'
  authorisation: string
  aidForm: 'goods' | 'job' | 'training' | 'policy'
  item: string
  quantity: string
  measure: string
}

export const emptyForm = (): ActForm => ({
  amount: '', goods: '', line: '', reason: '', document: '', from: '', to: '', place: '', issuer: '', objectionsTo: '', phone: '', supervisingPhone: '', address: '', receivedBy: 'self', authorisation: '',
  aidForm: 'goods', item: '', quantity: '1', measure: '',
})

const category = (row: Case) =>
  session.campaigns.find((each) => each.campaign === row.campaign)?.policy.categories.find((each) => each.code === row.category)

const formsOf = (row: Case): string[] => row.forms.split(',')

/** Whether goods are asked for: an approval then names the value up to which they are approved. */
export const withGoods = (row: Case): boolean => formsOf(row).includes('goods')

/** What a case would be approved with: what the officer typed, or its category's standard, or what was asked. */
export const approvedFen = (row: Case, form: ActForm): number | null =>
  !formsOf(row).includes('money') ? 0 : form.amount.trim() === '' ? (category(row)?.standard_fen ?? row.asked_fen) : fen(form.amount)

/** The line that would pay it: the one picked, or its category's, or the only one. */
export function lineOf(row: Case, form: ActForm): string {
  const lines = session.campaigns.find((each) => each.campaign === row.campaign)?.policy.lines ?? []
  return form.line || (category(row)?.line ?? (lines.length === 1 ? lines[0]!.code : ''))
}

export const unpaid = (row: Case): number => row.approved_fen - row.kept_fen

/** How much an action takes from each line, or from what a unit holds. */
export function taken(action: Action, rows: Case[], form: ActForm): Map<string, number> {
  const sums = new Map<string, number>()
  for (const row of rows) {
    const line = action === 'approve' ? lineOf(row, form) : (row.line ?? '')
    const amount = action === 'approve' ? (approvedFen(row, form) ?? 0) : unpaid(row)
    sums.set(line, (sums.get(line) ?? 0) + amount)
  }
  return sums
}

export function complete(action: Action, rows: Case[], form: ActForm): boolean {
  switch (action) {
    case 'confirm':
      return true
    case 'notice':
      return form.from !== '' && form.to !== '' && form.place.trim() !== '' && (!saysWho(form) || isReached(form))
    case 'approve':
      return rows.every(
        (row) =>
          (!formsOf(row).includes('money') || ((approvedFen(row, form) ?? 0) > 0 && lineOf(row, form) !== '')) &&
          (!withGoods(row) || (fen(form.goods) ?? 0) > 0),
      )
    case 'reject':
    case 'revoke':
      return form.reason.trim() !== ''
    case 'pay':
      return form.document.trim() !== ''
    case 'absent':
      return true
    case 'handout':
      return form.receivedBy === 'self' || form.authorisation.trim() !== ''
    case 'aid':
      return (
        (form.receivedBy === 'self' || form.authorisation.trim() !== '') && form.item.trim() !== '' && form.measure.trim() !== '' && Number.isSafeInteger(Number(form.quantity)) &&
        Number(form.quantity) > 0 && (form.aidForm !== 'goods' || fen(form.amount) !== null)
      )
  }
}

type Translate = (key: string, named?: Record<string, unknown>) => string

/** The statements of an action, each with what it says in plain words. */
export function said(action: Action, rows: Case[], form: ActForm, t: Translate): Said[] {
  return action === 'notice' ? notices(rows, form, t) : rows.map((row) => saidOf(action, row, form, t))
}

/** Whether anything is said of who posts a notice and who is reached how; then all of it is. */
const saysWho = (form: ActForm): boolean =>
  [form.issuer, form.objectionsTo, form.phone, form.supervisingPhone, form.address].some((each) => each.trim() !== '')
const PHONE = /^[0-9][0-9 -]{4,23}[0-9]$/
const isReached = (form: ActForm): boolean =>
  form.issuer.trim() !== '' && form.objectionsTo.trim() !== '' && PHONE.test(form.phone.trim()) && PHONE.test(form.supervisingPhone.trim())

function contacts(form: ActForm) {
  if (!saysWho(form)) return {}
  return {
    contacts: {
      issuer: form.issuer.trim(), objections_to: form.objectionsTo.trim(), phone: form.phone.trim(), supervising_phone: form.supervisingPhone.trim(),
      ...(form.address.trim() === '' ? {} : { address: form.address.trim() }),
    },
  }
}

/** One notice for each unit's cases. */
function notices(rows: Case[], form: ActForm, t: Translate): Said[] {
  const units = new Map<string, Case[]>()
  for (const row of rows) units.set(row.unit, [...(units.get(row.unit) ?? []), row])
  return [...units].map(([unit, of]) => ({
    draft: {
      type: 'NoticePosted.v1',
      body: {
        campaign: of[0]!.campaign, unit, cases: of.map((row) => row.case_id), start: form.from, end: form.to, place: form.place.trim(),
        ...contacts(form),
      },
    },
    words:
      t('words.NoticePosted', { count: of.length, start: form.from, end: form.to, place: form.place }) +
      (saysWho(form)
        ? t('words.NoticeContacts', { issuer: form.issuer, who: form.objectionsTo, phone: form.phone, supervising: form.supervisingPhone })
        : ''),
  }))
}

/** Who took it, where that was a proxy: with the authorisation. */
const receipt = (form: ActForm) =>
  form.receivedBy === 'proxy' ? { receipt: { received_by: 'proxy', authorisation: { number: form.authorisation.trim() } } } : {}

/** The dossier that is shown, and its version: what is confirmed, approved and paid is that and no other. */
const basis = (row: Case) => ({ dossier: row.dossier, version: row.dossier_version })
const paidOn = (row: Case) => ({ dossier: row.dossier, dossier_version: row.dossier_version })

function saidOf(action: Exclude<Action, 'notice'>, row: Case, form: ActForm, t: Translate): Said {
  const of = { campaign: row.campaign, unit: row.unit, case: row.case_id }
  const name = `${row.masked_name}（${unitName(row.unit)}）`
  switch (action) {
    case 'confirm':
      return {
        draft: { type: 'Confirmed.v1', body: { ...of, basis: basis(row) } },
        words: t(row.state === 'suspended' ? 'words.ConfirmedAgain' : 'words.Confirmed', { name }),
      }
    case 'approve': {
      const forms = formsOf(row)
      const amount = approvedFen(row, form) ?? 0
      const line = lineOf(row, form)
      const money = forms.includes('money') ? { line, amount_fen: amount } : {}
      const goods = withGoods(row) ? { goods_fen: fen(form.goods) ?? 0 } : {}
      const others = forms
        .filter((each) => each !== 'money')
        .map((each) => (each === 'goods' ? t('words.goodsUpTo', { value: yuan(fen(form.goods) ?? 0) }) : t(`forms.${each}`)))
      return {
        draft: { type: 'Approved.v1', body: { ...of, forms, ...money, ...goods, basis: basis(row) } },
        words: forms.includes('money')
          ? t('words.Approved', { name, amount: yuan(amount), line: lineTitle(row.campaign, line) }) + (others.length > 0 ? `；${others.join('、')}` : '')
          : t('words.ApprovedForms', { name, forms: others.join('、') }),
      }
    }
    case 'reject':
      return {
        draft: { type: 'Rejected.v1', body: { ...of, reason: form.reason.trim() } },
        words: t('words.Rejected', { name, reason: form.reason }),
      }
    case 'revoke': {
      // An approval is taken back by those who may give it; a unit takes back its own nomination.
      const target = row.step.startsWith('approved') && has('approver', 'inspector') ? 'approval' : 'nomination'
      return {
        draft: { type: 'Revoked.v1', body: { ...of, target, reason: form.reason.trim() } },
        words: t('words.Revoked', { name, target: t(`words.${target}`), reason: form.reason }),
      }
    }
    case 'pay':
      return {
        draft: {
          type: 'Disbursed.v1',
          body: { ...of, ...paidOn(row), line: row.line ?? '', amount_fen: unpaid(row), document: { number: form.document.trim() } },
        },
        words: t('words.Disbursed', {
          name, amount: yuan(unpaid(row)), line: lineTitle(row.campaign, row.line), document: form.document,
        }),
      }
    case 'handout': {
      return {
        draft: {
          type: 'Disbursed.v1',
          body: {
            ...of, ...paidOn(row), line: row.line ?? '', amount_fen: unpaid(row), source: 'drawn', method: 'cash',
            ...receipt(form),
          },
        },
        words: t(form.receivedBy === 'proxy' ? 'words.HandedToProxy' : 'words.HandedOut', {
          name, amount: yuan(unpaid(row)), line: lineTitle(row.campaign, row.line), document: form.authorisation,
        }),
      }
    }
    case 'absent': {
      const note = form.reason.trim()
      return {
        draft: { type: 'RecipientAbsent.v1', body: { ...of, note: note === '' ? undefined : note } },
        words: t('words.RecipientAbsent', { name, note: note || '—' }),
      }
    }
    case 'aid': {
      const value = form.aidForm === 'goods' ? (fen(form.amount) ?? 0) : undefined
      return {
        draft: {
          type: 'AidDelivered.v1',
          body: {
            ...of, ...paidOn(row), form: form.aidForm,
            items: [{ name: form.item.trim(), quantity: Number(form.quantity), measure: form.measure.trim(), value_fen: value }],
            ...(form.document.trim() === '' ? {} : { document: { number: form.document.trim() } }), ...receipt(form),
          },
        },
        words: t('words.AidDelivered', {
          name, form: t(`forms.${form.aidForm}`), item: `${form.item} ${form.quantity} ${form.measure}`, value: yuan(value),
          received: form.receivedBy === 'proxy' ? t('words.byProxy', { document: form.authorisation }) : t('words.bySelf'),
        }),
      }
    }
  }
}
