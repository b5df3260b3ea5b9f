/** The colour of a severity (严重程度). */
export const severityColour = (severity: string): 'danger' | 'warning' | 'info' =>
  severity === 'high' ? 'danger' : severity === 'medium' ? 'warning' : 'info'
