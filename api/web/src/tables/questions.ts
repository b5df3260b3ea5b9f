/** The questions that a table asks, with what is answered to each. */

import { get, send, type Parameters, type Schemas } from '../api'

/** The rows of each table. */
export interface RowOf {
  cases: Schemas['ListedCase']
  dossiers: Schemas['ListedDossier']
  payouts: Schemas['ListedPayout']
  flags: Schemas['TabledFlag']
  events: Schemas['EventRow']
  postings: Schemas['TabledPosting']
  holdings: Schemas['TabledHolding']
  'bank-lines': Schemas['TabledBankLine']
  'statement-entries': Schemas['TabledStatementEntry']
  vouchers: Schemas['TabledVoucher']
  'bank-days': Schemas['TabledDay']
  'payment-files': Schemas['TabledPaymentFile']
  'account-statements': Schemas['TabledStatement']
  samples: Schemas['ListedSample']
  slips: Schemas['TabledSlip']
  lists: Schemas['ListedRegister']
  'collective-help': Schemas['ListedHelp']
  pairs: Schemas['TabledPair']
  'list-hits': Schemas['TabledHit']
  investigations: Schemas['TabledInvestigation']
  rectifications: Schemas['TabledRectification']
  handovers: Schemas['HandoverShown']
  'outside-cases': Schemas['OutsideCaseShown']
  objections: Schemas['TabledObjection']
  changes: Schemas['TabledChange']
  access: Schemas['TabledAccess']
  officers: Schemas['TabledOfficer']
  keys: Schemas['TabledKey']
}

type Page = Omit<Schemas['TablePage'], 'rows'> & Record<'rows', unknown[]>

export const pageOf = async (table: string, asked: Parameters): Promise<Page> => (await get(`/tables/${table}`, asked)) as unknown as Page
export const totalsOf = async (table: string, asked: Parameters): Promise<Schemas['TableTotals']> =>
  (await get(`/tables/${table}/totals`, asked)) as unknown as Schemas['TableTotals']
export const beginExport = async (table: string, asked: Parameters, csrf: string | undefined): Promise<Schemas['ExportAnswer']> =>
  (await send('POST', `/tables/${table}/exports`, undefined, csrf, asked)) as unknown as Schemas['ExportAnswer']
export const keptViews = async (): Promise<Schemas['KeptView'][]> => get('/table-views')
export const keepView = (table: string, view: Schemas['ToKeep'], csrf: string | undefined): Promise<unknown> => send('POST', `/table-views/${table}`, view, csrf)
export const dropView = (table: string, name: string, csrf: string | undefined): Promise<unknown> => send('DELETE', `/table-views/${table}`, undefined, csrf, { name })
export const exportNumbered = async (number: string): Promise<Schemas['ExportAnswer']> => (await get(`/exports/${number}`)) as unknown as Schemas['ExportAnswer']
