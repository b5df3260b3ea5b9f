// @vitest-environment happy-dom
import { expect, it, vi } from 'vitest'
import { createApp, h, nextTick } from 'vue'
import { i18n } from '../i18n'
import FilePicker from './FilePicker.vue'

it('says its own words, names the file, and takes the same one again', async () => {
  const chosen = vi.fn()
  const host = document.body.appendChild(document.createElement('div'))
  const app = createApp({ render: () => h(FilePicker, { label: '名单文件', accept: '.xlsx', 'data-test': 'one', onChosen: chosen }) })
  app.use(i18n).mount(host)
  expect(host.textContent).toContain('名单文件')
  expect(host.textContent).toContain('选择文件')
  expect(host.textContent).toContain('未选择文件')
  const field = host.querySelector<HTMLInputElement>('input[data-test=one]')!
  const file = new File(['x'], '名单.xlsx')
  for (let turn = 1; turn <= 2; turn += 1) {
    Object.defineProperty(field, 'files', { value: [file], configurable: true })
    field.dispatchEvent(new Event('change'))
    await nextTick()
    expect(chosen).toHaveBeenCalledTimes(turn)
    expect(field.value).toBe('')
  }
  expect(chosen).toHaveBeenLastCalledWith(file)
  expect(host.textContent).toContain('名单.xlsx')
  app.unmount()
  host.remove()
})
