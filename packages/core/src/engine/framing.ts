/**
 * Framing: bytes become JSON values, each with its index and the line it starts on. The result never depends on how the
 * bytes are cut into pieces.
 *
 * `lenient` reads a stream of JSON values that any whitespace separates, because the vendors' own samples are written over
 * several lines (A-04). After a syntax error it resumes at the next line that starts with `{`; where the
 * broken command goes on over several lines, at one that is not indented deeper than it. `strict` reads one value a line.
 */
import type { RejectionCode } from '../command/rejection.ts'
import { createJsonScanner, isWhitespace, type Scanned } from './json-scanner.ts'
import { keepsNumbers } from '../domain/numbers.ts'
import { createUtf8Decoder } from './utf8.ts'

export type FramingMode = 'lenient' | 'strict'

/** One value of the input, or why there is none where one should be. */
export type Frame = {
  /** Which command of the input, from 0. */
  readonly index: number
  /** The line it starts on, from 1. */
  readonly line: number
} & ({ readonly _tag: 'Value'; readonly value: unknown } | { readonly _tag: 'Fault'; readonly code: RejectionCode })

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

type Parsed =
  | { readonly _tag: 'Value'; readonly value: unknown }
  | { readonly _tag: 'Fault'; readonly code: RejectionCode }

const fault = (code: RejectionCode): Parsed => ({ _tag: 'Fault', code })

const parse = (text: string): Parsed => {
  try {
    const value: unknown = JSON.parse(text)
    return keepsNumbers(text) ? { _tag: 'Value', value } : fault('BAD_NUMBER')
  } catch {
    return fault('SYNTAX_ERROR')
  }
}

const openObject = 0x7b
const closeObject = 0x7d
const openArray = 0x5b
const comma = 0x2c
// How a line ends where an object or array goes on in the next one.
const goesOn: ReadonlySet<number> = new Set([openObject, openArray, comma])

/** Text reaches a reader as whole lines where it can: a part of a line only where the line is longer than the limit. */
interface LineReader {
  readonly wholeLine: (line: string, emit: (line: number, parsed: Parsed) => void, at: number) => void
  readonly partOfLine: (text: string, emit: (line: number, parsed: Parsed) => void, at: number) => void
  readonly end: (emit: (line: number, parsed: Parsed) => void) => void
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

  const begin = (c: number, line: number): void => {
    place = 'inside'
    text = ''
    length = 0
    startLine = line
    startIndent = indent
    isArray = c === openArray
    isOpen = isArray || c === openObject
  }

  const startsCommand = (c: number): boolean => lineIsBlank && c === openObject && indent <= resumeIndent

  const finished = (): Parsed => {
    if (isArray) return fault('EXPECTED_NDJSON')
    return length > maxLength ? fault('LINE_TOO_LARGE') : parse(text)
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

  const scan = (part: string, emit: (line: number, parsed: Parsed) => void, line: number): void => {
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
        begin(c, line)
        from = i
      }
      const scanned: Scanned = scanner.push(c)
      if (scanned === 'complete') {
        keep(part.slice(from, i + 1))
        emit(startLine, finished())
        place = 'between'
      } else if (scanned === 'completeBefore') {
        keep(part.slice(from, i))
        emit(startLine, finished())
        place = 'between'
        i--
        continue
      } else if (scanned === 'error') {
        // A comma or an array where a command should start: the sender wrote a JSON array.
        const expected = (c === comma && length === 0 && from === i) || isArray
        emit(startLine, fault(expected ? 'EXPECTED_NDJSON' : 'SYNTAX_ERROR'))
        breakOff(line)
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
        const parsed = parse(line)
        if (parsed._tag === 'Value') {
          emit(at, parsed)
          return
        }
      }
      scan(line, emit, at)
      endOfLine(at)
    },
    partOfLine: scan,
    end: (emit) => {
      if (place !== 'inside') return
      emit(
        startLine,
        scanner.end() === 'completeBefore' ? finished() : fault(isArray ? 'EXPECTED_NDJSON' : 'SYNTAX_ERROR')
      )
    }
  }
}

const strictReader = (maxLength: number): LineReader => {
  let tooLong = false
  let lastLine = 0
  return {
    wholeLine: (line, emit, at) => {
      const text = line.replace(/\r?\n$/, '')
      if (tooLong || text.length > maxLength) emit(at, fault('LINE_TOO_LARGE'))
      else if (firstVisible(text) < text.length) emit(at, parse(text))
      tooLong = false
    },
    partOfLine: (_text, _emit, at) => {
      tooLong = true
      lastLine = at
    },
    end: (emit) => {
      if (tooLong) emit(lastLine, fault('LINE_TOO_LARGE'))
    }
  }
}

/**
 * A framer at the start of an input. A byte order mark there is dropped.
 *
 * @param maxLength Longest command, in UTF-16 code units; a longer one is one fault, and is not kept in memory.
 */
export const createFramer = (mode: FramingMode, maxLength: number): Framer => {
  const decoder = createUtf8Decoder()
  const reader = mode === 'lenient' ? lenientReader(maxLength) : strictReader(maxLength)
  let index = 0
  let line = 1
  let rest = ''
  let frames: Frame[] = []

  const emit = (at: number, parsed: Parsed): void => {
    frames.push({ index: index++, line: at, ...parsed })
  }

  const read = (text: string): void => {
    let from = 0
    let to = text.indexOf('\n', rest.length)
    while (to !== -1) {
      reader.wholeLine(text.slice(from, to + 1), emit, line)
      line++
      from = to + 1
      to = text.indexOf('\n', from)
    }
    rest = text.slice(from)
    // A line that is too long must not be kept; one carriage return more may still be a line of the longest length.
    if (rest.length > maxLength + 1) {
      reader.partOfLine(rest, emit, line)
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
      read(rest + decoder.decode(bytes, { stream: true }))
      return taken()
    },
    end: () => {
      read(rest + decoder.decode())
      if (rest !== '') reader.wholeLine(rest, emit, line)
      reader.end(emit)
      return taken()
    }
  }
}
