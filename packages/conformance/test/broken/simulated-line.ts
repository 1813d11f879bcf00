/** A line to a small store, without a network: a commit has three turns, of which the last one writes. */
import type { Line, LineFault } from '@userpoint/conformance'
import { type Repository, StoreFault, type Write } from '@userpoint/core/repository'

/** Thrown where an answer is lost. */
export class LineLost extends Error {}

/** A line whose turns are calls. */
export class SimulatedLine implements Line {
  #turns = 0
  #fault: LineFault | undefined
  #happened = false
  #delay = 0

  disturb(fault?: LineFault): void {
    this.#turns = 0
    this.#fault = fault
    this.#happened = false
  }

  happened(): boolean {
    return this.#happened
  }

  delay(milliseconds: number): void {
    this.#delay = milliseconds
  }

  /** Sends something, and returns the answer; throws a `LineLost` where the line is disturbed. */
  async turn<A>(answer: () => A): Promise<Awaited<A>> {
    this.#turns += 1
    const fault = !this.#happened && this.#turns === this.#fault?.turn ? this.#fault : undefined
    if (fault !== undefined) this.#happened = true
    if (fault?.when === 'before') throw new LineLost('the line is lost')
    if (this.#delay > 0) await new Promise((resolve) => setTimeout(resolve, this.#delay))
    const answered = await answer()
    if (fault !== undefined) throw new LineLost('the line is lost')
    return answered
  }
}

const nothing = (): void => {}

/** Returns a handle over a line; a commit whose last turn is lost has an unknown outcome. */
export const overLine = (correct: Repository, line: SimulatedLine): Repository => ({
  ...correct,
  load: (references) => line.turn(() => correct.load(references)),
  commit: async (writes: ReadonlyArray<Write>) => {
    try {
      await line.turn(nothing)
      await line.turn(nothing)
    } catch (cause) {
      throw new StoreFault('the line is lost before the batch was sent', { applied: false, recovery: 'retry', cause })
    }
    try {
      return await line.turn(() => correct.commit(writes))
    } catch (cause) {
      if (!(cause instanceof LineLost)) throw cause
      throw new StoreFault('the line is lost', { recovery: 'retry', cause })
    }
  }
})

/** Returns a handle over a line whose commits are answered by `answer` if the line is lost. */
export const answeringLoss = (
  handle: Repository,
  answer: (writes: ReadonlyArray<Write>, error: Error) => ReturnType<Repository['commit']>
): Repository => ({
  ...handle,
  commit: async (writes) => {
    try {
      return await handle.commit(writes)
    } catch (error) {
      if (!(error instanceof Error && error.cause instanceof LineLost)) throw error
      return answer(writes, error)
    }
  }
})
