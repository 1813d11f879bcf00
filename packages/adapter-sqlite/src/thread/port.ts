/** The parts of a message port that the two threads use. `MessagePort`, `Worker` and `parentPort` all fit. */

interface Messages {
  postMessage(message: unknown): void
  on(event: string, listener: (...values: ReadonlyArray<unknown>) => void): unknown
}

/** The end of the thread that calls: a `Worker`, or a `MessagePort`. */
export interface SqliteWorker extends Messages {}

/** The end of the thread that has the database: its `parentPort`, or a `MessagePort`. */
export interface SqliteThreadPort extends Messages {
  close(): void
}
