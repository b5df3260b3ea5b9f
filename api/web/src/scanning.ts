/** The text of a QR code in a picture; empty where there is none that can be read. */
export async function readQr(file: Blob): Promise<string> {
  const [{ default: decode }, picture] = await Promise.all([import('jsqr'), createImageBitmap(file)])
  const canvas = new OffscreenCanvas(picture.width, picture.height)
  const context = canvas.getContext('2d')!
  context.drawImage(picture, 0, 0)
  const { data, width, height } = context.getImageData(0, 0, picture.width, picture.height)
  return decode(data, width, height)?.data ?? ''
}
