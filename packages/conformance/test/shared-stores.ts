/**
 * Stores that share databases, one after the other: a server takes a tenth of a second to make one. A store whose files or
 * constraints are looked at uses its database up.
 */
import type { ChildProcess } from 'node:child_process'
import type { Awaitable, Repository } from '@userpoint/core/repository'
import type { Endpoint, OpenStore, StoreFile } from '@userpoint/conformance'

interface Within {
  readonly datamart: string
}

/** A database, whose datamarts are stores. */
export interface Database {
  readonly open: (options: Within) => Promise<Repository>
  /** Starts another process on the database, which runs that program with those further arguments. */
  readonly fork: (program: URL, ...args: ReadonlyArray<string>) => ChildProcess
  readonly dump: () => Promise<ReadonlyArray<StoreFile>>
  readonly refuse: (text: string) => Promise<void>
  readonly hinder: (options: Within) => Promise<{ readonly repository: Repository; readonly end: () => Promise<void> }>
  readonly endpoint: (options: Within) => Promise<Endpoint>
  readonly remove: () => Promise<void>
}

/** A database that can be used by one store after the other, each with a datamart of its own. */
interface Shared {
  readonly database: Database
  datamarts: number
  /** Another store must not have this database, whose tables were changed, or have bytes that are looked for. */
  isUsedUp: boolean
}

/**
 * Returns what opens stores, each of which has everything that a database can do; and what removes the databases at the end.
 *
 * @param create Makes a database.
 * @param program The program of another process, which gets the datamart as its last argument.
 */
export const shareStores = (create: () => Awaitable<Database>, program: URL) => {
  const free: Shared[] = []
  const take = async (): Promise<Shared> => free.pop() ?? { database: await create(), datamarts: 0, isUsedUp: false }
  const open = async (): Promise<OpenStore> => {
    const shared = await take()
    const { database } = shared
    const datamart = `store ${(shared.datamarts += 1)}`
    const usingUp = <A>(value: A): A => {
      shared.isUsedUp = true
      return value
    }
    const handle = async (): Promise<Repository> => {
      const repository = await database.open({ datamart })
      return { ...repository, purge: () => usingUp(repository).purge?.() }
    }
    return {
      repository: await handle(),
      peer: handle,
      reopen: handle,
      fork: () => database.fork(program, datamart),
      dump: () => usingUp(database).dump(),
      refuse: (text) => usingUp(database).refuse(text),
      hinder: () => usingUp(database).hinder({ datamart }),
      endpoint: () => database.endpoint({ datamart }),
      dispose: async () => {
        if (shared.isUsedUp) await database.remove()
        else free.push(shared)
      }
    }
  }
  return {
    open,
    remove: async () => {
      for (const { database } of free.splice(0)) await database.remove()
    }
  }
}
