/** How long ago something was, in the largest unit that it fills: pure. */

export function ago(milliseconds: number): { unit: 'seconds' | 'minutes' | 'hours' | 'days'; count: number } {
  const seconds = Math.max(0, Math.floor(milliseconds / 1000))
  if (seconds < 60) return { unit: 'seconds', count: seconds }
  if (seconds < 3600) return { unit: 'minutes', count: Math.floor(seconds / 60) }
  return seconds < 86_400 ? { unit: 'hours', count: Math.floor(seconds / 3600) } : { unit: 'days', count: Math.floor(seconds / 86_400) }
}
