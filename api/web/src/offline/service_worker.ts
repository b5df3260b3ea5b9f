/** The service worker: keeps the pages' shell, and answers with it where the line does not. What is asked of the ledger passes it by. */

/** What the build puts in the place of these names: the files of the shell, and a name for just these. */
declare const __SHELL__: string[]
declare const __SHELL_NAME__: string

interface Lasting extends Event {
  waitUntil(work: Promise<unknown>): void
}
interface Fetching extends Event {
  request: Request
  respondWith: (answer: Promise<Response>) => void
}
const worker = self as unknown as EventTarget & { skipWaiting(): Promise<void>; clients: { claim(): Promise<void> }; location: Location }

const PAGE = '/app/'
const OURS = 'songnuan-shell-'
const NAME = OURS + __SHELL_NAME__
/** A line that is so slow is none. */
const PATIENCE_MS = 4_000

async function fill(): Promise<void> {
  await (await caches.open(NAME)).addAll([PAGE, ...__SHELL__])
  await worker.skipWaiting()
}

async function tidy(): Promise<void> {
  const names = await caches.keys()
  await Promise.all(names.filter((name) => name.startsWith(OURS) && name !== NAME).map((name) => caches.delete(name)))
  await worker.clients.claim()
}

/** The page as the service has it now; else as it was kept. */
async function page(request: Request): Promise<Response> {
  const kept = await (await caches.open(NAME)).match(PAGE)
  try {
    const answer = await fetch(request, kept === undefined ? {} : { signal: AbortSignal.timeout(PATIENCE_MS) })
    return kept !== undefined && answer.status >= 500 ? kept : answer
  } catch (error) {
    if (kept === undefined) throw error
    return kept
  }
}

const file = async (request: Request): Promise<Response> => (await (await caches.open(NAME)).match(request)) ?? fetch(request)

worker.addEventListener('install', (event) => (event as Lasting).waitUntil(fill()))
worker.addEventListener('activate', (event) => (event as Lasting).waitUntil(tidy()))
worker.addEventListener('fetch', (event) => {
  const { request } = event as Fetching
  const address = new URL(request.url)
  if (request.method !== 'GET' || address.origin !== worker.location.origin) return
  if (request.mode === 'navigate' && address.pathname.startsWith(PAGE)) (event as Fetching).respondWith(page(request))
  else if (__SHELL__.includes(address.pathname)) (event as Fetching).respondWith(file(request))
})
