/**
 * Units of an import: the lines that are decided and committed together. A unit costs as much as the people in it, more than
 * its lines, so it grows while its lines concern few people. The grouping never shows in the result.
 */
import type { Line } from '../input/line.ts'
import type { References } from '../transaction/load.ts'
import { addReferences } from '../transaction/load.ts'
import type { Unit } from '../transaction/transaction.ts'

// More chunks save little time and need more memory.
const mostChunks = 10
const mostBytes = 1_048_576

/** Returns the bytes from the start of the first line to that of the last one, if both are known. */
const bytesIn = (lines: ReadonlyArray<Line>): number =>
  (lines.at(-1)?.start ?? Number.POSITIVE_INFINITY) - (lines[0]?.start ?? 0)

/**
 * Joins chunks of lines into units, while each chunk adds at most half as many references as it has lines. A unit stops growing
 * before one more such chunk would give it more references than two chunks have lines.
 *
 * @param linesPerUnit The length of a chunk.
 * @param mayGrow Returns whether chunks may be joined now.
 * @throws Errors of the source, after the lines before them.
 */
export async function* unitsOf(
  chunks: AsyncIterable<ReadonlyArray<Line>>,
  linesPerUnit: number,
  mayGrow: () => boolean
): AsyncGenerator<Unit, void, undefined> {
  let lines: Line[] = []
  let references: References = new Map()

  const isFull = (added: number): boolean =>
    !mayGrow() ||
    lines.length % linesPerUnit > 0 ||
    lines.length >= mostChunks * linesPerUnit ||
    2 * added > linesPerUnit ||
    references.size + added > 2 * linesPerUnit ||
    bytesIn(lines) > mostBytes

  const cut = (): Unit => {
    const unit = { lines, references }
    lines = []
    references = new Map()
    return unit
  }

  try {
    for await (const chunk of chunks) {
      const before = references.size
      for (const line of chunk) lines.push(line)
      addReferences(references, chunk)
      if (isFull(references.size - before)) yield cut()
    }
  } catch (error) {
    if (lines.length > 0) yield cut()
    throw error
  }
  if (lines.length > 0) yield cut()
}
