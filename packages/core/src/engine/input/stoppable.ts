/** Inputs that end with the caller's signal, although their next piece may never come. */
import type { AbortSignalLike } from '../../abort-signal.ts'
import { type DocumentInput, ReadError } from './reading.ts'

/** The caller's signal ended a reading before the end of the input. */
export class ReadingStopped extends ReadError {}

/** Returns what `wait` resolves to, or `undefined` if the signal comes first. */
const unlessAborted = <A>(wait: Promise<A>, signal: AbortSignalLike): Promise<A | undefined> =>
  new Promise((resolve, reject) => {
    const stop = (): void => resolve(undefined)
    signal.addEventListener?.('abort', stop)
    // No reader is left for an error that comes after the signal.
    wait.then(resolve, reject).finally(() => signal.removeEventListener?.('abort', stop))
  })

async function* readUntilAborted(
  open: () => AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  signal: AbortSignalLike
): AsyncGenerator<Uint8Array, void, undefined> {
  if (signal.aborted) throw new ReadingStopped()
  const source = open()
  const pieces = Symbol.asyncIterator in source ? source[Symbol.asyncIterator]() : source[Symbol.iterator]()
  let isWaiting = false
  let isOver = false
  try {
    for (;;) {
      isWaiting = true
      const next = await unlessAborted(Promise.resolve(pieces.next()), signal)
      if (next === undefined || (signal.aborted && next.done !== true)) throw new ReadingStopped()
      isWaiting = false
      if (next.done === true) {
        isOver = true
        return
      }
      yield next.value
    }
  } finally {
    // An iterator that waits closes after its wait, which may have no end.
    const closed = isOver ? undefined : Promise.resolve(pieces.return?.())
    if (isWaiting) closed?.catch(() => undefined)
    else await closed
  }
}

/** Returns the same input, whose reading throws {@link ReadingStopped} once the signal aborts. */
export const stoppedBy = (signal: AbortSignalLike | undefined, input: DocumentInput): DocumentInput =>
  signal === undefined || typeof input !== 'function' ? input : () => readUntilAborted(input, signal)
