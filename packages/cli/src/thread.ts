/** A store that moves to a thread of its own once there turns out to be much to do. */
import { extname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Worker } from 'node:worker_threads'
import { connectSqliteRepository } from '@userpoint/adapter-sqlite/thread'
import type { Repository } from '@userpoint/core/repository'
import type { ThreadSettings } from './store-thread.ts'

// Beside this file, and of its sort: it is run as it is written, and as it is built.
const program = new URL(`./store-thread${extname(fileURLToPath(import.meta.url))}`, import.meta.url)

// What it makes is gone at once; with the usual room it would only take more memory.
const maxYoungGenerationSizeMb = 6

/** The store in a file, on a new thread; rejected where there is none to be had. */
export const openOnThread = (settings: ThreadSettings): Promise<Repository> =>
  connectSqliteRepository(new Worker(program, { workerData: settings, resourceLimits: { maxYoungGenerationSizeMb } }))

/** A handle, and what gives back all that is behind it. */
export interface MovingStore {
  readonly repository: Repository
  readonly close: () => Promise<void>
}

/** A thread takes as long to start as some thousand lines to import: so many commits are made without one. */
const commitsBefore = 6

/**
 * A handle that is `here` at first, and after some commits the one that `open` gives, on the same store. Where none is given
 * it stays as it was: the thread changes nothing but how long things take.
 */
export const movingToThread = (
  here: Repository,
  closeHere: () => void,
  open: () => Promise<Repository>,
  patience = commitsBefore
): MovingStore => {
  let commits = 0
  let current = here
  let next = here
  let isHereOpen = true
  let hasScanned = false
  let moving: Promise<Repository | undefined> | undefined

  const leave = (): void => {
    if (isHereOpen) closeHere()
    isHereOpen = false
  }
  const move = async (): Promise<Repository | undefined> => {
    try {
      const there = await open()
      next = there
      return there
    } catch {
      return undefined
    }
  }
  // Between two calls, which never overlap; a scan goes on where it began.
  const handle = (): Repository => {
    if (current !== next) {
      current = next
      if (!hasScanned) leave()
    }
    return current
  }
  return {
    repository: {
      manifest: here.manifest,
      load: (references) => handle().load(references),
      commit: (writes) => {
        if (++commits === patience) moving = move()
        return handle().commit(writes)
      },
      scan: (kind, options) => {
        hasScanned ||= current === here
        return handle().scan(kind, options)
      },
      ...(here.purge && { purge: () => handle().purge?.() })
    },
    close: async () => {
      const there = await moving
      await there?.close?.()
      leave()
    }
  }
}
