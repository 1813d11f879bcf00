/** Text that every store keeps unchanged: well-formed Unicode without NUL. It is never trimmed or case-folded. */

/** The longest identifier, in UTF-16 code units. It must fit the index of every store that we know. */
export const maxIdentifierLength = 512

export const isText = (value: string): boolean => !value.includes('\0') && value.isWellFormed()

/** Returns whether a value is text that may identify: not empty, and at most {@link maxIdentifierLength} long. */
export const isIdentifierText = (value: unknown): value is string =>
  typeof value === 'string' && value !== '' && value.length <= maxIdentifierLength && isText(value)
