/**
 * The files of a store. LMDB leaves deleted data in the free pages of its file, and cannot overwrite them. So a store is a
 * folder with two environments: `data-N.mdb` has the documents and claims of generation N, and `root.mdb` has the number of
 * the current generation. A purge copies the current data to the next generation and removes the old one. The root's write
 * lock is the lock of the whole store, over all processes.
 */
import { closeSync, fsyncSync, openSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { platform } from 'node:process'
import type { JsonObject } from '@userpoint/core/repository'
import { type Database, open, type RootDatabase } from 'lmdb'

export interface Kept {
  readonly version: number
  readonly body: JsonObject
}

export interface Generation {
  readonly number: number
  readonly environment: RootDatabase
  /** The documents, by kind, a blank and id. */
  readonly documents: Database<Kept, Buffer>
  /** The claims, each with the key of its document. */
  readonly claims: Database<string, Buffer>
}

export interface Generations {
  /** Returns the current generation, with every earlier commit. */
  newest(): Generation
  /** Calls `use` with the current generation under the write lock. */
  locked<A>(use: (current: Generation) => A): A
  /** Replaces the current generation by a copy without deleted data. */
  renew(): void
  close(): Promise<void>
}

// Pages of 8 KiB allow keys of 4,026 bytes; a claim can have 3,300. Without `overlappingSync`, a commit is flushed when it
// returns.
const options = { encoding: 'json', pageSize: 8_192, overlappingSync: false } as const

// Keys are bytes, because lmdb encodes some different texts to the same key.
const byBytes = { keyEncoding: 'binary' } as const

const openGeneration = (folder: string, number: number): Generation => {
  const environment = open(join(folder, `data-${number}.mdb`), options)
  const documents = environment.openDB<Kept, Buffer>('documents', byBytes)
  return { number, environment, documents, claims: environment.openDB<string, Buffer>('claims', byBytes) }
}

/** Makes the names of a folder's files durable; Windows has no call for it. */
const flushFolder = (folder: string): void => {
  if (platform === 'win32') return
  const opened = openSync(folder, 'r')
  fsyncSync(opened)
  closeSync(opened)
}

/** Opens the store in a folder; creates a missing store. */
export const openGenerations = (folder: string): Generations => {
  const root = open<number, string>(join(folder, 'root.mdb'), options)
  const currentNumber = (): number => root.get('generation') ?? 0
  let opened = root.transactionSync(() => openGeneration(folder, currentNumber()))

  // Call it only under the lock; otherwise the file could be removed meanwhile, and an empty one opened.
  const follow = (): Generation => {
    if (currentNumber() !== opened.number) {
      const last = opened
      opened = openGeneration(folder, currentNumber())
      void last.environment.close()
    }
    return opened
  }

  // Removes the files of old generations and of partial copies.
  const removeOthers = ({ number }: Generation): void => {
    const isOther = (name: string): boolean => /^data-\d+\./.test(name) && !name.startsWith(`data-${number}.`)
    for (const name of readdirSync(folder).filter(isOther)) rmSync(join(folder, name))
  }

  return {
    newest: () => {
      // lmdb keeps its snapshot until the event loop turns, so it may be stale.
      root.resetReadTxn()
      if (currentNumber() !== opened.number) root.transactionSync(follow)
      opened.environment.resetReadTxn()
      return opened
    },
    locked: (use) => root.transactionSync(() => use(follow())),
    renew: () => {
      root.transactionSync(() => {
        const from = follow()
        removeOthers(from)
        const to = openGeneration(folder, from.number + 1)
        try {
          to.environment.transactionSync(() => {
            for (const { key, value } of from.documents.getRange()) to.documents.putSync(key, value)
            for (const { key, value } of from.claims.getRange()) to.claims.putSync(key, value)
          })
        } finally {
          void to.environment.close()
        }
        flushFolder(folder)
        root.putSync('generation', to.number)
      })
      root.transactionSync(() => removeOthers(follow()))
    },
    close: async () => {
      await opened.environment.close()
      await root.close()
    }
  }
}
