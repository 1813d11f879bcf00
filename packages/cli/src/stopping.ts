/** What ends work before its end on purpose, and what the shell is told then. */
import { constants } from 'node:os'
import type { Io, StopSignal } from './io.ts'

/** The reason of an abort that a signal asked for. */
export class Stopped extends Error {
  readonly signal: StopSignal

  constructor(signal: StopSignal) {
    super(signal)
    this.signal = signal
  }

  get exitCode(): number {
    return 128 + constants.signals[this.signal]
  }
}

/** Runs `work` with what aborts at the first of the stop signals. */
export const stoppable = async <A>(io: Io, work: (stop: AbortController) => Promise<A>): Promise<A> => {
  const stop = new AbortController()
  const stopListening = io.onStop((signal) => stop.abort(new Stopped(signal)))
  try {
    return await work(stop)
  } finally {
    stopListening()
  }
}

/** The reason of an abort because nobody reads the output any more: an end, and no failure. */
export class ReaderGone extends Error {}
