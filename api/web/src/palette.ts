/** The charts' colours: those of `tokens.css`, as ECharts must have them spelled out. */

export type Colour =
  | 'red' | 'rose' | 'slate' | 'steel' | 'sky' | 'green' | 'amber' | 'bronze' | 'plum' | 'violet' | 'lilac' | 'grey' | 'ink'

export const colour = (name: Colour): string => token(`chart-${name}`)

/** What a token stands for on this page; without the styles, as in a test of a part by itself, nothing. */
export const token = (name: string): string => getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim()
