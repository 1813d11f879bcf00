/** The changes of the feed, for one consumer: a snapshot of everybody first, then what batches did, in the order of commits. */
import type { AbortSignalLike } from '../../abort-signal.ts'
import type { UserPointId } from '../../domain/identifier.ts'
import type { ChangedPath } from '../../domain/changed-paths.ts'
import type { UserPoint } from '../../domain/user-point.ts'
import type { Awaitable } from '../../repository/index.ts'
import type { Absorbed, ChangeOrigin, StoredRecord } from '../transaction/feed-entry.ts'
import { toLoaded, userPointKind } from '../transaction/load.ts'
import { Acknowledgements, type Acknowledging } from './acknowledgements.ts'
import { type Beginning, type FeedSettings, takeConsumer } from './consumer.ts'
import type { Entry } from './entries.ts'
import { forgetEntries } from './forget.ts'
import { parsePlace } from './place.ts'
import { Window } from './window.ts'

/** A user point as the store has it when a change is delivered, which may be later than the change. */
export interface Present {
  readonly version: number
  readonly point: UserPoint
}

/**
 * A change of one user point by one batch, or its presence in the snapshot. `Merged`: it absorbed others. Lists are empty where
 * nothing is to tell.
 */
export interface Change {
  readonly _tag: 'Present' | 'Created' | 'Changed' | 'Merged' | 'Erased'
  /** Names the change: the same each time it is delivered, and no other change has it. */
  readonly id: string
  readonly userPoint: UserPointId
  /** The version of the user point that the change made. It grows with each change of one user point. */
  readonly version: number
  /** The time of the batch, in milliseconds since 1970; of a presence, the time of the reading. */
  readonly at: number
  readonly origin: ChangeOrigin | undefined
  /** The line of the document that changed it last. */
  readonly line: number | undefined
  readonly paths: ReadonlyArray<ChangedPath>
  /** The claims that it took; not told of a new user point. */
  readonly taken: ReadonlyArray<string>
  /** The claims that it gave back; of an erasure, all that it had. */
  readonly given: ReadonlyArray<string>
  readonly merged: ReadonlyArray<Absorbed>
  /** The user point as it is now; `undefined`: it is gone. */
  readonly now: Present | undefined
  /**
   * Acknowledges this change and all before it: they are not delivered to this consumer again.
   *
   * @throws FeedFault if another reader has taken over, or if `writes` conflict; and errors of the store.
   */
  readonly acknowledge: (options?: Acknowledging) => Promise<void>
  /**
   * Returns this change and all before it that are not acknowledged, as a text of printable ASCII. A later reading, also one of
   * another process, acknowledges them if it begins with `acknowledged`.
   */
  readonly place: () => string
}

export interface ChangesOptions {
  /** The name of the consumer: 1 to 64 letters, digits, `_`, `-` and `.`. */
  readonly consumer: string
  /** A new consumer begins with `everybody` (the default), or with what comes from `now` on. */
  readonly beginning?: Beginning
  /** The `place` of a change that a reader before this one delivered. A place of a consumer that was forgotten does nothing. */
  readonly acknowledged?: string
  /** Called once this reader continues the consumer. */
  readonly onTaken?: () => void
  /** At the end of the changes: `wait` for more (the default), or `stop`. */
  readonly atEnd?: 'wait' | 'stop'
  /** An `AbortSignal`; it ends the reading after the change that is in progress. */
  readonly signal?: AbortSignalLike
  /** The pause between two looks at the store, in milliseconds; default 500. */
  readonly pause?: number
}

export interface ReaderSettings extends FeedSettings {
  readonly sleep: (milliseconds: number) => Awaitable<void>
  /** The age at which entries are dropped, in milliseconds. */
  readonly keptFor: number
  /** Called after entries were dropped, which may owe a purge. */
  readonly onForgotten: () => void
}

const peoplePerLoad = 200
// A scan may be paged, and its pages are read ahead.
const peoplePerScan = 500
const entriesBetweenForgetting = 64

type Tag = Exclude<Change['_tag'], 'Present'>

const tagOf = ({ what, merged }: StoredRecord): Tag =>
  what === 'erased' ? 'Erased' : merged !== undefined ? 'Merged' : what === 'created' ? 'Created' : 'Changed'

const none: ReadonlyArray<never> = []

type Told = Omit<Change, 'acknowledge' | 'place'>

const toldOf = (entry: Entry, index: number, now: Present | undefined): Told => {
  const record = entry.people[index] as StoredRecord
  const { id, version, line, taken = none, given = none, merged = none } = record
  const { writer, number, at, origin } = entry
  const paths = (record.paths !== undefined && entry.paths?.[record.paths]) || none
  const told = { userPoint: id, version, at, origin, line, paths, taken, given, merged, now }
  return { _tag: tagOf(record), id: `${writer}.${number}.${index}`, ...told }
}

class Reader {
  readonly #settings: ReaderSettings
  readonly #options: ChangesOptions
  readonly #acknowledgements: Acknowledgements
  readonly #window: Window
  /** The number of entries that were acknowledged when entries were last dropped. */
  #forgotten: number

  constructor(settings: ReaderSettings, options: ChangesOptions, acknowledgements: Acknowledgements) {
    this.#settings = settings
    this.#options = options
    this.#acknowledgements = acknowledgements
    // What an earlier reader delivered is acknowledged just now.
    this.#forgotten = options.acknowledged === undefined ? 0 : -1
    const { marks } = acknowledgements.cursor
    this.#window = new Window(
      settings.repository,
      Object.entries(marks).map(([writer, [number]]) => [writer, number])
    )
  }

  get #isStopped(): boolean {
    return this.#options.signal?.aborted === true
  }

  async *read(): AsyncGenerator<Change, void, undefined> {
    const { snapshot, part } = this.#acknowledgements.cursor
    if (snapshot !== undefined) yield* this.#everybody(snapshot)
    let unfinished = part
    while (!this.#isStopped) {
      const writers = await this.#window.read()
      // Its first changes were delivered, so all that comes before it was.
      const head = unfinished && this.#window.headOf(unfinished.writer)
      if (head !== undefined) yield* this.#deliver(head, unfinished?.changes ?? 0)
      unfinished = undefined
      for (let entry = this.#window.next(); entry !== undefined && !this.#isStopped; entry = this.#window.next())
        yield* this.#deliver(entry, 0)
      this.#acknowledgements.keepOnly(writers)
      await this.#forget()
      if (!this.#window.isAtEnd) continue
      if (this.#options.atEnd === 'stop') return
      await this.#rest()
      await this.#acknowledgements.requireTurn()
    }
  }

  /** Yields everybody. A person who is changed meanwhile is told again, by the entry of the change. */
  async *#everybody(from: string): AsyncGenerator<Change, void, undefined> {
    const { repository, runtime } = this.#settings
    let after = from
    for (let isLast = false; !isLast; ) {
      const page = []
      const options = { limit: peoplePerScan, ...(after !== '' && { after }) }
      for await (const stored of repository.scan(userPointKind, options)) page.push(toLoaded(stored))
      isLast = page.length < peoplePerScan
      for (const { id, version, point } of page) {
        if (this.#isStopped) return
        after = id
        const told = { userPoint: id, version, at: runtime.clock(), origin: undefined, line: undefined }
        const lists = { paths: none, taken: none, given: none, merged: none }
        yield {
          _tag: 'Present',
          id: `present.${id}.${version}`,
          ...told,
          ...lists,
          now: { version, point },
          ...this.#acknowledgements.ofPresence(id)
        }
      }
    }
    await this.#acknowledgements.endSnapshot()
  }

  async *#deliver(entry: Entry, from: number): AsyncGenerator<Change, void, undefined> {
    const { people } = entry
    for (let start = from; start < people.length; start += peoplePerLoad) {
      const some = people.slice(start, start + peoplePerLoad)
      const found = await this.#settings.repository.load(
        some.map(({ id }) => ({ _tag: 'ById', kind: userPointKind, id }))
      )
      for (const [at, stored] of found.entries()) {
        if (this.#isStopped) return
        const now = stored && toLoaded(stored)
        const index = start + at
        yield {
          ...toldOf(entry, index, now && { version: now.version, point: now.point }),
          ...this.#acknowledgements.ofChange(entry, index)
        }
      }
    }
    this.#window.take(entry)
  }

  /** Drops what every consumer has acknowledged by now. */
  async #forget(): Promise<void> {
    const { entries } = this.#acknowledgements
    const isDue = this.#window.isAtEnd || entries - this.#forgotten >= entriesBetweenForgetting
    if (!isDue || entries === this.#forgotten) return
    this.#forgotten = entries
    await forgetEntries(this.#settings, this.#settings.keptFor)
    this.#settings.onForgotten()
  }

  async #rest(): Promise<void> {
    const { signal, pause = 500 } = this.#options
    let wake = (): void => undefined
    const aborted = new Promise<void>((resolve) => {
      wake = resolve
    })
    signal?.addEventListener?.('abort', wake)
    try {
      if (!this.#isStopped) await Promise.race([this.#settings.sleep(pause), aborted])
    } finally {
      signal?.removeEventListener?.('abort', wake)
    }
  }
}

/** Yields the changes for a consumer. @throws FeedFault if the consumer cannot go on; and errors of the store. */
export async function* readChanges(
  settings: ReaderSettings,
  options: ChangesOptions
): AsyncGenerator<Change, void, undefined> {
  const { consumer, beginning = 'everybody', acknowledged, onTaken } = options
  const held = await takeConsumer(settings, consumer, {
    beginning,
    place: acknowledged === undefined ? undefined : parsePlace(acknowledged)
  })
  onTaken?.()
  yield* new Reader(settings, options, new Acknowledgements(settings, held)).read()
}
