/** The first and the last line of a transferred datamart. Between them each line is a document. */

const version = 1

export const startOfTransfer = { format: 'userpoint-datamart', version } as const

/** Returns the last line, without which a file is known to be cut. */
export const endOf = (documents: number) => ({ end: true, documents }) as const

/** Returns whether a value is the first line of this version, or of one that this program cannot read. */
export const readStart = (value: unknown): 'ours' | 'newer' | 'other' => {
  const { format, version: given } = Object(value) as { readonly format?: unknown; readonly version?: unknown }
  if (format !== startOfTransfer.format) return 'other'
  return given === version ? 'ours' : 'newer'
}

/** Returns the number of documents that a last line names; `undefined`: the value is no last line. */
export const readEnd = (value: unknown): number | undefined => {
  const { end, documents } = Object(value) as { readonly end?: unknown; readonly documents?: unknown }
  return end === true && typeof documents === 'number' ? documents : undefined
}
