/** A photo of a receipt (签收单照片): made small, hashed into the statement, kept on the device until it is saved. */

import { fromBase64, sha256, toBase64, toHex, type Bytes } from '../signing/bytes'
import type { OfficerKey } from '../signing/keys'
import { drop, keep, keptAll } from './device'

const LONGEST_SIDE = 1_600
const QUALITY = 0.8
const PHOTOS = 'photo/'

/** A picture as it is kept; `digest` is the SHA-256 of just these bytes. */
export interface Photo {
  digest: string
  /** Whose receipt it shows, as people file it. */
  title: string
  jpeg: string
}

/** A picture from the camera, no larger than a receipt needs; raises where it is no picture. */
export async function photographed(file: Blob, title: string): Promise<Photo> {
  const picture = await createImageBitmap(file)
  const scale = Math.min(1, LONGEST_SIDE / Math.max(picture.width, picture.height))
  const canvas = new OffscreenCanvas(Math.round(picture.width * scale), Math.round(picture.height * scale))
  canvas.getContext('2d')!.drawImage(picture, 0, 0, canvas.width, canvas.height)
  const jpeg = new Uint8Array(await (await canvas.convertToBlob({ type: 'image/jpeg', quality: QUALITY })).arrayBuffer()) as Bytes
  return { digest: toHex(await sha256(jpeg)), title, jpeg: toBase64(jpeg) }
}

export const keepPhoto = (key: OfficerKey, photo: Photo): Promise<void> => keep(key, PHOTOS + photo.digest, photo)
export const keptPhotos = (key: OfficerKey): Promise<Photo[]> => keptAll<Photo>(key, PHOTOS)
export const dropPhoto = (keyid: string, photo: Photo): Promise<void> => drop(keyid, PHOTOS + photo.digest)

/** As it is saved: by whose receipt it is, and its hash, by which the entry names it. */
export const fileOf = (photo: Photo): { name: string; file: Blob } => ({
  name: `${photo.title}-${photo.digest.slice(0, 8)}.jpg`, file: new Blob([fromBase64(photo.jpeg)], { type: 'image/jpeg' }),
})
