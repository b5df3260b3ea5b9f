/** The shell of the pages kept by a service worker, so that the address opens without a line. */

/** Where the service serves the worker from; its scope is all that lies below `/app/`. */
const WORKER = '/app/service-worker.js'

/** Has the browser keep the shell; whether it can: it takes a secure address (https, or this machine's own). */
export async function keepShell(): Promise<boolean> {
  if (!('serviceWorker' in navigator)) return false
  await navigator.serviceWorker.register(WORKER)
  await navigator.serviceWorker.ready
  return true
}
