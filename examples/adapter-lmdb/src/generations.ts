/**
 * Where a store's bytes are. LMDB leaves what was deleted in the free parts of its file, and nothing makes it overwrite
 * them. So a store is a folder with two environments: `data-N.mdb`, which has the documents and claims of generation N,
 * and `root.mdb`, which says which generation is the current one. To drop what was deleted, what is there is copied to the
 * next generation and the last one removed. The root's write lock is the lock of the whole store, over all processes.
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
  /** Each document, by its kind, a blank and its id. */
  readonly documents: Database<Kept, Buffer>
  /** Each claim, with the key of the document it leads to. */
  readonly claims: Database<string, Buffer>
}

export interface Generations {
  /** The current generation, as every commit has left it that was done before this call. */
  newest(): Generation
  /** Gives `use` the current generation, which stays the current one until `use` is done. Nobody else writes meanwhile. */
  locked<A>(use: (current: Generation) => A): A
  /** Puts a generation in the place of the current one that has what is there, and nothing else. */
  renew(): void
  close(): Promise<void>
}

// Pages of 8 KiB have room for keys of 4,026 bytes; a claim can have 3,300. Without `overlappingSync`, LMDB's own order of
// writing and flushing holds.
const options = { encoding: 'json', pageSize: 8_192, overlappingSync: false } as const

// Keys are bytes: lmdb's own encoding makes one key of some texts that differ.
const byBytes = { keyEncoding: 'binary' } as const

const openGeneration = (folder: string, number: number): Generation => {
  const environment = open(join(folder, `data-${number}.mdb`), options)
  const documents = environment.openDB<Kept, Buffer>('documents', byBytes)
  return { number, environment, documents, claims: environment.openDB<string, Buffer>('claims', byBytes) }
}

/** Waits until the disk has the names of a folder's files; Windows has no call for it. */
const flushFolder = (folder: string): void => {
  if (platform === 'win32') return
  const opened = openSync(folder, 'r')
  fsyncSync(opened)
  closeSync(opened)
}

/** Opens the store in a folder, and makes it where there is none. */
export const openGenerations = (folder: string): Generations => {
  const root = open<number, string>(join(folder, 'root.mdb'), options)
  const currentNumber = (): number => root.get('generation') ?? 0
  let opened = root.transactionSync(() => openGeneration(folder, currentNumber()))

  // Only under the lock: without it the file could be removed, and an empty one be opened in its place.
  const follow = (): Generation => {
    if (currentNumber() !== opened.number) {
      const last = opened
      opened = openGeneration(folder, currentNumber())
      void last.environment.close()
    }
    return opened
  }

  // Those of a generation that was left, and those of a copy that was never finished.
  const removeOthers = ({ number }: Generation): void => {
    const isOther = (name: string): boolean => /^data-\d+\./.test(name) && !name.startsWith(`data-${number}.`)
    for (const name of readdirSync(folder).filter(isOther)) rmSync(join(folder, name))
  }

  return {
    newest: () => {
      // lmdb reads from one snapshot until the event loop turns: it may be older than another handle's last commit.
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
