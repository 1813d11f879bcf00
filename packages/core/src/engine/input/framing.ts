/**
 * Framing: bytes become JSON values, each with its index and the line it starts on. The result never depends on how the
 * bytes are cut into pieces.
 *
 * `lenient` reads a stream of JSON values that any whitespace separates, because the vendors' own samples are written over
 * several lines (A-04). After a syntax error it resumes at the next line that starts with `{`; where the
 * broken command goes on over several lines, at one that is not indented deeper than it. `strict` reads one value a line.
 */
import type { RejectionCode } from '../../command/rejection.ts'
import { createJsonScanner, isWhitespace, type Scanned } from './json-scanner.ts'
import { type ReadJson, readJson } from '../../domain/json-text.ts'
import { createUtf8Decoder } from './utf8.ts'

export type FramingMode = 'lenient' | 'strict'

/** One value of the input, or why there is none where one should be. */
export type Frame = {
  /** Which command of the input, from 0. */
  readonly index: number
  /** The line it starts on, from 1. */
  readonly line: number
  /**
   * Where that line begins, in bytes. Absent where the line holds something before the frame, or belongs to what is before
   * it. A framer that starts there, with this index and line, gives this frame and all that follow.
   */
  readonly start?: number
} & Parsed

/** Where a framer starts: at the beginning of an input, or at that of a frame's line. */
export interface FramingStart {
  /** How many bytes are before it. */
  readonly offset: number
  readonly index: number
  readonly line: number
}

export interface Framer {
  /**
   * The frames that these bytes complete.
   *
   * @throws TypeError at bytes that are not UTF-8.
   */
  readonly push: (bytes: Uint8Array) => ReadonlyArray<Frame>
  /** The frames that the end of the input completes. */
  readonly end: () => ReadonlyArray<Frame>
}

type Parsed = Extract<ReadJson, { readonly _tag: 'Value' }> | Faulty

interface Faulty {
  readonly _tag: 'Fault'
  readonly code: RejectionCode
  /** Where in the value; absent for the whole of it. */
  readonly path?: ReadonlyArray<string | number>
}

const openObject = 0x7b
const closeObject = 0x7d
const openArray = 0x5b
const comma = 0x2c

// Nearly every frame is one of these, and a spread costs as much as all the rest of it.
const frameAt = (index: number, line: number, start: number, parsed: Parsed): Frame =>
  parsed._tag === 'Value'
    ? { index, line, start, _tag: 'Value', value: parsed.value, isNormal: parsed.isNormal }
    : { index, line, start, ...parsed }

const fault = (code: RejectionCode): Parsed => ({ _tag: 'Fault', code })

// How a line ends where an object or array goes on in the next one.
const goesOn: ReadonlySet<number> = new Set([openObject, openArray, comma])

/** Where a line is: its number, and how many bytes are before it. */
interface LinePlace {
  readonly line: number
  readonly offset: number
}

/** Takes a frame, and where it starts; no offset: a framer cannot start there. */
type Emit = (line: number, offset: number | undefined, parsed: Parsed) => void

/** Text reaches a reader as whole lines where it can: a part of a line only where the line is longer than the limit. */
interface LineReader {
  readonly wholeLine: (line: string, emit: Emit, at: LinePlace) => void
  readonly partOfLine: (text: string, emit: Emit, at: LinePlace) => void
  readonly end: (emit: Emit) => void
}

const firstVisible = (text: string): number => {
  let at = 0
  while (at < text.length && isWhitespace(text.charCodeAt(at))) at++
  return at
}

const lastVisible = (text: string): number => {
  let at = text.length - 1
  while (at >= 0 && isWhitespace(text.charCodeAt(at))) at--
  return at
}

const lenientReader = (maxLength: number): LineReader => {
  // A value that is no longer than the limit is nested no deeper, so that the scanner takes whatever `JSON.parse` takes.
  const scanner = createJsonScanner(Math.max(maxLength, 100_000))
  // `between` values, `inside` one, or `lost` after a syntax error until a line starts with `{`.
  let place: 'between' | 'inside' | 'lost' = 'between'
  let text = ''
  let length = 0
  let startLine = 0
  let startOffset: number | undefined
  let isArray = false
  // Whether it began as an object or an array, which may go on over several lines.
  let isOpen = false
  let lineIsBlank = true
  // How far the line is indented, in characters; and how far the one was on which the value began.
  let indent = 0
  let startIndent = 0
  let lastVisibleCharacter = 0
  // After a syntax error: its line, and how far the next command may be indented.
  let brokenLine = 0
  let resumeIndent = 0

  const keep = (part: string): void => {
    length += part.length
    text = length <= maxLength ? text + part : ''
  }

  const begin = (c: number, { line, offset }: LinePlace): void => {
    place = 'inside'
    text = ''
    length = 0
    startLine = line
    startOffset = lineIsBlank ? offset : undefined
    startIndent = indent
    isArray = c === openArray
    isOpen = isArray || c === openObject
  }

  const startsCommand = (c: number): boolean => lineIsBlank && c === openObject && indent <= resumeIndent

  const finished = (): Parsed => {
    if (isArray) return fault('EXPECTED_NDJSON')
    return length > maxLength ? fault('LINE_TOO_LARGE') : readJson(text)
  }

  const pass = (c: number): void => {
    const blank = isWhitespace(c)
    lineIsBlank &&= blank
    if (lineIsBlank) indent++
    if (!blank) lastVisibleCharacter = c
  }

  // What stands deeper than a broken command that goes on over several lines is a part of it, and must never be taken for a
  // command of its own: in a deletion that could not be undone.
  const breakOff = (line: number): void => {
    place = 'lost'
    brokenLine = line
    resumeIndent = line > startLine ? startIndent : Number.POSITIVE_INFINITY
  }

  const endOfLine = (line: number): void => {
    if (place === 'lost' && line === brokenLine && isOpen && goesOn.has(lastVisibleCharacter))
      resumeIndent = startIndent
    lineIsBlank = true
    indent = 0
    lastVisibleCharacter = 0
  }

  const scan = (part: string, emit: Emit, at: LinePlace): void => {
    // Where the text of the value that is being read goes on in this part.
    let from = 0
    for (let i = 0; i < part.length; i++) {
      const c = part.charCodeAt(i)
      if (place === 'lost') {
        if (startsCommand(c)) place = 'between'
        else {
          pass(c)
          continue
        }
      }
      if (place === 'between') {
        if (isWhitespace(c)) {
          pass(c)
          continue
        }
        begin(c, at)
        from = i
      }
      const scanned: Scanned = scanner.push(c)
      if (scanned === 'complete') {
        keep(part.slice(from, i + 1))
        emit(startLine, startOffset, finished())
        place = 'between'
      } else if (scanned === 'completeBefore') {
        keep(part.slice(from, i))
        emit(startLine, startOffset, finished())
        place = 'between'
        i--
        continue
      } else if (scanned === 'error') {
        // A comma or an array where a command should start: the sender wrote a JSON array.
        const expected = (c === comma && length === 0 && from === i) || isArray
        emit(startLine, startOffset, fault(expected ? 'EXPECTED_NDJSON' : 'SYNTAX_ERROR'))
        breakOff(at.line)
        // The character that breaks one object may start the next, on a line of its own.
        if (startsCommand(c)) {
          i--
          continue
        }
      }
      pass(c)
    }
    if (place === 'inside') keep(part.slice(from))
  }

  return {
    wholeLine: (line, emit, at) => {
      const start = place === 'between' && lineIsBlank ? firstVisible(line) : -1
      if (
        start >= 0 &&
        line.length <= maxLength &&
        line.charCodeAt(start) === openObject &&
        line.charCodeAt(lastVisible(line)) === closeObject
      ) {
        // The common case, one object on one line; anything else fails to parse and is scanned.
        const parsed = readJson(line)
        if (parsed._tag === 'Value') {
          emit(at.line, at.offset, parsed)
          return
        }
      }
      scan(line, emit, at)
      endOfLine(at.line)
    },
    partOfLine: scan,
    end: (emit) => {
      if (place !== 'inside') return
      emit(
        startLine,
        startOffset,
        scanner.end() === 'completeBefore' ? finished() : fault(isArray ? 'EXPECTED_NDJSON' : 'SYNTAX_ERROR')
      )
    }
  }
}

const strictReader = (maxLength: number): LineReader => {
  let tooLong: LinePlace | undefined
  return {
    wholeLine: (line, emit, at) => {
      const text = line.replace(/\r?\n$/, '')
      if (tooLong || text.length > maxLength) emit(at.line, at.offset, fault('LINE_TOO_LARGE'))
      else if (firstVisible(text) < text.length) emit(at.line, at.offset, readJson(text))
      tooLong = undefined
    },
    partOfLine: (_text, _emit, at) => {
      tooLong = at
    },
    end: (emit) => {
      if (tooLong) emit(tooLong.line, tooLong.offset, fault('LINE_TOO_LARGE'))
    }
  }
}

/** The beginning of an input. */
export const inputStart: FramingStart = { offset: 0, index: 0, line: 1 }

const newline = 0x0a
const lastAscii = 0x7f

/**
 * A framer. A byte order mark at the start of an input is dropped.
 *
 * @param maxLength Longest command, in UTF-16 code units; a longer one is one fault, and is not kept in memory.
 * @param start Where it starts to read; at the start of the input unless given.
 */
export const createFramer = (mode: FramingMode, maxLength: number, start = inputStart): Framer => {
  const decoder = createUtf8Decoder(start.offset > 0)
  const reader = mode === 'lenient' ? lenientReader(maxLength) : strictReader(maxLength)
  let index = start.index
  // The line that is read, and how many bytes were before the ones that came last.
  let at: LinePlace = start
  let before = start.offset
  let rest = ''
  let frames: Frame[] = []
  // Whether the bytes that came last ended in the middle of a character, or may have.
  let isCut = false

  const emit: Emit = (line, offset, parsed) => {
    frames.push(offset === undefined ? { index, line, ...parsed } : frameAt(index, line, offset, parsed))
    index++
  }

  const read = (decoded: string, bytes: Uint8Array): void => {
    // Where each byte is a character, what is at one place of the text is at the same place of the bytes.
    const isAscii = decoded.length === bytes.length && !isCut
    if (bytes.length > 0) isCut = (bytes.at(-1) as number) > lastAscii
    let from = 0
    let to = decoded.indexOf('\n')
    // Each line feed of the text is one of the bytes, in turn.
    let lineFeed = -1
    while (to !== -1) {
      // Only the first line is put together: to join all of the text would copy it.
      const line = decoded.slice(from, to + 1)
      reader.wholeLine(rest === '' ? line : rest + line, emit, at)
      rest = ''
      lineFeed = isAscii ? to : bytes.indexOf(newline, lineFeed + 1)
      at = { line: at.line + 1, offset: before + lineFeed + 1 }
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
      read(decoder.decode(bytes), bytes)
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
