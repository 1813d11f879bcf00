/** The database's side of a store on another thread. */
import type { SqliteDatabase } from '../sqlite-database.ts'
import { createTextStore, type SqliteRepositoryOptions, type TextStore } from '../text-store.ts'
import {
  type Answers,
  type Call,
  packDocuments,
  packError,
  packLoaded,
  type Reply,
  unpackReferences,
  unpackWrites
} from './message.ts'
import type { SqliteThreadPort } from './port.ts'

/** A database that this side opens and closes. */
export interface ThreadDatabase extends SqliteDatabase {
  close(): unknown
}

/**
 * Serves a repository to the thread at the other side of the port, which calls `connectSqliteRepository`. That call opens the
 * database, and gets an error of opening it; closing the repository closes the database.
 */
export const serveSqliteRepository = (
  port: SqliteThreadPort,
  open: () => ThreadDatabase,
  options: SqliteRepositoryOptions = {}
): void => {
  let opened: { readonly database: ThreadDatabase; readonly store: TextStore } | undefined

  const start = (): TextStore => {
    const database = open()
    try {
      const store = createTextStore(database, options)
      opened = { database, store }
      return store
    } catch (error) {
      database.close()
      throw error
    }
  }
  const answer = (call: Call): Answers[keyof Answers] => {
    const store = opened?.store ?? start()
    switch (call._tag) {
      case 'Open':
        return store.manifest
      case 'Load':
        return packLoaded(store.load(unpackReferences(call.references)))
      case 'Commit':
        return store.commit(unpackWrites(call.writes))
      case 'Page':
        return packDocuments(store.page(call.kind, call.after, call.size))
      case 'Purge':
        store.purge()
        return undefined
      case 'Damages':
        return store.check.damages()
      case 'Held':
        return store.check.held(call.after, call.size)
      case 'Strays':
        return store.check.strays(call.from, call.size)
      case 'Close':
        opened?.database.close()
        return undefined
    }
  }
  const replyTo = (call: Call): Reply => {
    try {
      return { _tag: 'Answer', answer: answer(call) }
    } catch (error) {
      return { _tag: 'Failed', error: packError(error) }
    }
  }
  port.on('message', (message) => {
    const call = message as Call
    const reply = replyTo(call)
    port.postMessage(reply)
    // Stops listening, so that the thread can end: after the last call, or if the store cannot be opened.
    if (call._tag === 'Close' || (call._tag === 'Open' && reply._tag === 'Failed')) port.close()
  })
}
