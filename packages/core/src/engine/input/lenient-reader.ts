/**
 * The reader of lenient framing: any white space separates JSON values, because documented samples span several lines.
 *
 * A broken command counts as its first line. Each further line is a separate command that is `SKIPPED`, until one starts with
 * `{` and is not indented deeper than the broken command.
 */
import {
  byteOrderMark,
  closeObject,
  comma,
  isWhitespace,
  openArray,
  openObject,
  recordSeparator
} from '../../domain/characters.ts'
import { readJson } from '../../domain/json-text.ts'
import { createJsonScanner } from './json-scanner.ts'
import {
  type Emit,
  fault,
  type Faulty,
  firstVisible,
  isBlank,
  lastVisible,
  type LinePlace,
  type LineReader,
  type Parsed
} from './line-reader.ts'
import { createNesting } from './nesting.ts'

const skipped = fault('SKIPPED')

/** The limits of a lenient reader. */
export interface LenientOptions {
  /** The longest command, in UTF-16 code units. */
  readonly maxLength: number
  /** `true`: a line that may be nested in a broken command is skipped, even if it is not indented. */
  readonly deletes: boolean
}

/** A command that is being read. */
interface Started {
  readonly line: number
  readonly offset: number | undefined
  readonly indent: number
  readonly first: number
  /** Its text so far, empty once it is too long. */
  text: string
  length: number
  /** Its further lines, while its length is within the limit. */
  readonly lines: number[]
}

/** The faults of a text that was not parsed to its end. */
const unparsed: ReadonlySet<Faulty['code']> = new Set(['SYNTAX_ERROR', 'TOO_DEEP', 'TOO_MANY_VALUES'])

class LenientReader implements LineReader {
  readonly #maxLength: number
  readonly #deletes: boolean
  // A value within the limit is nested no deeper than this, so that the scanner accepts every value that `JSON.parse` does.
  readonly #scanner
  readonly #nesting = createNesting()
  /** The command that is being read; absent between two commands. */
  #command: Started | undefined
  /** The deepest indentation at which reading resumes after a syntax error; absent unless lines are skipped. */
  #resumeIndent: number | undefined
  #lineIsBlank = true
  #indent = 0
  /** `false` once the command is too long: its further lines are not noted. */
  #notesLines = true

  constructor({ maxLength, deletes }: LenientOptions) {
    this.#maxLength = maxLength
    this.#deletes = deletes
    this.#scanner = createJsonScanner(Math.max(maxLength, 100_000))
  }

  wholeLine(line: string, emit: Emit, at: LinePlace): void {
    if (!this.#takeObject(line, emit, at)) {
      this.partOfLine(line, emit, at)
      this.#endLine()
    }
  }

  partOfLine(part: string, emit: Emit, at: LinePlace): void {
    // The start of the command's text in this part.
    let from = 0
    for (let i = 0; i < part.length; i++) {
      const c = part.charCodeAt(i)
      if (this.#resumeIndent !== undefined && !this.#resumes(c)) {
        this.#passOver(c, emit, at)
        continue
      }
      if (this.#command === undefined) {
        if (isBlank(c)) {
          this.#pass(c)
          continue
        }
        this.#begin(c, at)
        from = i
      }
      const scanned = this.#scanner.push(c)
      if (scanned === 'completeBefore') {
        this.#complete(part.slice(from, i), emit)
        i--
        continue
      }
      if (scanned === 'complete') this.#complete(part.slice(from, i + 1), emit)
      else if (scanned === 'error') {
        const brokenLine = this.#reject(i - from, emit)
        // The character that breaks one command may start the next one, on a new line.
        if (this.#resumes(c)) {
          i--
          continue
        }
        if (this.#lineIsBlank && !isBlank(c) && at.line > brokenLine) emit(at.line, undefined, skipped)
      } else this.#note(c, at.line)
      this.#pass(c)
    }
    if (this.#command !== undefined) this.#keep(part.slice(from))
  }

  end(emit: Emit): void {
    if (this.#command === undefined) return
    if (this.#scanner.end() === 'completeBefore') this.#complete('', emit)
    else this.#reject(0, emit)
  }

  /** Returns whether a line is one object on its own, the common case, and then emits it. */
  #takeObject(line: string, emit: Emit, at: LinePlace): boolean {
    if (this.#command !== undefined || this.#resumeIndent !== undefined || !this.#lineIsBlank) return false
    const start = firstVisible(line)
    if (line.length - start > this.#maxLength || line.charCodeAt(start) !== openObject) return false
    const last = lastVisible(line)
    if (line.charCodeAt(last) !== closeObject) return false
    const parsed = readJson(start === 0 ? line : line.slice(start))
    // Which of these is a command of its own, the scanner tells.
    if (parsed._tag === 'Fault' && unparsed.has(parsed.code)) return false
    emit(at.line, at.offset, parsed, last + 1 - start)
    return true
  }

  #begin(c: number, { line, offset }: LinePlace): void {
    this.#command = {
      line,
      offset: this.#lineIsBlank ? offset : undefined,
      indent: this.#indent,
      first: c,
      text: '',
      length: 0,
      lines: []
    }
    this.#resumeIndent = undefined
    this.#notesLines = true
    this.#nesting.reset()
  }

  #keep(part: string): void {
    const command = this.#command as Started
    command.length += part.length
    command.text = command.length <= this.#maxLength ? command.text + part : ''
  }

  #complete(part: string, emit: Emit): void {
    this.#keep(part)
    const { line, offset, first, text, length } = this.#command as Started
    this.#command = undefined
    const isTooLong = length > this.#maxLength
    const parsed: Parsed =
      first === openArray ? fault('EXPECTED_NDJSON') : isTooLong ? fault('LINE_TOO_LARGE') : readJson(text)
    emit(line, offset, parsed, length)
  }

  /** Returns the code of a command that breaks after so many characters. */
  #codeOfBroken(first: number, length: number): Faulty['code'] {
    // A comma or an array where a command should start: the sender wrote a JSON array.
    if (first === openArray || (first === comma && length === 0)) return 'EXPECTED_NDJSON'
    if (first === byteOrderMark && length === 0) return 'BYTE_ORDER_MARK'
    return length > this.#maxLength ? 'LINE_TOO_LARGE' : 'SYNTAX_ERROR'
  }

  /**
   * Emits the command as broken after so many more characters, and its further lines as skipped ones.
   *
   * @returns Its first line.
   */
  #reject(more: number, emit: Emit): number {
    const { line, offset, indent, lines, first, length } = this.#command as Started
    emit(line, offset, fault(this.#codeOfBroken(first, length + more)))
    for (const further of lines) emit(further, undefined, skipped)
    this.#command = undefined
    this.#resumeIndent = indent
    return line
  }

  /** Returns whether this character starts a command after a syntax error. */
  #resumes(c: number): boolean {
    return (
      c === openObject &&
      this.#lineIsBlank &&
      this.#indent <= (this.#resumeIndent as number) &&
      !(this.#deletes && this.#nesting.mayNest())
    )
  }

  #passOver(c: number, emit: Emit, { line }: LinePlace): void {
    if (this.#lineIsBlank && !isBlank(c)) emit(line, undefined, skipped)
    this.#pass(c)
  }

  /** Notes the line of a character that belongs to the command. */
  #note(c: number, line: number): void {
    const command = this.#command as Started
    if (this.#lineIsBlank && !isWhitespace(c) && line > command.line && this.#notesLines) command.lines.push(line)
  }

  #pass(c: number): void {
    if (this.#deletes) this.#nesting.push(c)
    this.#lineIsBlank &&= isBlank(c)
    if (this.#lineIsBlank && c !== recordSeparator) this.#indent++
  }

  #endLine(): void {
    this.#notesLines = this.#command !== undefined && this.#command.length <= this.#maxLength
    this.#lineIsBlank = true
    this.#indent = 0
  }
}

/** Creates a reader of values that may span lines. */
export const createLenientReader = (options: LenientOptions): LineReader => new LenientReader(options)
