/** The interface of a line reader, and the reader of strict framing. */
import type { RejectionCode } from '../../command/rejection.ts'
import { byteOrderMark, isWhitespace, recordSeparator } from '../../domain/characters.ts'
import { type ReadJson, readJson } from '../../domain/json-text.ts'

/** A command as it was read: its value, or the reason why it has no value. */
export type Parsed = Extract<ReadJson, { readonly _tag: 'Value' }> | Faulty

export interface Faulty {
  readonly _tag: 'Fault'
  readonly code: RejectionCode
  /** The place in the value; absent: the whole value. */
  readonly path?: ReadonlyArray<string | number>
}

export const fault = (code: RejectionCode): Faulty => ({ _tag: 'Fault', code })

/** The place of a line: its number, and the number of bytes before it. */
export interface LinePlace {
  readonly line: number
  readonly offset: number
}

/** Receives a command, its place, and the length of its text. Without an offset, a framer cannot start there. */
export type Emit = (line: number, offset: number | undefined, parsed: Parsed, length?: number) => void

/** Reads whole lines; a line that is longer than the limit comes in parts. */
export interface LineReader {
  readonly wholeLine: (line: string, emit: Emit, at: LinePlace) => void
  readonly partOfLine: (text: string, emit: Emit, at: LinePlace) => void
  readonly end: (emit: Emit) => void
}

/** Returns whether a character may stand between commands without being part of one. */
export const isBlank = (c: number): boolean => isWhitespace(c) || c === recordSeparator

/** Returns the position of the first character that is not blank; the length if all of them are. */
export const firstVisible = (text: string): number => {
  let at = 0
  while (at < text.length && isBlank(text.charCodeAt(at))) at++
  return at
}

/** Returns the position of the last character that is no white space; -1 if all of them are. */
export const lastVisible = (text: string): number => {
  let at = text.length - 1
  while (at >= 0 && isWhitespace(text.charCodeAt(at))) at--
  return at
}

const readLine = (text: string): Parsed => {
  const parsed = readJson(text)
  const isMarked = parsed._tag === 'Fault' && text.charCodeAt(0) === byteOrderMark
  return isMarked ? fault('BYTE_ORDER_MARK') : parsed
}

/** Creates a reader of one value per line. */
export const createStrictReader = (maxLength: number): LineReader => {
  let tooLong: LinePlace | undefined
  return {
    wholeLine: (line, emit, at) => {
      const text = line.replace(/\r?\n$/, '')
      const start = firstVisible(text)
      if (tooLong || text.length > maxLength) emit(at.line, at.offset, fault('LINE_TOO_LARGE'))
      else if (start < text.length) emit(at.line, at.offset, readLine(text.slice(start)), lastVisible(text) + 1 - start)
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
