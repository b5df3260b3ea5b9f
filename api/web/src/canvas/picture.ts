/** A chart as a picture (PNG): the drawing with the styles that it has on the page. */

const STYLED = ['fill', 'stroke', 'stroke-width', 'font-size', 'font-weight', 'font-family', 'text-anchor', 'paint-order']

export async function pictureOf(svg: SVGSVGElement): Promise<Blob> {
  const copy = svg.cloneNode(true) as SVGSVGElement
  const from = [svg, ...svg.querySelectorAll('*')]
  const to = [copy, ...copy.querySelectorAll('*')] as SVGElement[]
  from.forEach((each, index) => {
    const style = getComputedStyle(each)
    // As attributes: the page's policy allows no styles in elements.
    for (const name of STYLED) to[index]!.setAttribute(name, style.getPropertyValue(name))
  })
  const [width, height] = [svg.clientWidth * 2, svg.clientHeight * 2]
  copy.setAttribute('width', String(width))
  copy.setAttribute('height', String(height))
  const image = new Image()
  image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(new XMLSerializer().serializeToString(copy))}`
  await image.decode()
  const canvas = document.createElement('canvas')
  Object.assign(canvas, { width, height })
  const paper = canvas.getContext('2d')
  if (paper === null) throw new Error('no 2d context')
  paper.fillStyle = getComputedStyle(svg).backgroundColor
  paper.fillRect(0, 0, width, height)
  paper.drawImage(image, 0, 0)
  return new Promise((done, failed) => canvas.toBlob((blob) => (blob === null ? failed(new Error('no picture')) : done(blob)), 'image/png'))
}
