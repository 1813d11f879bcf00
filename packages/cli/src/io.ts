/** What the program sees of the process it runs in, so that tests can run it without one. */
import type { Readable, Writable } from 'node:stream'

/** The signals that ask the program to end. */
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
  /**
   * Calls `listener` at the first of the stop signals, which then does not end the process; one that comes later does.
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
  onStop: (listener) => {
    const stopListening = (): void => {
      for (const signal of stopSignals) process.off(signal, heard)
    }
    let isFirst = true
    const heard = (signal: NodeJS.Signals): void => {
      if (!isFirst) return
      isFirst = false
      // Started by npm, a program gets one Ctrl-C twice: from the terminal, and from npm.
      setTimeout(stopListening, 1_000).unref()
      listener(signal as StopSignal)
    }
    for (const signal of stopSignals) process.on(signal, heard)
    return stopListening
  }
}
