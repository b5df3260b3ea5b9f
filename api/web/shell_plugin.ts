/** Builds the service worker: which files are the shell of the pages that work without a line. */

import { createHash } from 'node:crypto'
import type { Plugin } from 'vite'

/** The pages that open without a line. */
const PAGES = ['pages/HandoutPage.vue', 'pages/KeyPage.vue']
const BASE = '/app/'

export const WORKER = 'service-worker'

interface Chunk {
  type: string
  isEntry?: boolean
  name?: string
  code?: string
  imports?: string[]
  facadeModuleId?: string | null
  viteMetadata?: { importedCss: Set<string> }
}

/** The files that a page needs before it can be drawn: entries, with all that they import at once. */
function shellOf(bundle: Record<string, Chunk>): string[] {
  const found = new Set<string>()
  const add = (file: string): void => {
    const chunk = bundle[file]
    if (chunk === undefined || found.has(file)) return
    found.add(file)
    for (const each of chunk.imports ?? []) add(each)
    for (const each of chunk.viteMetadata?.importedCss ?? []) found.add(each)
  }
  for (const [file, chunk] of Object.entries(bundle)) {
    const isPage = PAGES.some((page) => chunk.facadeModuleId?.endsWith(page))
    if (chunk.type === 'chunk' && chunk.name !== WORKER && (chunk.isEntry || isPage)) add(file)
  }
  return [...found].sort().map((file) => BASE + file)
}

export const shell = (): Plugin => ({
  name: 'songnuan-shell',
  enforce: 'post',
  generateBundle(_, bundle) {
    const files = bundle as unknown as Record<string, Chunk>
    const worker = files[`${WORKER}.js`]
    if (worker?.code === undefined) throw new Error('the service worker was not built')
    const list = JSON.stringify(shellOf(files))
    const name = createHash('sha256').update(list).digest('hex').slice(0, 16)
    worker.code = worker.code.replaceAll('__SHELL_NAME__', JSON.stringify(name)).replaceAll('__SHELL__', list)
  },
})
