/** Lets other requests in during long work: an event loop that is not given back answers no request. */

/** Returns a promise to wait for if this thread has worked for long without a pause, else `undefined`. */
export type Pause = () => Promise<void> | undefined

/** The milliseconds of work without a pause. */
const longestWork = 12

/** Runs work after a turn of the event loop; `setTimeout` waits at least a millisecond, and not all runtimes have the other. */
const nextTurn = (work: () => void): void => {
  if (typeof setImmediate === 'function') setImmediate(work)
  else setTimeout(work, 0)
}

let lastTurn = 0

/** Those that wait, in the order in which they came. Each has a turn of its own: together they would work for long again. */
const waiting: Array<() => void> = []

const letOneGo = (): void => {
  lastTurn = performance.now()
  waiting.shift()?.()
  if (waiting.length > 0) nextTurn(letOneGo)
}

export const pause: Pause = () => {
  if (performance.now() - lastTurn < longestWork) return undefined
  return new Promise((resolve) => {
    if (waiting.push(resolve) === 1) nextTurn(letOneGo)
  })
}

/** Yields what a source has, and lets other requests in between. */
export async function* pausing<A>(source: AsyncIterable<A> | Iterable<A>): AsyncGenerator<A, void, undefined> {
  for await (const each of source) {
    yield each
    const turn = pause()
    if (turn !== undefined) await turn
  }
}

// Some 300 lines.
const pieceSize = 65_536

/** Yields bytes in pieces of at most 64 KiB, and lets other requests in between. */
export async function* inPieces(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void, undefined> {
  for await (const piece of bytes)
    for (let at = 0; at < piece.length; at += pieceSize) {
      yield piece.subarray(at, at + pieceSize)
      const turn = pause()
      if (turn !== undefined) await turn
    }
}
