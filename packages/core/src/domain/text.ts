/** Text that every store keeps as it is: well-formed Unicode without NUL. No trimming, no case folding, ever. */

/** Longest identifier, in UTF-16 code units: as a key it must fit the narrowest index of a store we know. */
export const maxIdentifierLength = 512

export const isText = (value: string): boolean => !value.includes('\0') && value.isWellFormed()

/** Returns whether a value is text that may identify: not empty, and at most {@link maxIdentifierLength} long. */
export const isIdentifierText = (value: unknown): value is string =>
  typeof value === 'string' && value !== '' && value.length <= maxIdentifierLength && isText(value)
