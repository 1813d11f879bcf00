/** The UTF-16 code units that JSON and framing give a meaning. */
const tab = 0x09
export const lineFeed = 0x0a
const carriageReturn = 0x0d
/** Starts each text of a JSON text sequence (RFC 7464). */
export const recordSeparator = 0x1e
export const space = 0x20
export const quote = 0x22
export const plus = 0x2b
export const comma = 0x2c
export const minus = 0x2d
export const point = 0x2e
export const zero = 0x30
export const colon = 0x3a
export const upperE = 0x45
export const openArray = 0x5b
export const backslash = 0x5c
export const closeArray = 0x5d
export const lowerE = 0x65
export const lowerU = 0x75
export const openObject = 0x7b
export const closeObject = 0x7d
export const byteOrderMark = 0xfeff

/** Returns whether JSON ignores a character between its tokens. */
export const isWhitespace = (c: number): boolean => c === space || c === lineFeed || c === carriageReturn || c === tab

export const isDigit = (c: number): boolean => c >= zero && c <= 0x39
