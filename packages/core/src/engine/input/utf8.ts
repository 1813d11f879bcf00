/** Decoding of UTF-8. `TextDecoder` is in every runtime, and in no library that this package's types may name. */
import { lineFeed } from '../../domain/characters.ts'

declare const TextDecoder: new (
  label: string,
  options: { readonly fatal: boolean; readonly ignoreBOM: boolean }
) => { decode(bytes: Uint8Array): string }

declare const TextEncoder: new () => { encode(text: string): Uint8Array }

const longestCharacter = 4
const isContinuation = (byte: number): boolean => (byte & 0xc0) === 0x80
const lengthOf = (lead: number): number => (lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : lead >= 0xc0 ? 2 : 1)

/** Returns the number of bytes before a character that is cut off at their end. */
const wholeLength = (bytes: Uint8Array): number => {
  let lead = bytes.length - 1
  const first = Math.max(0, bytes.length - longestCharacter)
  while (lead > first && isContinuation(bytes[lead] as number)) lead--
  return lead >= 0 && lengthOf(bytes[lead] as number) > bytes.length - lead ? lead : bytes.length
}

const joined = (first: Uint8Array, second: Uint8Array): Uint8Array => {
  const both = new Uint8Array(first.length + second.length)
  both.set(first)
  both.set(second, first.length)
  return both
}

const nothing = new Uint8Array(0)

/** Decodes UTF-8 that comes in pieces. */
export interface Utf8Decoder {
  /**
   * Returns the text of these bytes. A character that is cut off at the end waits for the next piece.
   *
   * @throws TypeError at the first bytes that cannot become UTF-8.
   */
  readonly decode: (bytes: Uint8Array) => string
  /**
   * Ends the text.
   *
   * @throws TypeError if half a character is waiting.
   */
  readonly end: () => void
}

/**
 * Creates a decoder of UTF-8. It keeps bytes of a cut character itself, because runtimes decode a whole text several times
 * as fast as a stream.
 *
 * @param keepsMark `true`: a byte order mark at the start is text, as it is anywhere else. It is dropped by default.
 */
export const createUtf8Decoder = (keepsMark = false): Utf8Decoder => {
  const later = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
  let decoder = keepsMark ? later : new TextDecoder('utf-8', { fatal: true, ignoreBOM: false })
  let waiting = nothing
  return {
    decode: (bytes) => {
      const all = waiting.length === 0 ? bytes : joined(waiting, bytes)
      const length = wholeLength(all)
      // A copy, because the caller may use the memory of a piece again.
      waiting = length === all.length ? nothing : all.slice(length)
      if (length === 0) return ''
      const text = decoder.decode(waiting.length === 0 ? all : all.subarray(0, length))
      decoder = later
      return text
    },
    end: () => {
      if (waiting.length > 0) later.decode(waiting)
    }
  }
}

const notAscii = 0x80_80_80_80 | 0

/** Returns whether every byte is an ASCII character. */
const isAscii = (bytes: Uint8Array): boolean => {
  // Four at a time, from the first aligned byte.
  const start = Math.min(bytes.length, -bytes.byteOffset & 3)
  const fours = (bytes.length - start) >> 2
  let seen = 0
  for (let i = 0; i < start; i++) seen |= bytes[i] as number
  for (let i = start + 4 * fours; i < bytes.length; i++) seen |= bytes[i] as number
  if (fours > 0) {
    const words = new Int32Array(bytes.buffer, bytes.byteOffset + start, fours)
    for (let i = 0; i < fours; i++) seen |= words[i] as number
  }
  return (seen & notAscii) === 0
}

/** Checks pieces of bytes as a decoder does, and throws the same errors. It makes no text of plain ASCII. */
export const createUtf8Checker = (): { readonly push: (bytes: Uint8Array) => void; readonly end: () => void } => {
  const decoder = createUtf8Decoder()
  let isCut = false
  return {
    push: (bytes) => {
      if (bytes.length === 0 || (!isCut && isAscii(bytes))) return
      decoder.decode(bytes)
      isCut = !isAscii(bytes.subarray(-1))
    },
    end: decoder.end
  }
}

/**
 * Returns the text of all these bytes, without a byte order mark at their start.
 *
 * @throws TypeError if they are not UTF-8.
 */
export const decodeUtf8 = (bytes: Uint8Array): string =>
  new TextDecoder('utf-8', { fatal: true, ignoreBOM: false }).decode(bytes)

/** Returns the bytes of a text. */
export const encodeUtf8 = (text: string): Uint8Array => new TextEncoder().encode(text)

/** Cuts pieces at the ends of lines. */
export async function* cutIntoLines(pieces: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void, undefined> {
  for await (const piece of pieces) {
    let from = 0
    for (let at = piece.indexOf(lineFeed); at !== -1; at = piece.indexOf(lineFeed, from)) {
      yield piece.subarray(from, at + 1)
      from = at + 1
    }
    if (from < piece.length) yield piece.subarray(from)
  }
}

/** Returns whether a line ends with this piece. */
export const endsLine = (piece: Uint8Array): boolean => piece.at(-1) === lineFeed
