/** The streams and signals of a process, so that tests can run the program without one. */
import type { Readable, Writable } from 'node:stream'

/** The signals that stop the program. */
export const stopSignals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const
export type StopSignal = (typeof stopSignals)[number]

export interface TextStream extends Writable {
  readonly isTTY?: boolean
  readonly columns?: number
}

export interface Io {
  readonly stdin: Readable
  readonly stdout: TextStream
  readonly stderr: TextStream
  /** Ends the process now, even if work still waits in it. */
  readonly exit?: (code: number) => void
  /**
   * Calls `listener` at the first stop signal, which does not end the process; a later one does.
   *
   * @returns Stops listening.
   */
  readonly onStop: (listener: (signal: StopSignal) => void) => () => void
}

/** This process. */
export const processIo: Io = {
  get stdin() {
    return process.stdin
  },
  stdout: process.stdout,
  stderr: process.stderr,
  exit: (code) => process.exit(code),
  onStop: (listener) => {
    const stopListening = (): void => {
      for (const signal of stopSignals) process.off(signal, heard)
    }
    let isFirst = true
    const heard = (signal: NodeJS.Signals): void => {
      if (!isFirst) return
      isFirst = false
      // Under npm, one Ctrl-C arrives twice: from the terminal and from npm.
      setTimeout(stopListening, 1_000).unref()
      listener(signal as StopSignal)
    }
    for (const signal of stopSignals) process.on(signal, heard)
    // The second one may come when the work has ended, and must not end the process before it has said so.
    return () => {
      if (isFirst) stopListening()
    }
  }
}
