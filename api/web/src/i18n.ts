import { createI18n } from 'vue-i18n'
import en from './texts/en'
import zh from './texts/zh'

export type Language = 'zh' | 'en'

const KEPT = 'songnuan-language'

export const i18n = createI18n({
  legacy: false,
  locale: (localStorage.getItem(KEPT) as Language | null) ?? 'zh',
  fallbackLocale: 'zh',
  messages: { zh, en },
})

export function speak(language: Language): void {
  i18n.global.locale.value = language
  localStorage.setItem(KEPT, language)
  document.documentElement.lang = language === 'zh' ? 'zh-CN' : 'en'
}
