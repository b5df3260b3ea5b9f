import { createApp } from 'vue'
import 'element-plus/dist/index.css'
import './style.css'
import App from './App.vue'
import { i18n, speak, type Language } from './i18n'
import { router } from './router'

speak(i18n.global.locale.value as Language)
createApp(App).use(i18n).use(router).mount('#app')
