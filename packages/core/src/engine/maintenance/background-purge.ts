/** Purges in the background: after the call that deleted has been answered, one at a time, one for many deletions. */
import { E } from '../../fp.ts'
import type { Repository } from '../../repository/repository.ts'
import type { PurgeFailed } from '../transaction/engine-error.ts'
import type { RuntimeOptions } from '../transaction/runtime.ts'
import { purge, type PurgeReport } from './purge.ts'

/** A purge that ended, for the embedder's log. */
export type PurgeOutcome = E.Either<PurgeFailed, PurgeReport>

export interface BackgroundPurge {
  /** Notes that a batch is committed that owes a purge. */
  readonly note: () => void
  /** Called at the end of a call: starts a purge if a batch of it, or of an earlier call, was noted. Never waits. */
  readonly start: () => void
  /** Resolves once no purge is at work, and none is about to start. */
  readonly idle: () => Promise<void>
}

/** The state of all engines over one handle. */
interface Progress {
  isNoted: boolean
  isDue: boolean
  running: Promise<void> | undefined
}

// A service may create an engine for each request, over one handle.
const progressOf = new WeakMap<Repository, Progress>()

const progressOver = (repository: Repository): Progress => {
  const known = progressOf.get(repository)
  if (known !== undefined) return known
  const progress: Progress = { isNoted: false, isDue: false, running: undefined }
  progressOf.set(repository, progress)
  return progress
}

/** The time in which deletions gather, in milliseconds. One purge then pays for all of them. */
const gathering = 1_000

export interface BackgroundPurgeSettings {
  readonly repository: Repository
  readonly runtime: Required<Pick<RuntimeOptions, 'clock' | 'sleep'>>
  readonly onPurge: ((outcome: PurgeOutcome) => void) | undefined
}

export const createBackgroundPurge = ({ repository, runtime, onPurge }: BackgroundPurgeSettings): BackgroundPurge => {
  const progress = progressOver(repository)

  const tell = (outcome: PurgeOutcome): void => {
    try {
      onPurge?.(outcome)
    } catch {
      // The caller has its answer already; no caller is left for this.
    }
  }

  const run = async (): Promise<void> => {
    // Otherwise it could end before `start` knows that it runs.
    await Promise.resolve()
    while (progress.isDue) {
      try {
        await runtime.sleep(gathering)
        progress.isDue = false
        tell(await purge({ repository, runtime }))
      } catch (cause) {
        // The embedder's clock or waiting failed. What is owed is written down.
        progress.isDue = false
        tell(E.left({ _tag: 'PurgeFailed', cause }))
      }
    }
    // At once: a call that ends now must start another one.
    progress.running = undefined
  }

  return {
    note: () => {
      progress.isNoted = true
    },
    start: () => {
      if (progress.isNoted) progress.isDue = true
      progress.isNoted = false
      if (!progress.isDue) return
      progress.running ??= run()
    },
    idle: async () => {
      while (progress.running !== undefined) await progress.running
    }
  }
}

/** The embedder calls `purge`. */
export const noBackgroundPurge: BackgroundPurge = {
  note: () => undefined,
  start: () => undefined,
  idle: async () => undefined
}
