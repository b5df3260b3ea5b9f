/** The questions that a table asks, with what is answered to each. */

import { get, send, type Parameters, type Schemas } from '../api'

/** The rows of each table. */
export interface RowOf {
  cases: Schemas['ListedCase']
  dossiers: Schemas['ListedDossier']
  payouts: Schemas['ListedPayout']
  flags: Schemas['TabledFlag']
  events: Schemas['EventRow']
}

type Page = Omit<Schemas['TablePage'], 'rows'> & Record<'rows', unknown[]>

export const pageOf = async (table: string, asked: Parameters): Promise<Page> => (await get(`/tables/${table}`, asked)) as unknown as Page
export const totalsOf = async (table: string, asked: Parameters): Promise<Schemas['TableTotals']> =>
  (await get(`/tables/${table}/totals`, asked)) as unknown as Schemas['TableTotals']
export const beginExport = async (table: string, asked: Parameters, csrf: string | undefined): Promise<Schemas['ExportAnswer']> =>
  (await send('POST', `/tables/${table}/exports`, undefined, csrf, asked)) as unknown as Schemas['ExportAnswer']
export const exportNumbered = async (number: string): Promise<Schemas['ExportAnswer']> => (await get(`/exports/${number}`)) as unknown as Schemas['ExportAnswer']
