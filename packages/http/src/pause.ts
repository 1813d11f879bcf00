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

/**
 * Returns when the event loop has turned, and those that went on before in this turn have not worked for long: together they
 * would work for long again. Each waits for a turn of its own, since a worker's requests must not wait for another's.
 */
const turned = (): Promise<void> =>
  new Promise((resolve) => {
    const wait = (): void => {
      const askedAt = performance.now()
      nextTurn(() => {
        const now = performance.now()
        const isFirst = lastTurn <= askedAt
        if (isFirst) lastTurn = now
        if (isFirst || now - lastTurn < longestWork) resolve()
        else wait()
      })
    }
    wait()
  })

export const pause: Pause = () => (performance.now() - lastTurn < longestWork ? undefined : turned())

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
