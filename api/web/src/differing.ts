/** How two versions of a thing differ, leaf by leaf: the way to it, what stood there, what would. */

export interface Difference {
  path: (string | number)[]
  before: string
  after: string
}

const isPart = (value: unknown): value is Record<string, unknown> | unknown[] => value !== null && typeof value === 'object'
const isFlat = (value: unknown): boolean => !isPart(value) || (Array.isArray(value) && !value.some(isPart))
/** A leaf as it is compared and shown. */
export const said = (value: unknown): string => (value === undefined || value === null ? '' : Array.isArray(value) ? value.map(String).join('、') : String(value))

/** What is not laid down is as what is null. */
export function differences(before: unknown, after: unknown, path: (string | number)[] = []): Difference[] {
  if (isFlat(before) && isFlat(after)) {
    const [was, is] = [said(before), said(after)]
    return was === is ? [] : [{ path, before: was, after: is }]
  }
  const one = isPart(before) ? (before as Record<string, unknown>) : {}
  const other = isPart(after) ? (after as Record<string, unknown>) : {}
  const inList = Array.isArray(before) || Array.isArray(after)
  return [...new Set([...Object.keys(one), ...Object.keys(other)])].flatMap((name) => differences(one[name], other[name], [...path, inList ? Number(name) : name]))
}
