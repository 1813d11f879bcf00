/**
 * Units of an import: the lines that are decided and committed together. A unit costs as much as the people in it, more than
 * its lines, so it grows while its lines concern few people. The grouping never shows in the result.
 *
 * A unit is read in steps, so that a store which answers synchronously can decide each step before the next one is read.
 */
import type { Line } from '../input/line.ts'
import { bytesPerChunk } from '../input/reading.ts'
import { addReferences, type References } from '../transaction/load.ts'
import type { Step, Unit } from '../transaction/transaction.ts'

// More lines save little time and need more memory.
const mostTimes = 10
const mostWhenGrowing = 1_048_576

/** A unit that is being read. */
class OpenUnit implements Unit {
  readonly lines: Line[] = []
  readonly references: References = new Map()
  readonly #linesPerUnit: number
  /** The length of all texts. A place in the input would not do: not every line has one. */
  #length = 0
  /** The number of references at the last multiple of `linesPerUnit`. */
  #referencesThen = 0

  constructor(linesPerUnit: number) {
    this.#linesPerUnit = linesPerUnit
  }

  /** The number of lines up to the next multiple of `linesPerUnit`. */
  get room(): number {
    return this.#linesPerUnit - (this.lines.length % this.#linesPerUnit)
  }

  add(lines: ReadonlyArray<Line>): References {
    for (const line of lines) {
      this.lines.push(line)
      this.#length += line.length ?? 0
    }
    return addReferences(this.references, lines)
  }

  isFull(mayGrow: () => boolean): boolean {
    if (this.#length > bytesPerChunk) return true
    if (this.lines.length % this.#linesPerUnit > 0) return false
    const { size } = this.references
    const added = size - this.#referencesThen
    this.#referencesThen = size
    return (
      !mayGrow() ||
      this.lines.length >= mostTimes * this.#linesPerUnit ||
      2 * added > this.#linesPerUnit ||
      size + added > 2 * this.#linesPerUnit ||
      this.#length > mostWhenGrowing
    )
  }
}

/**
 * Joins chunks of lines into units of `linesPerUnit`, or a multiple of it while so many more lines add at most half as many
 * references. A unit stops growing before that many more would give it more references than twice `linesPerUnit`.
 *
 * @param mayGrow Returns whether units may grow now.
 * @throws Errors of the source, after the lines before them.
 */
export async function* stepsOf(
  chunks: AsyncIterable<ReadonlyArray<Line>>,
  linesPerUnit: number,
  mayGrow: () => boolean
): AsyncGenerator<Step, void, undefined> {
  let unit = new OpenUnit(linesPerUnit)
  const last = (): Step => ({ unit, lines: [], references: new Map(), isLast: true })

  try {
    for await (const chunk of chunks) {
      for (let at = 0; at < chunk.length; ) {
        const lines = chunk.slice(at, at + unit.room)
        at += lines.length
        const references = unit.add(lines)
        const isLast = unit.isFull(mayGrow)
        const step = { unit, lines, references, isLast }
        if (isLast) unit = new OpenUnit(linesPerUnit)
        yield step
      }
    }
  } catch (error) {
    if (unit.lines.length > 0) yield last()
    throw error
  }
  if (unit.lines.length > 0) yield last()
}

/** Returns the units, each once all of its steps are read. */
export async function* unitsOf(steps: AsyncIterable<Step>): AsyncGenerator<Unit, void, undefined> {
  for await (const { unit, isLast } of steps) if (isLast) yield unit
}
