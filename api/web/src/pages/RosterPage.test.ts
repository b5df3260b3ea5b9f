// @vitest-environment happy-dom
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { createApp, h, type App } from 'vue'
import { createMemoryHistory, createRouter } from 'vue-router'
import { i18n } from '../i18n'
import { session } from '../session'
import RosterPage from './RosterPage.vue'

const CASE = {
  case_id: 'c1', campaign: 'b2026', unit: 'tea', masked_name: '刘*', category_title: '困难职工', state: 'approved', line: null,
  asked_fen: 50000, approved_fen: 50000, kept_fen: 0, nominated_on: '2026-01-12', absences: 0, village: '桃花村',
}
const column = (name: string, kind: string, zh: string) => ({ name, kind, title: { zh, en: name }, asked: true, grouped: false, summed: kind === 'fen', codes: null, titles: {} })
const TABLE = {
  name: 'cases', title: { zh: '名单', en: 'roster' }, key: 'case_id', sort: '',
  columns: [column('masked_name', 'text', '姓名或名称'), column('approved_fen', 'fen', '批准（元）'), column('village', 'text', '村')],
}
const ANSWERS: Record<string, unknown> = {
  '/tables': [TABLE], '/tables/cases': { position: 1, rows: [CASE], next: null, total: 1, sums: { approved_fen: 50000 } }, '/criteria': {},
}

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
  await vi.waitFor(() => { if (host.querySelector('[data-test=roster] .rows td') === null) throw new Error('no row yet') })
})
afterEach(() => {
  app.unmount()
  host.remove()
  vi.unstubAllGlobals()
})

const texts = (selector: string): string[] => [...host.querySelectorAll(selector)].map((each) => (each.textContent ?? '').trim())

it('lists a column that the server declares, with its figure', () => {
  expect(texts('[data-test=roster] thead th').at(-1)).toBe('村')
  expect(texts('[data-test=roster] thead th')).toContain('批准（元）')
  expect(texts('[data-test=roster] .rows td').at(-1)).toBe('桃花村')
  expect(texts('[data-test=roster] .rows td')).toContain('500.00')
})
