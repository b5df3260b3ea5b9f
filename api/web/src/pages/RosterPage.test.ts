// @vitest-environment happy-dom
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { createApp, h, type App } from 'vue'
import { createMemoryHistory, createRouter } from 'vue-router'
import { i18n } from '../i18n'
import { session } from '../session'
import RosterPage from './RosterPage.vue'

vi.mock('../columns', async (original) => {
  const { columns } = await original<typeof import('../columns')>()
  return { columns: { ...columns, ListedCase: [...columns.ListedCase, { name: 'village', kind: 'text', zh: '村', en: 'village' }] } }
})
const saved = vi.hoisted(() => ({ headings: [] as string[], rows: [] as unknown[][] }))
vi.mock('../csv', () => ({
  saveCsv: (_: string, headings: string[], rows: unknown[][]) => Object.assign(saved, { headings, rows }),
}))

const CASE = {
  case_id: 'c1', campaign: 'b2026', unit: 'tea', masked_name: '刘*', category_title: '困难职工', state: 'approved', line: null,
  asked_fen: 50000, approved_fen: 50000, kept_fen: 0, nominated_on: '2026-01-12', absences: 0, village: '桃花村',
}
const ANSWERS: Record<string, unknown> = { '/roster': { position: 1, rows: [CASE], next: null }, '/criteria': {} }

let app: App
let host: HTMLElement

beforeEach(async () => {
  vi.stubGlobal('fetch', (path: string) =>
    Promise.resolve(new Response(JSON.stringify(ANSWERS[path.split('?')[0]!] ?? { position: 1, rows: [] }))),
  )
  Object.assign(session, { officer: { officer: 'clerk', name: '', unit: 'tea', key: '', roles: ['clerk'], grants: [], csrf: '' }, head: 1 })
  const router = createRouter({ history: createMemoryHistory(), routes: [{ path: '/', name: 'roster', component: RosterPage }] })
  host = document.body.appendChild(document.createElement('div'))
  app = createApp({ render: () => h(RosterPage) })
  app.use(i18n).use(router).mount(host)
  await router.isReady()
  await vi.waitFor(() => { if (host.querySelector('.el-table__body tbody tr') === null) throw new Error('no row yet') })
})
afterEach(() => {
  app.unmount()
  host.remove()
  vi.unstubAllGlobals()
})

const texts = (selector: string): string[] => [...host.querySelectorAll(selector)].map((each) => (each.textContent ?? '').trim())

it('lists a column that is declared, on the page and in the file', () => {
  const headings = texts('[data-test=roster] .el-table__header th .cell')
  expect(headings).toContain('批准（元）')
  expect(headings.at(-1)).toBe('村')
  expect(texts('[data-test=roster] .el-table__body td .cell').at(-1)).toBe('桃花村')
  host.querySelector<HTMLElement>('[data-test=export]')!.click()
  const row = Object.fromEntries(saved.headings.map((name, index) => [name, saved.rows[0]![index]]))
  expect(row).toMatchObject({ 姓名或名称: '刘*', '批准（元）': '500.00', 资金项目: '', 村: '桃花村' })
})
