/**
 * Inputs that are read several times: a later reading fails at the first piece that differs, before it gives any byte of it. So
 * a file that changes between two readings is never applied as another document than the one that was screened.
 */
import { type DocumentInput, inputChanged, readBytes } from './reading.ts'

/**
 * A checksum of all bytes so far. It tells a change by accident; executions also keep the embedder's digest of the whole. It takes
 * four bytes at a time, wherever the pieces end: `word` has the last bytes that are no whole word yet. Each word goes to one of
 * four lanes in turn, since a processor works on several that do not wait for each other.
 */
type Lanes = readonly [number, number, number, number]

interface Checksum {
  /** The first is the lane of the next word. */
  readonly lanes: Lanes
  readonly word: number
  readonly bytesOfWord: number
}

const basis = 0x811c9dc5 | 0
const prime = 0x01000193

const noBytes: Checksum = { lanes: [basis, basis, basis, basis], word: 0, bytesOfWord: 0 }

const afterWord = ([a, b, c, d]: Lanes, word: number): Lanes => [b, c, d, Math.imul(a ^ word, prime)]

/** Adds the words from a place on, four at a time; fewer than four are left at the end. */
const afterFours = (lanes: Lanes, view: DataView, from: number): Lanes => {
  let [a, b, c, d] = lanes
  // Read once: its getter costs more than the sixteen bytes do.
  const last = view.byteLength - 16
  for (let i = from; i <= last; i += 16) {
    a = Math.imul(a ^ view.getInt32(i, true), prime)
    b = Math.imul(b ^ view.getInt32(i + 4, true), prime)
    c = Math.imul(c ^ view.getInt32(i + 8, true), prime)
    d = Math.imul(d ^ view.getInt32(i + 12, true), prime)
  }
  return [a, b, c, d]
}

const checksumAfter = (before: Checksum, bytes: Uint8Array): Checksum => {
  let { lanes, word, bytesOfWord } = before
  let i = 0
  for (; bytesOfWord > 0 && i < bytes.length; i++) {
    word |= (bytes[i] as number) << (8 * bytesOfWord)
    bytesOfWord = (bytesOfWord + 1) & 3
    if (bytesOfWord > 0) continue
    lanes = afterWord(lanes, word)
    word = 0
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  lanes = afterFours(lanes, view, i)
  i += (bytes.length - i) & ~15
  for (; i + 4 <= bytes.length; i += 4) lanes = afterWord(lanes, view.getInt32(i, true))
  for (; i < bytes.length; i++) word |= (bytes[i] as number) << (8 * bytesOfWord++)
  return { lanes, word, bytesOfWord }
}

const isSame = (one: Checksum, other: Checksum): boolean =>
  one.word === other.word && one.lanes.every((lane, at) => lane === other.lanes[at])

interface Mark extends Checksum {
  /** In bytes from the start. */
  readonly at: number
}

// A reading in the same pieces as the first one waits for nothing. Later in a long input, marks are further apart.
const nearMarks = 1_024
const distance = 64 * 1_024

const joined = (pieces: ReadonlyArray<Uint8Array>, bytes: Uint8Array): Uint8Array => {
  if (pieces.length === 0) return bytes
  const whole = new Uint8Array(pieces.reduce((sum, piece) => sum + piece.length, bytes.length))
  let at = 0
  for (const piece of [...pieces, bytes]) {
    whole.set(piece, at)
    at += piece.length
  }
  return whole
}

/** The marks of an input; the first reading that reaches a place adds the mark there. */
class Marks {
  readonly #marks: Mark[] = []
  /** The length of the input, after a complete reading. */
  length: number | undefined

  /** Returns the next mark after this place; `undefined`: no reading has passed the last one. */
  after(index: number): Mark | undefined {
    return this.#marks[index]
  }

  add(at: number, checksum: Checksum): void {
    const last = this.#marks.at(-1)?.at ?? 0
    if (this.#marks.length < nearMarks || at - last >= distance) this.#marks.push({ at, ...checksum })
  }

  /** Also makes the last mark, so that a later reading compares all bytes. */
  end(at: number, checksum: Checksum): void {
    if (this.length !== undefined) return
    this.length = at
    if ((this.#marks.at(-1)?.at ?? 0) < at) this.#marks.push({ at, ...checksum })
  }
}

/** Reads an input, and compares it with the marks of earlier readings. */
async function* readMarked(input: DocumentInput, marks: Marks): AsyncGenerator<Uint8Array, void, undefined> {
  let at = 0
  let checksum = noBytes
  let index = 0
  // Bytes after the last mark that are not compared yet.
  let held: Uint8Array[] = []
  for await (const bytes of readBytes(input)) {
    if (marks.length !== undefined && at + bytes.length > marks.length) throw inputChanged()
    let from = 0
    for (
      let mark = marks.after(index);
      mark !== undefined && mark.at <= at + bytes.length;
      mark = marks.after(++index)
    ) {
      const compared = bytes.subarray(from, mark.at - at)
      checksum = checksumAfter(checksum, compared)
      if (!isSame(checksum, mark)) throw inputChanged()
      from = mark.at - at
      if (held.length + compared.length > 0) yield joined(held, compared)
      held = []
    }
    const rest = bytes.subarray(from)
    checksum = checksumAfter(checksum, rest)
    at += bytes.length
    if (rest.length === 0) continue
    if (marks.after(index) !== undefined) {
      // The source may use the memory of a piece again.
      held.push(rest.slice())
      continue
    }
    marks.add(at, checksum)
    if (marks.after(index) !== undefined) index++
    yield joined(held, rest)
    held = []
  }
  if (marks.length !== undefined && at !== marks.length) throw inputChanged()
  // A reading that was broken off has marks up to there.
  if (marks.after(index) !== undefined) throw inputChanged()
  marks.end(at, checksum)
}

/** Returns the input with a check: a later reading fails where it differs, as that of a consumed stream does. */
export const withSameBytes = (input: DocumentInput): (() => AsyncGenerator<Uint8Array, void, undefined>) => {
  const marks = new Marks()
  return () => readMarked(input, marks)
}
