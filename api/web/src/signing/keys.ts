/** Officers' keys in this browser: Ed25519 by WebCrypto, kept under a PIN in IndexedDB, never sent. */

import { fromBase64, joined, sha256, toBase64, toHex, utf8, type Bytes } from './bytes'
import { canonical, pae, type Signer } from './statement'

const ED25519 = { name: 'Ed25519' }
const SPKI_HEAD = Uint8Array.from([0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00])
const ROUNDS = 600_000

export interface OfficerKey extends Signer {
  publicKey: string
  handle: CryptoKey
  /** Seals what this browser keeps of the officer's; null for a key that was kept before there was one. */
  keeping: CryptoKey | null
}

export class KeyTrouble extends Error {}

/** Whether this browser can sign at all. */
export async function canSign(): Promise<boolean> {
  try {
    await crypto.subtle.generateKey(ED25519, false, ['sign', 'verify'])
    return true
  } catch {
    return false
  }
}

export async function keyIdOf(publicKey: Uint8Array): Promise<string> {
  return toHex(await sha256(SPKI_HEAD, publicKey))
}

/** A key of the officer's own for what is kept in this browser, out of the seed of the signing key (HKDF, RFC 5869). */
async function keepingKey(seed: Bytes): Promise<CryptoKey> {
  const how = { name: 'HKDF', hash: 'SHA-256', salt: new Uint8Array(), info: utf8('songnuan: kept in this browser') }
  const from = await crypto.subtle.importKey('raw', seed, 'HKDF', false, ['deriveKey'])
  return crypto.subtle.deriveKey(how, from, { name: 'AES-GCM', length: 256 }, false, ['encrypt', 'decrypt'])
}

function officerKey(handle: CryptoKey, publicKey: string, keyid: string, keeping: CryptoKey | null): OfficerKey {
  return {
    keyid,
    publicKey,
    handle,
    keeping,
    sign: async (message) => new Uint8Array(await crypto.subtle.sign(ED25519, handle, message)),
  }
}

export async function verify(publicKey: Bytes, message: Bytes, signature: Bytes): Promise<boolean> {
  const key = await crypto.subtle.importKey('raw', publicKey, ED25519, false, ['verify'])
  return crypto.subtle.verify(ED25519, key, signature, message)
}

export const POSSESSION_TYPE = 'application/vnd.songnuan.key-possession+json'

/** What an officer gives the registrar: the public key, and its own signature for this ledger and officer. */
export async function enrolmentCode(key: OfficerKey, ledger: string, officer: string): Promise<string> {
  const said = canonical({ ledger, officer, public_key: key.publicKey })
  return `${key.publicKey}.${toHex(await key.sign(pae(POSSESSION_TYPE, utf8(said))))}`
}

/** The file of a new key under a passphrase, to be kept as a backup. */
export async function makeKey(passphrase: string): Promise<string> {
  const pair = (await crypto.subtle.generateKey(ED25519, true, ['sign', 'verify'])) as CryptoKeyPair
  return encrypted(new Uint8Array(await crypto.subtle.exportKey('pkcs8', pair.privateKey)), passphrase)
}

/** A key file read: PKCS#8 PEM, encrypted or not. */
export async function readKey(pem: string, passphrase: string): Promise<OfficerKey> {
  return fromPkcs8(await pkcs8Of(pem, passphrase))
}

async function pkcs8Of(pem: string, passphrase: string): Promise<Bytes> {
  const body = /-----BEGIN (ENCRYPTED )?PRIVATE KEY-----([A-Za-z0-9+/=\s]+)-----END/.exec(pem)
  if (body === null) throw new KeyTrouble('not-a-key-file')
  const der = fromBase64(body[2]!.replace(/\s/g, ''))
  return body[1] === undefined ? der : decrypted(der, passphrase)
}

async function fromPkcs8(pkcs8: Bytes): Promise<OfficerKey> {
  let publicRaw: Bytes
  let seed: Bytes
  try {
    const open = await crypto.subtle.importKey('pkcs8', pkcs8, ED25519, true, ['sign'])
    const jwk = await crypto.subtle.exportKey('jwk', open)
    publicRaw = fromUrl64(jwk.x!)
    seed = fromUrl64(jwk.d!)
  } catch {
    throw new KeyTrouble('not-ed25519')
  }
  const handle = await crypto.subtle.importKey('pkcs8', pkcs8, ED25519, false, ['sign'])
  return officerKey(handle, toHex(publicRaw), await keyIdOf(publicRaw), await keepingKey(seed))
}

/** 32 bytes as a JWK has them: base64url without its padding. */
const fromUrl64 = (text: string): Bytes => fromBase64(text.replace(/-/g, '+').replace(/_/g, '/') + '=')

// --- PBES2: PBKDF2 with HMAC-SHA-256, AES-256-CBC (RFC 8018), as OpenSSL reads and writes it ------

const OID_PBES2 = '2a864886f70d01050d'
const OID_PBKDF2 = '2a864886f70d01050c'
const OID_HMAC_SHA256 = '2a864886f70d0209'
const OID_AES256_CBC = '60864801650304012a'

interface Der {
  tag: number
  value: Bytes
}

function parts(bytes: Bytes): Der[] {
  const found: Der[] = []
  for (let at = 0; at < bytes.length; ) {
    const tag = bytes[at]!
    let length = bytes[at + 1]!
    at += 2
    if (length > 127) {
      const size = length & 127
      length = bytes.slice(at, at + size).reduce((sum, byte) => sum * 256 + byte, 0)
      at += size
    }
    found.push({ tag, value: bytes.slice(at, at + length) })
    at += length
  }
  return found
}

function der(tag: number, ...values: Uint8Array[]): Bytes {
  const value = joined(...values)
  const length =
    value.length < 128
      ? [value.length]
      : value.length < 256
        ? [0x81, value.length]
        : [0x82, value.length >> 8, value.length & 255]
  return joined(Uint8Array.from([tag, ...length]), value)
}

const oid = (hex: string): Bytes => der(6, Uint8Array.from(hex.match(/../g)!, (pair) => parseInt(pair, 16)))

async function aesKey(passphrase: string, salt: Bytes, rounds: number): Promise<CryptoKey> {
  const word = await crypto.subtle.importKey('raw', utf8(passphrase), 'PBKDF2', false, ['deriveKey'])
  return crypto.subtle.deriveKey(
    { name: 'PBKDF2', hash: 'SHA-256', salt, iterations: rounds },
    word,
    { name: 'AES-CBC', length: 256 },
    false,
    ['encrypt', 'decrypt'],
  )
}

async function encrypted(pkcs8: Bytes, passphrase: string): Promise<string> {
  const salt = crypto.getRandomValues(new Uint8Array(16))
  const iv = crypto.getRandomValues(new Uint8Array(16))
  const key = await aesKey(passphrase, salt, ROUNDS)
  const box = new Uint8Array(await crypto.subtle.encrypt({ name: 'AES-CBC', iv }, key, pkcs8))
  const rounds = Uint8Array.from([ROUNDS >> 16, (ROUNDS >> 8) & 255, ROUNDS & 255])
  const kdf = der(
    0x30,
    oid(OID_PBKDF2),
    der(0x30, der(4, salt), der(2, rounds), der(0x30, oid(OID_HMAC_SHA256), der(5))),
  )
  const scheme = der(0x30, oid(OID_PBES2), der(0x30, kdf, der(0x30, oid(OID_AES256_CBC), der(4, iv))))
  const text = toBase64(der(0x30, scheme, der(4, box))).replace(/(.{64})(?=.)/g, '$1\n')
  return `-----BEGIN ENCRYPTED PRIVATE KEY-----\n${text}\n-----END ENCRYPTED PRIVATE KEY-----\n`
}

async function decrypted(file: Bytes, passphrase: string): Promise<Bytes> {
  try {
    const [scheme, box] = parts(parts(file)[0]!.value)
    const [kind, how] = parts(scheme!.value)
    const [kdf, cipher] = parts(how!.value)
    const [kdfKind, kdfHow] = parts(kdf!.value)
    const [salt, rounds, ...rest] = parts(kdfHow!.value)
    const [cipherKind, iv] = parts(cipher!.value)
    const hash = rest.find((part) => part.tag === 0x30)
    const supported =
      toHex(kind!.value) === OID_PBES2 &&
      toHex(kdfKind!.value) === OID_PBKDF2 &&
      hash !== undefined &&
      toHex(parts(hash.value)[0]!.value) === OID_HMAC_SHA256 &&
      toHex(cipherKind!.value) === OID_AES256_CBC
    if (!supported) throw new KeyTrouble('other-encryption')
    const count = rounds!.value.reduce((sum, byte) => sum * 256 + byte, 0)
    const key = await aesKey(passphrase, salt!.value, count)
    return new Uint8Array(
      await crypto.subtle.decrypt({ name: 'AES-CBC', iv: iv!.value }, key, box!.value),
    )
  } catch (error) {
    throw error instanceof KeyTrouble ? error : new KeyTrouble('wrong-passphrase')
  }
}

// --- Kept in this browser --------------------------------------------------------------------------

export const SHORTEST_PIN = 6
export const MOST_WRONG_PINS = 10

/**
 * A key as this browser keeps it: `box` is its file under the PIN, `wrong` how often in a row another
 * PIN was given. Keys kept before there were PINs, and those of a demonstration's officers, have a
 * `handle`, which signs but cannot be read, and no box; the latter a `keeping` beside it.
 */
export interface KeptKey {
  keyid: string
  publicKey: string
  box?: string
  wrong?: number
  handle?: CryptoKey
  keeping?: CryptoKey
}

function store(): Promise<IDBDatabase> {
  return new Promise((resolve, reject) => {
    const request = indexedDB.open('songnuan', 1)
    request.onupgradeneeded = () => request.result.createObjectStore('keys', { keyPath: 'keyid' })
    request.onsuccess = () => resolve(request.result)
    request.onerror = () => reject(request.error)
  })
}

async function inStore<T>(mode: IDBTransactionMode, ask: (keys: IDBObjectStore) => IDBRequest<T>): Promise<T> {
  const database = await store()
  return new Promise((resolve, reject) => {
    const request = ask(database.transaction('keys', mode).objectStore('keys'))
    request.onsuccess = () => resolve(request.result)
    request.onerror = () => reject(request.error)
  })
}

/** Keeps the key of a file under a PIN, which is asked for wherever the key signs. */
export async function keepKey(pem: string, passphrase: string, pin: string): Promise<OfficerKey> {
  if (pin.length < SHORTEST_PIN) throw new KeyTrouble('short-pin')
  const pkcs8 = await pkcs8Of(pem, passphrase)
  const key = await fromPkcs8(pkcs8)
  const box = await encrypted(pkcs8, pin)
  await put({ keyid: key.keyid, publicKey: key.publicKey, box, wrong: 0 })
  return key
}

/** Keeps the key of a demonstration's officer, which is everybody's. */
export async function keepDemoKey(pem: string): Promise<OfficerKey> {
  const key = await readKey(pem, '')
  await put({ keyid: key.keyid, publicKey: key.publicKey, handle: key.handle, ...(key.keeping === null ? {} : { keeping: key.keeping }) })
  return key
}

const put = (kept: KeptKey): Promise<unknown> => inStore('readwrite', (keys) => keys.put(kept))

export const keptKeys = (): Promise<KeptKey[]> => inStore<KeptKey[]>('readonly', (keys) => keys.getAll())

/** A kept key that needs no PIN; null for one that does. */
export const openKey = (kept: KeptKey): OfficerKey | null =>
  kept.handle === undefined ? null : officerKey(kept.handle, kept.publicKey, kept.keyid, kept.keeping ?? null)

/**
 * The key that is kept under a PIN. After `MOST_WRONG_PINS` others in a row the browser forgets it.
 * A try is counted before it is made, so that closing the page in between does not take it back.
 */
export async function unlockKey(keyid: string, pin: string): Promise<OfficerKey> {
  const kept = await inStore<KeptKey | undefined>('readonly', (keys) => keys.get(keyid))
  if (kept?.box === undefined) throw new KeyTrouble('not-kept')
  const wrong = (kept.wrong ?? 0) + 1
  await put({ ...kept, wrong })
  let key: OfficerKey
  try {
    key = await readKey(kept.box, pin)
  } catch {
    if (wrong < MOST_WRONG_PINS) throw new KeyTrouble('wrong-pin')
    await forgetKey(keyid)
    throw new KeyTrouble('forgotten')
  }
  await put({ ...kept, wrong: 0 })
  return key
}

export async function forgetKey(keyid: string): Promise<void> {
  await inStore('readwrite', (keys) => keys.delete(keyid))
}
