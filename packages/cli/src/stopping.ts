/** Reasons to stop work early, with their exit codes. */
import { constants } from 'node:os'
import type { Io, StopSignal } from './io.ts'

/** The abort reason after a stop signal. */
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

/** Runs `work` with a controller that aborts at the first stop signal. */
export const stoppable = async <A>(io: Io, work: (stop: AbortController) => Promise<A>): Promise<A> => {
  const stop = new AbortController()
  const stopListening = io.onStop((signal) => stop.abort(new Stopped(signal)))
  try {
    return await work(stop)
  } finally {
    stopListening()
  }
}

/** The abort reason if the reader of the output has gone; not a failure. */
export class ReaderGone extends Error {}
