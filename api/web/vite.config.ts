import vue from '@vitejs/plugin-vue'
import { defineConfig } from 'vite'
import { shell, WORKER } from './shell_plugin.ts'

export default defineConfig({
  base: '/app/',
  plugins: [vue(), shell()],
  build: {
    target: 'es2022', chunkSizeWarningLimit: 1200, reportCompressedSize: false,
    rolldownOptions: {
      input: { index: 'index.html', [WORKER]: 'src/offline/service_worker.ts' },
      output: { entryFileNames: (chunk) => (chunk.name === WORKER ? `${WORKER}.js` : 'assets/[name]-[hash].js') },
    },
  },
})
