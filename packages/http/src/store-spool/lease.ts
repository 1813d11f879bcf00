/**
 * Leases of keys of a spool in a store. A lease is a document that names its owner; every write under it also writes that
 * document at the version that the owner knows. A server that takes a lease over changes the version, so the earlier owner writes
 * nothing more.
 */
import type { Repository, Stored, Write } from '@userpoint/core/repository'
import { keyText, type SpoolKey, SpoolLost } from '../spool.ts'
import { change, claimOf, type Commit, creation, deletion, documentAt } from './documents.ts'

export interface LeaseSettings {
  readonly newId: () => string
  /** Names the server. */
  readonly owner: string
  /** The milliseconds after which a silent owner has lost a lease. */
  readonly term: number
}

/** A lease that this server holds. */
export interface HeldLease {
  /** Aborts when another server has taken the lease over. */
  readonly lost: AbortSignal
  /** Writes a batch together with the lease. @throws SpoolLost if another server has it. */
  readonly commit: Commit
  readonly release: () => Promise<void>
}

/** A lease of another server, as it was first seen in this state. */
interface Seen {
  readonly id: string
  readonly version: number
  readonly at: number
}

const unrefed = (timer: unknown): void => {
  // Only Node's timers have it. A lease must not keep a finished process alive.
  if (typeof timer === 'object' && timer !== null && 'unref' in timer && typeof timer.unref === 'function')
    timer.unref()
}

/** Returns a lease over its document, which this server has just written. */
const holding = (repository: Repository, key: SpoolKey, taken: Stored, { owner, term }: LeaseSettings): HeldLease => {
  let current = taken
  let isOver = false
  let last: Promise<unknown> = Promise.resolve()
  const lost = new AbortController()

  const lose = (): never => {
    isOver = true
    clearInterval(timer)
    lost.abort()
    throw new SpoolLost()
  }

  /** Reads the lease again, after a commit whose outcome is unknown or that met another version. */
  const reread = async (): Promise<void> => {
    const [found] = await repository.load([{ _tag: 'ById', kind: 'spool_lease', id: taken.id }])
    if (found?.body['owner'] !== owner) lose()
    else current = found
  }

  const commitNow = async (writes: ReadonlyArray<Write>, end?: 'last'): Promise<boolean> => {
    if (isOver) throw new SpoolLost()
    const own = end === 'last' ? deletion(current, [claimOf('spool_lease', key)]) : change(current, { owner })
    try {
      if ((await repository.commit([...writes, own]))._tag === 'Committed') {
        current = { ...current, version: current.version + 1 }
        return true
      }
    } catch (error) {
      // The version is not known any more; a later call reads it, if this cannot.
      await reread().catch((unread: unknown) => {
        if (unread instanceof SpoolLost) throw unread
        current = { ...current, version: -1 }
      })
      throw error
    }
    await reread()
    return false
  }

  /** One write at a time, so that each knows the version. */
  const inTurn = <A>(work: () => Promise<A>): Promise<A> => {
    const done = last.then(work, work)
    last = done.catch(() => undefined)
    return done
  }

  const commit = (writes: ReadonlyArray<Write>, end?: 'last'): Promise<boolean> =>
    inTurn(async () => {
      if (current.version < 0 && !isOver) await reread()
      return commitNow(writes, end)
    })

  const timer = setInterval(() => void commit([]).catch(() => undefined), term / 5)
  unrefed(timer)

  return {
    lost: lost.signal,
    commit: (writes) => commit(writes),
    release: async () => {
      clearInterval(timer)
      try {
        while (!isOver && !(await commit([], 'last'))) {
          // It was renewed in between; the version is known now.
        }
      } catch (error) {
        if (!(error instanceof SpoolLost)) throw error
      } finally {
        isOver = true
      }
    }
  }
}

/** Returns a function that takes the lease of a key; `undefined`: another server, or another part of this one, has it. */
export const createLeases = (
  settings: LeaseSettings
): ((repository: Repository, key: SpoolKey) => Promise<HeldLease | undefined>) => {
  const { newId, term } = settings
  const seen = new Map<string, Seen>()

  /** Returns whether the owner of a lease has been silent for the term, by this server's clock alone. */
  const isSilent = (name: string, { id, version }: Stored): boolean => {
    const now = performance.now()
    const before = seen.get(name)
    if (before?.id === id && before.version === version) return now - before.at >= term
    for (const [other, { at }] of seen) if (now - at > 10 * term) seen.delete(other)
    seen.set(name, { id, version, at: now })
    return false
  }

  return async (repository, key) => {
    const name = keyText(key)
    // A lease of this server's own is one of another life of it: the owner is never written twice.
    const owner = `${settings.owner}.${newId()}`
    const found = await documentAt(repository, 'spool_lease', key)
    if (found !== undefined && !isSilent(name, found)) return undefined
    const write = found === undefined ? creation('spool_lease', key, newId(), { owner }) : change(found, { owner })
    if ((await repository.commit([write]))._tag === 'Conflict') return undefined
    seen.delete(name)
    const taken: Stored = { kind: 'spool_lease', id: write.id, version: write.expected + 1, body: { owner } }
    return holding(repository, key, taken, { ...settings, owner })
  }
}
