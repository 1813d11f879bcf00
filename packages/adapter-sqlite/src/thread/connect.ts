/** The caller's side of a store on another thread. */
import {
  type Kind,
  type Repository,
  type ScanOptions,
  type Stored,
  StoreFault,
  WrongCall
} from '@userpoint/core/repository'
import { storedAs, storedEach, textWrites } from '../body-text.ts'
import { check } from '../check.ts'
import { pageSize } from '../sqlite-repository.ts'
import {
  type Answers,
  type Call,
  packReferences,
  packWrites,
  type Reply,
  unpackDocuments,
  unpackError,
  unpackLoaded
} from './message.ts'
import type { SqliteWorker } from './port.ts'

/** A call that waits for its reply. */
interface Waiting {
  readonly call: Call['_tag']
  readonly resolve: (answer: Answers[keyof Answers]) => void
  readonly reject: (error: unknown) => void
}

type Ask = <Tag extends Call['_tag']>(call: Extract<Call, { readonly _tag: Tag }>) => Promise<Answers[Tag]>

const names: Readonly<Record<Call['_tag'], string>> = {
  Open: 'open',
  Load: 'load',
  Commit: 'commit',
  Page: 'scan',
  Purge: 'purge',
  Damages: 'check',
  Held: 'check',
  Strays: 'check',
  Close: 'close'
}

const ended = (call: Call['_tag'], isUnknown: boolean, cause: unknown): StoreFault =>
  new StoreFault(`sqlite: ${names[call]} failed (the thread of the store ended)`, {
    recovery: 'repair',
    ...(!isUnknown && { applied: false }),
    ...(cause !== undefined && { cause })
  })

/** Calls a thread, which replies in order; after it has ended, every call fails. */
const createAsk = (worker: SqliteWorker): Ask => {
  const waiting: Waiting[] = []
  let end: { readonly cause: unknown } | undefined
  let isClosing = false

  worker.on('message', (message) => {
    const reply = message as Reply
    const first = waiting.shift()
    if (reply._tag === 'Answer') first?.resolve(reply.answer)
    else first?.reject(unpackError(reply.error))
  })
  const endAll = (cause?: unknown): void => {
    end ??= { cause }
    // The thread may have carried out the calls that were sent.
    for (const { call, reject } of waiting.splice(0)) reject(ended(call, call === 'Commit', end.cause))
  }
  worker.on('error', endAll)
  worker.on('messageerror', endAll)
  worker.on('exit', () => endAll())
  worker.on('close', () => endAll())

  return (call) =>
    new Promise((resolve, reject) => {
      // The thread ends after it has closed: a commit that comes later is not carried out, so its outcome is known.
      if (end || isClosing) {
        reject(ended(call._tag, false, end?.cause))
        return
      }
      isClosing = call._tag === 'Close'
      waiting.push({ call: call._tag, resolve: resolve as Waiting['resolve'], reject })
      worker.postMessage(call)
    })
}

/**
 * Returns the repository that a worker serves with `serveSqliteRepository`, once its database is open; rejects if that fails, or
 * if the worker ends before. Call it before the first `await` after the creation of the worker.
 *
 * If a worker ends during a commit, the outcome of the commit is unknown; any other unanswered call, and any later one, has
 * changed nothing. Closing the repository closes the database and lets the thread end.
 */
export const connectSqliteRepository = async (worker: SqliteWorker): Promise<Repository> => {
  if (typeof (Object(worker) as Partial<SqliteWorker>).on !== 'function')
    throw new WrongCall('WRONG_ARGUMENT', 'connectSqliteRepository needs a Worker, or a port that leads to one')
  const ask = createAsk(worker)
  // The thread answers one call after the other, in their order.
  const manifest = { ...(await ask<'Open'>({ _tag: 'Open' })), overlapping: true }
  let isClosed = false
  return {
    manifest,
    load: async (references) =>
      storedEach(unpackLoaded(await ask<'Load'>({ _tag: 'Load', references: packReferences(references) }))),
    commit: (writes) => ask<'Commit'>({ _tag: 'Commit', writes: packWrites(textWrites(writes)) }),
    scan: (kind, options) => scan(ask, () => isClosed, kind, options),
    purge: () => ask<'Purge'>({ _tag: 'Purge' }),
    check: (claimsOf) => check(checkSourceOf(ask), claimsOf),
    close: () => {
      isClosed = true
      return ask<'Close'>({ _tag: 'Close' })
    }
  }
}

const checkSourceOf = (ask: Ask): Parameters<typeof check>[0] => ({
  damages: () => ask<'Damages'>({ _tag: 'Damages' }),
  held: (after, size) => ask<'Held'>({ _tag: 'Held', after, size }),
  strays: (from, size) => ask<'Strays'>({ _tag: 'Strays', from, size })
})

async function* scan(
  ask: Ask,
  isClosed: () => boolean,
  kind: Kind,
  { after = '', limit = Number.POSITIVE_INFINITY }: ScanOptions = {}
): AsyncGenerator<Stored> {
  let last = after
  let left = limit
  while (left > 0 && !isClosed()) {
    const size = Math.min(pageSize, left)
    const page = unpackDocuments(await ask<'Page'>({ _tag: 'Page', kind, after: last, size }))
    for (const document of page) {
      if (isClosed()) return
      yield storedAs(document)
      last = document.id
    }
    if (page.length < size) return
    left -= size
  }
}
