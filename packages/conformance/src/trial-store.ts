/** An open store of a trial, as a requirement uses it. */
import type {
  Awaitable,
  ClaimsOf,
  CommitResult,
  Flaw,
  Kind,
  Reference,
  Repository,
  ScanOptions,
  Stored,
  Write
} from '@userpoint/core/repository'
import type { Line, StoreFile } from './harness.ts'
import type { Moment } from './process/remote-store.ts'

/** A handle on a store that records its calls. */
export interface Handle {
  readonly repository: Repository
  load(references: ReadonlyArray<Reference>): Promise<ReadonlyArray<Stored | undefined>>
  commit(writes: ReadonlyArray<Write>): Promise<CommitResult['_tag']>
  /** Collects a scan. Calls `visit` with each document and its index; `'stop'` ends the scan early. */
  scan(kind: Kind, options?: ScanOptions, visit?: Visit): Promise<ReadonlyArray<Stored>>
  purge(): Promise<void>
  /** Collects the flaws that a check yields. */
  check(claimsOf: ClaimsOf): Promise<ReadonlyArray<Flaw>>
  /** Closes the handle; a second call does nothing. */
  close(): Promise<void>
}

export type Visit = (stored: Stored, index: number) => Awaitable<'stop' | undefined | void>

/** An open store whose calls are recorded. A missing function of the harness is a failure, not a skip. */
export interface TrialStore {
  readonly handle: Handle
  peer(): Promise<Handle>
  reopen(): Promise<Handle>
  dump(): Promise<ReadonlyArray<StoreFile>>
  /** Returns how a text looks in the files; `undefined`: as it is. */
  looks(text: string): ReadonlyArray<Uint8Array> | 'never readable' | undefined
  /** Makes the store refuse each batch with this text in a body. */
  refuse(text: string): Promise<void>
  /** Blocks commits; returns a handle that fails soon, and `end`. */
  hinder(): Promise<{ readonly handle: Handle; readonly end: () => Promise<void> }>
  /** Opens a handle over a line that can be disturbed. */
  endpoint(): Promise<TrialLine>
  /** Records a line of code for a call that is not on a handle, such as a call of an engine. */
  note(line: () => string): void
  /** Starts another process, which is killed at the end of the trial at the latest. */
  fork(): Promise<TrialProcess>
}

/** A handle over a line, each disturbance of which is recorded. */
export interface TrialLine {
  readonly handle: Handle
  readonly line: Line
}

/** Another process on a store, whose calls are recorded. */
export interface TrialProcess {
  readonly handle: Handle
  /** Returns the number of the last batch that was acknowledged before the kill, as `RemoteStore` does. */
  workUntilKilled(after: number, moment: Moment): Promise<number>
  kill(): Promise<void>
}
