/**
 * Units of work, as a document is read: the lines that are decided and committed together. What a unit costs are the people
 * in it more than its lines, so that one grows while its lines are on few people. How lines fall into units never shows.
 */
import type { Frame } from '../input/framing.ts'
import type { Reading } from '../input/reading.ts'
import { addWanted, type Task, type Wanted } from '../transaction/unit-of-work.ts'

/** Where a frame stands; what it holds is no longer needed once there is a task of it. */
export type Place = Pick<Frame, 'index' | 'line' | 'start'>

export interface Unit {
  /** Where its lines stand, one for each task. */
  readonly places: ReadonlyArray<Place>
  readonly tasks: ReadonlyArray<Task>
  /** What the tasks refer to. */
  readonly wanted: Wanted
}

// More gain little, and take more memory.
const mostPieces = 10
const mostBytes = 1_048_576

const placeOf = ({ index, line, start }: Frame): Place =>
  start === undefined ? { index, line } : { index, line, start }

/** From the start of its first line to that of its last, where both are known. */
const bytesIn = (places: ReadonlyArray<Place>): number =>
  (places.at(-1)?.start ?? Number.POSITIVE_INFINITY) - (places[0]?.start ?? 0)

/**
 * The units of these pieces: each one alone, or several, where fewer people come with one than half its lines, and all of
 * them have no more than two of them lines.
 *
 * @param mayGrow Whether pieces may be joined, as things are.
 * @throws What the source and `tasksOf` throw, once the lines before are given.
 */
export async function* unitsOf(
  pieces: AsyncIterable<ReadonlyArray<Frame>>,
  tasksOf: (frames: ReadonlyArray<Frame>) => ReadonlyArray<Task>,
  { linesPerUnit }: Pick<Reading, 'linesPerUnit'>,
  mayGrow: () => boolean
): AsyncGenerator<Unit, void, undefined> {
  let places: Place[] = []
  let tasks: Task[] = []
  let wanted: Wanted = new Map()

  const isFull = (added: number): boolean =>
    !mayGrow() ||
    places.length % linesPerUnit > 0 ||
    places.length >= mostPieces * linesPerUnit ||
    2 * added > linesPerUnit ||
    wanted.size + added > 2 * linesPerUnit ||
    bytesIn(places) > mostBytes

  const cut = (): Unit => {
    const unit = { places, tasks, wanted }
    places = []
    tasks = []
    wanted = new Map()
    return unit
  }

  try {
    for await (const frames of pieces) {
      const given = tasksOf(frames)
      for (const frame of frames) places.push(placeOf(frame))
      for (const task of given) tasks.push(task)
      const before = wanted.size
      addWanted(wanted, given)
      if (isFull(wanted.size - before)) yield cut()
    }
  } catch (error) {
    if (places.length > 0) yield cut()
    throw error
  }
  if (places.length > 0) yield cut()
}
