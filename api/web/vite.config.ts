import vue from '@vitejs/plugin-vue'
import { defineConfig } from 'vite'

export default defineConfig({
  base: '/app/',
  plugins: [vue()],
  build: { target: 'es2022', chunkSizeWarningLimit: 1200, reportCompressedSize: false },
})
