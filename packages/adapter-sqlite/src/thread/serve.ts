/** The end of a store on a thread of its own that has the database. */
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

/** A database that is closed where it was opened. */
export interface ThreadDatabase extends SqliteDatabase {
  close(): unknown
}

/**
 * Serves a repository to the thread at the other end of the port, which calls `connectSqliteRepository`. The database is
 * opened when that does, and closed when it closes the repository; an error in opening it is that thread's to handle.
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
    // Nothing is served any more, and nothing keeps the thread alive: after the last call, and where there is no store.
    if (call._tag === 'Close' || (call._tag === 'Open' && reply._tag === 'Failed')) port.close()
  })
}
