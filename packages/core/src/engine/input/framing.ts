/**
 * Framing: bytes become JSON values, each with its index and the line it starts on. The result never depends on how the
 * bytes are cut into pieces. `lenient` reads values that may span lines, `strict` one value per line.
 */
import { lineFeed } from '../../domain/characters.ts'
import { createLenientReader, type LenientOptions } from './lenient-reader.ts'
import { createStrictReader, type Emit, type LinePlace, type Parsed } from './line-reader.ts'
import { createUtf8Decoder } from './utf8.ts'

export type FramingMode = 'lenient' | 'strict'

/** One command of the input: its value, or the reason why it has no value. */
export type Frame = {
  /** The number of the command, from 0. */
  readonly index: number
  /** The line it starts on, from 1. */
  readonly line: number
  /**
   * The offset of that line, in bytes. Absent if the line holds something before the frame, or if its meaning depends on the
   * lines before it. A framer that starts there, with this index and line, returns this frame and all that follow.
   */
  readonly start?: number
  /** The length of its text in UTF-16 code units; absent: it has no value. */
  readonly length?: number | undefined
} & Parsed

/** The place where a framer starts: the beginning of an input, or that of a frame's line. */
export interface FramingStart {
  /** The number of bytes before it. */
  readonly offset: number
  readonly index: number
  readonly line: number
}

export interface Framer {
  /**
   * Returns the frames that these bytes complete.
   *
   * @throws TypeError if the bytes are not UTF-8.
   */
  readonly push: (bytes: Uint8Array) => ReadonlyArray<Frame>
  /** Returns the frames that the end of the input completes. */
  readonly end: () => ReadonlyArray<Frame>
}

/** The beginning of an input. */
export const inputStart: FramingStart = { offset: 0, index: 0, line: 1 }

const lastAscii = 0x7f

// A longer text is an object that V8 keeps apart: to make one costs as much as to parse it.
const mostBytesDecoded = 65_536

export interface FramerOptions extends LenientOptions {
  readonly framing: FramingMode
}

/**
 * Creates a framer. It drops a byte order mark at the start of an input.
 *
 * @param options A command that is longer than `maxLength` is one fault, and is not kept in memory.
 * @param start Where it starts to read; default: at the start of the input.
 */
export const createFramer = (options: FramerOptions, start = inputStart): Framer => {
  const { framing, maxLength } = options
  const decoder = createUtf8Decoder(start.offset > 0)
  const reader = framing === 'lenient' ? createLenientReader(options) : createStrictReader(maxLength)
  let index = start.index
  // The line that is read, and the number of bytes before the last piece.
  let at: LinePlace = start
  let before = start.offset
  let rest = ''
  let frames: Frame[] = []
  // `true`: the last piece may have ended in the middle of a character.
  let isCut = false

  const emit: Emit = (line, offset, parsed, length) => {
    if (offset !== undefined && parsed._tag === 'Value') {
      // Nearly every frame is one of these, and a spread costs as much as the rest of the work on it.
      frames.push({ index, line, start: offset, _tag: 'Value', value: parsed.value, isNormal: parsed.isNormal, length })
    } else {
      frames.push({
        index,
        line,
        ...(offset !== undefined && { start: offset }),
        ...parsed,
        ...(parsed._tag === 'Value' && { length })
      })
    }
    index++
  }

  const read = (decoded: string, bytes: Uint8Array): void => {
    // If each byte is a character, the positions in the text are those in the bytes.
    const isAscii = decoded.length === bytes.length && !isCut
    if (bytes.length > 0) isCut = (bytes.at(-1) as number) > lastAscii
    let from = 0
    let to = decoded.indexOf('\n')
    // Each line feed of the text is one of the bytes, in turn.
    let lastLineFeed = -1
    while (to !== -1) {
      // Only the first line is joined with the rest: joining the whole text would copy it.
      const line = decoded.slice(from, to + 1)
      reader.wholeLine(rest === '' ? line : rest + line, emit, at)
      rest = ''
      lastLineFeed = isAscii ? to : bytes.indexOf(lineFeed, lastLineFeed + 1)
      at = { line: at.line + 1, offset: before + lastLineFeed + 1 }
      from = to + 1
      to = decoded.indexOf('\n', from)
    }
    before += bytes.length
    rest += decoded.slice(from)
    // A line that is too long must not be kept; one carriage return more may still be a line of the longest length.
    if (rest.length > maxLength + 1) {
      reader.partOfLine(rest, emit, at)
      rest = ''
    }
  }

  const taken = (): ReadonlyArray<Frame> => {
    const given = frames
    frames = []
    return given
  }

  return {
    push: (bytes) => {
      for (let from = 0; from < bytes.length; from += mostBytesDecoded) {
        const part = bytes.subarray(from, from + mostBytesDecoded)
        read(decoder.decode(part), part)
      }
      return taken()
    },
    end: () => {
      decoder.end()
      if (rest !== '') reader.wholeLine(rest, emit, at)
      reader.end(emit)
      return taken()
    }
  }
}
