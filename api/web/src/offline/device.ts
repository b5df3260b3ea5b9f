/** What this browser keeps of an officer's for times without a line: sealed under the officer's own key, in IndexedDB. */

import { utf8, type Bytes } from '../signing/bytes'
import { KeyTrouble, type OfficerKey } from '../signing/keys'

/** One sealed value; `place` is the key's id and the value's name, to which the box is bound. */
interface Sealed {
  place: string
  nonce: Bytes
  box: ArrayBuffer
}

const placeOf = (keyid: string, name: string): string => `${keyid}/${name}`
const within = (keyid: string, prefix: string): IDBKeyRange => IDBKeyRange.bound(placeOf(keyid, prefix), `${placeOf(keyid, prefix)}\uffff`)

function store(): Promise<IDBDatabase> {
  return new Promise((resolve, reject) => {
    const request = indexedDB.open('songnuan-device', 1)
    request.onupgradeneeded = () => request.result.createObjectStore('sealed', { keyPath: 'place' })
    request.onsuccess = () => resolve(request.result)
    request.onerror = () => reject(request.error)
  })
}

async function inStore<T>(mode: IDBTransactionMode, ask: (sealed: IDBObjectStore) => IDBRequest<T>): Promise<T> {
  const database = await store()
  try {
    return await new Promise((resolve, reject) => {
      const transaction = database.transaction('sealed', mode)
      const request = ask(transaction.objectStore('sealed'))
      transaction.oncomplete = () => resolve(request.result)
      transaction.onabort = () => reject(transaction.error)
    })
  } finally {
    database.close()
  }
}

function keyTo(key: OfficerKey): CryptoKey {
  if (key.keeping === null) throw new KeyTrouble('cannot-keep')
  return key.keeping
}

/** Keeps a value under a name, in the place of the one before; done only once the disk has it. */
export async function keep(key: OfficerKey, name: string, value: unknown): Promise<void> {
  const place = placeOf(key.keyid, name)
  const nonce = crypto.getRandomValues(new Uint8Array(12))
  const how = { name: 'AES-GCM', iv: nonce, additionalData: utf8(place) }
  const box = await crypto.subtle.encrypt(how, keyTo(key), utf8(JSON.stringify(value)))
  await inStore('readwrite', (sealed) => sealed.put({ place, nonce, box } satisfies Sealed))
}

async function opened<T>(key: OfficerKey, sealed: Sealed): Promise<T> {
  const how = { name: 'AES-GCM', iv: sealed.nonce, additionalData: utf8(sealed.place) }
  return JSON.parse(new TextDecoder().decode(await crypto.subtle.decrypt(how, keyTo(key), sealed.box))) as T
}

/** The value of that name; null where none is kept. */
export async function kept<T>(key: OfficerKey, name: string): Promise<T | null> {
  const found = await inStore<Sealed | undefined>('readonly', (sealed) => sealed.get(placeOf(key.keyid, name)))
  return found === undefined ? null : opened<T>(key, found)
}

/** All values whose names begin so, in the order of their names. */
export async function keptAll<T>(key: OfficerKey, prefix: string): Promise<T[]> {
  const found = await inStore<Sealed[]>('readonly', (sealed) => sealed.getAll(within(key.keyid, prefix)))
  return Promise.all(found.map((each) => opened<T>(key, each)))
}

/** How many there are: known without the key. */
export const countKept = (keyid: string, prefix: string): Promise<number> => inStore('readonly', (sealed) => sealed.count(within(keyid, prefix)))

export async function drop(keyid: string, name: string): Promise<void> {
  await inStore('readwrite', (sealed) => sealed.delete(placeOf(keyid, name)))
}

/** Drops all that is kept for a key. */
export async function dropAll(keyid: string): Promise<void> {
  await inStore('readwrite', (sealed) => sealed.delete(within(keyid, '')))
}
