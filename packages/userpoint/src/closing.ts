/** Closing: after the purge in the background, which is waited for no longer than a bound. No call comes after it. */
import type { Engine } from '@userpoint/core'
import type { ChangesOptions } from '@userpoint/core/feed'
import { StoreFault } from '@userpoint/core/repository'
import { UserpointFailed } from './failure.ts'

type AbortSignalLike = NonNullable<ChangesOptions['signal']>

type AnyCall = (...args: ReadonlyArray<unknown>) => unknown

/** The state of a door: open, or closed with the promise of that. */
export class Door {
  #closing: Promise<void> | undefined
  readonly #closed = new AbortController()

  /** Closes once, with `work`; later calls get the same promise. */
  close(work: () => Promise<void>): Promise<void> {
    this.#closing ??= work()
    this.#closed.abort()
    return this.#closing
  }

  /** Returns the same calls, at any depth, which fail once the door is closed: with `CLOSED`, and nothing applied. */
  guard<Calls extends object>(calls: Calls): Calls {
    const guarded =
      (call: AnyCall) =>
      async (...args: ReadonlyArray<unknown>) => {
        this.demandOpen()
        return call(...args)
      }
    return Object.fromEntries(
      Object.entries(calls).map(([name, call]) => [
        name,
        typeof call === 'function' ? guarded(call as AnyCall) : this.guard(call as object)
      ])
    ) as Calls
  }

  /** @throws {UserpointFailed} `CLOSED`. */
  demandOpen(): void {
    if (this.#closing !== undefined) throw new UserpointFailed({ _tag: 'Closed' })
  }

  /** Yields what the store lists, until the door is closed. */
  async *listing<A>(list: () => AsyncIterable<A>): AsyncGenerator<A, void, undefined> {
    this.demandOpen()
    for await (const each of list()) {
      yield each
      this.demandOpen()
    }
  }

  /** Returns a signal that aborts with this one, and once the door is closed. */
  until(signal: AbortSignalLike | undefined): AbortSignalLike {
    const both: ReadonlyArray<AbortSignalLike> =
      signal === undefined ? [this.#closed.signal] : [this.#closed.signal, signal]
    return {
      get aborted() {
        return both.some(({ aborted }) => aborted)
      },
      addEventListener: (type, listener) => {
        for (const each of both) each.addEventListener?.(type, listener)
      },
      removeEventListener: (type, listener) => {
        for (const each of both) each.removeEventListener?.(type, listener)
      }
    }
  }

  /** Returns the calls of an engine that Insider's calls need; once the door is closed, they fail as those of a store. */
  engine<Some extends Pick<Engine, 'policies' | 'bounds' | 'execute' | 'find' | 'userPoints'>>(engine: Some): Some {
    const fault = (): StoreFault =>
      new StoreFault('userpoint: it is closed', { applied: false, recovery: 'repair', code: 'CLOSED' })
    const left = (operation: 'load') =>
      ({ _tag: 'Left', left: { _tag: 'StoreFailed', operation, cause: fault() } }) as const
    return {
      ...engine,
      execute: async (commands) => (this.#closing === undefined ? engine.execute(commands) : left('load')),
      find: async (who) => (this.#closing === undefined ? engine.find(who) : left('load')),
      userPoints: () => {
        if (this.#closing !== undefined) throw fault()
        return engine.userPoints()
      }
    }
  }
}

/**
 * Closes once `idle` resolves.
 *
 * @param bound The longest wait, in milliseconds.
 * @throws {UserpointFailed} `PURGE_FAILED`: the bound is over; it closes later.
 */
export const closeWithin = async (bound: number, idle: Promise<void>, close: () => Promise<void>): Promise<void> => {
  let timer: ReturnType<typeof setTimeout> | undefined
  const late = new Promise<'late'>((resolve) => {
    timer = setTimeout(() => resolve('late'), bound)
  })
  const first = await Promise.race([idle, late])
  clearTimeout(timer)
  if (first !== 'late') return close()
  // A handle is not closed while a call on it runs. No caller is left for an error of that close.
  void idle.then(close).catch(() => undefined)
  throw new UserpointFailed({
    _tag: 'PurgeFailed',
    cause: new Error(`the purge is still at work after ${bound / 1_000} seconds; the store is closed when it has ended`)
  })
}
