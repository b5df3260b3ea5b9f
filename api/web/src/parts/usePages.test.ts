// @vitest-environment happy-dom
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { createApp, defineComponent, h, nextTick, ref, type App } from 'vue'
import { i18n } from '../i18n'
import LoadMore from './LoadMore.vue'
import { usePages, type Pages } from './usePages'

interface Answered { position: number; rows: number[]; next: number | null; total?: number | null }

/** A list of so many numbers, two at a time, as the service cuts it. */
function cut(count: number, after: number, withTotal: boolean): Answered {
  const rows = Array.from({ length: count }, (_, index) => index + 1).filter((each) => each > after).slice(0, 2)
  const last = rows.at(-1) ?? 0
  return { position: 1, rows, next: last < count ? last : null, ...(withTotal && after === 0 ? { total: count } : {}) }
}

let app: App
let pages: Pages<number>
let host: HTMLElement

function shown(question: (after: string | number | null) => Promise<Answered>, ...watched: (() => unknown)[]): void {
  host = document.createElement('div')
  app = createApp(
    defineComponent({
      setup() {
        pages = usePages<number>(question, ...watched)
        return () => h('div', [h('ol', pages.rows.value.map((each) => h('li', String(each)))), h(LoadMore<number>, { pages })])
      },
    }),
  )
  app.use(i18n).mount(host)
}
const settled = async (): Promise<void> => { await vi.waitFor(() => { if (pages.loading.value || pages.adding.value) throw new Error('under way') }); await nextTick() }
const items = (): string[] => [...host.querySelectorAll('li')].map((each) => each.textContent)
const said = (): string => host.querySelector('[data-test=loaded]')?.textContent.trim() ?? ''
const button = (): HTMLButtonElement | null => host.querySelector('[data-test=more]')

beforeEach(() => { i18n.global.locale.value = 'zh' })
afterEach(() => { app.unmount() })

describe('a list that comes in pages', () => {
  it('says how much of it is here, and brings the rest', async () => {
    shown((after) => Promise.resolve(cut(5, Number(after ?? 0), true)))
    await settled()
    expect(items()).toEqual(['1', '2'])
    expect(said()).toBe('已载入 2 行，共 5 行')
    button()!.click()
    await settled()
    expect(items()).toEqual(['1', '2', '3', '4'])
    expect(said()).toBe('已载入 4 行，共 5 行')
    button()!.click()
    await settled()
    expect(items()).toEqual(['1', '2', '3', '4', '5'])
    expect(button()).toBeNull()
  })

  it('says that there is more where nobody counted', async () => {
    shown((after) => Promise.resolve(cut(3, Number(after ?? 0), false)))
    await settled()
    expect(said()).toBe('已载入 2 行，其后还有')
    i18n.global.locale.value = 'en'
    await nextTick()
    expect(said()).toBe('2 loaded, there are more')
  })

  it('is whole on one page', async () => {
    shown((after) => Promise.resolve(cut(2, Number(after ?? 0), false)))
    await settled()
    expect(said()).toBe('已载入 2 行，共 2 行')
    expect(button()).toBeNull()
  })

  it('keeps what came when the next page does not come', async () => {
    let broken = false
    shown((after) => (broken ? Promise.reject(new Error('gone')) : Promise.resolve(cut(5, Number(after ?? 0), true))))
    await settled()
    broken = true
    button()!.click()
    await settled()
    expect(items()).toEqual(['1', '2'])
    expect(host.querySelector('[role=alert]')).not.toBeNull()
    broken = false
    button()!.click()
    await settled()
    expect(items()).toEqual(['1', '2', '3', '4'])
    expect(host.querySelector('[role=alert]')).toBeNull()
  })

  it('begins anew with another question, and drops a page of the one before', async () => {
    const count = ref(5)
    let release: (() => void) | null = null
    shown(
      (after) => {
        const answer = cut(count.value, Number(after ?? 0), true)
        return after === null ? Promise.resolve(answer) : new Promise((resolve) => { release = () => resolve(answer) })
      },
      () => count.value,
    )
    await settled()
    button()!.click()
    await nextTick()
    count.value = 1
    await vi.waitFor(() => { expect(items()).toEqual(['1']) })
    release!()
    await settled()
    expect(items()).toEqual(['1'])
    expect(said()).toBe('已载入 1 行，共 1 行')
  })
})
