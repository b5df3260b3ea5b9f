// @vitest-environment happy-dom
import { expect, it } from 'vitest'
import { createApp, h, nextTick, ref } from 'vue'
import { i18n } from '../i18n'
import BankMapping, { type BankChoices } from './BankMapping.vue'

it('says of each column what it is, and takes a word once', async () => {
  const choices = ref<BankChoices>({ columns: {}, words: {}, payouts: {} })
  const host = document.body.appendChild(document.createElement('div'))
  const columns = {
    columns: [
      { column: 'A', heading: '对方甲', field: null, samples: ['刘某'] },
      { column: 'B', heading: '', field: 'account', samples: ['6228***'] },
    ],
    fields: ['account', 'name', '-'],
  }
  const app = createApp({
    render: () =>
      h(BankMapping, { columns, words: ['妥'], modelValue: choices.value, 'onUpdate:modelValue': (next: BankChoices) => (choices.value = next) }),
  })
  app.use(i18n).mount(host)
  await nextTick()
  expect(host.querySelector('[data-test=bank-column-A]')?.textContent).toContain('对方甲')
  expect(host.querySelector('[data-test=bank-column-B]')?.textContent).toContain('6228***')
  host.querySelector<HTMLInputElement>('[data-test=bank-word] input[value=paid]')!.click()
  await nextTick()
  expect(choices.value.words).toEqual({ 妥: 'paid' })
  app.unmount()
  host.remove()
})
