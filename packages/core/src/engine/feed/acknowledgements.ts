/** Acknowledgements: they move a consumer's cursor in the store, in the order in which changes were delivered. */
import { jsonEq } from '../../domain/json.ts'
import type { JsonObject, Repository, Write } from '../../repository/index.ts'
import { onlyEntry } from '../transaction/feed-writer.ts'
import {
  consumerWrite,
  type Cursor,
  type FeedSettings,
  findConsumer,
  type HeldConsumer,
  type StoredConsumer
} from './consumer.ts'
import type { Entry } from './entries.ts'
import { FeedFault } from './feed-fault.ts'
import { type Mark, youngMarks } from './feed-state.ts'

export interface Acknowledging {
  /**
   * A handle in a transaction of the caller's: the acknowledgement is committed with it, so that the caller's own writes and
   * the cursor land together.
   */
  readonly within?: Repository
  /** Documents of the caller's own kinds (`app_…`) to commit in the same batch. */
  readonly writes?: ReadonlyArray<Write>
}

/** The kinds of documents that an embedder may keep in the store. */
const ownKind = /^app_[a-z_]{1,36}$/

const requireOwn = (writes: ReadonlyArray<Write>): void => {
  if (!writes.every(({ kind }) => ownKind.test(kind)))
    throw new TypeError('kinds of your own begin with app_, and have at most 40 small letters and _')
}

/** Returns whether the same reader wrote both, for the same changes. */
const isSameCursor = (a: StoredConsumer, b: StoredConsumer): boolean =>
  jsonEq.equals({ ...(a as unknown as JsonObject), at: 0 }, { ...(b as unknown as JsonObject), at: 0 })

/** A change, or a presence, that was delivered. */
type Delivered =
  | { readonly _tag: 'Presence'; readonly id: string }
  | { readonly _tag: 'SnapshotEnded' }
  | { readonly _tag: 'Change'; readonly entry: Entry; readonly index: number }

type Acknowledge = (options?: Acknowledging) => Promise<void>

export class Acknowledgements {
  readonly #settings: FeedSettings
  #held: HeldConsumer
  /** Delivered and not acknowledged, in order. */
  #open: Array<{ readonly place: number; readonly delivered: Delivered }> = []
  #places = 0
  #last: Promise<unknown> = Promise.resolve()
  #writers: ReadonlySet<string> | undefined
  #entries = 0

  constructor(settings: FeedSettings, held: HeldConsumer) {
    this.#settings = settings
    this.#held = held
  }

  /** The cursor in the store. */
  get cursor(): Cursor {
    return this.#held.body
  }

  /** The number of entries that were acknowledged as a whole. */
  get entries(): number {
    return this.#entries
  }

  ofPresence(id: string): Acknowledge {
    return this.#delivering({ _tag: 'Presence', id })
  }

  ofChange(entry: Entry, index: number): Acknowledge {
    return this.#delivering({ _tag: 'Change', entry, index })
  }

  /** Ends the snapshot. The store knows it at once if everybody was acknowledged, and else with the next acknowledgement. */
  async endSnapshot(): Promise<void> {
    const isDone = this.#open.length === 0
    const acknowledge = this.#delivering({ _tag: 'SnapshotEnded' })
    if (isDone) await acknowledge()
  }

  /** Notes the writers that have entries. The cursor forgets others that will not write again. */
  keepOnly(writers: ReadonlySet<string>): void {
    this.#writers = writers
  }

  /** @throws FeedFault if another reader continues the consumer. */
  async requireTurn(): Promise<void> {
    const { repository } = this.#settings
    const stands = await findConsumer(repository, this.#held.body.name)
    if (stands?.body.lostAt !== undefined) throw new FeedFault('CHANGES_LOST')
    if (stands?.version !== this.#held.version) throw new FeedFault('CONSUMER_TAKEN')
  }

  #delivering(delivered: Delivered): Acknowledge {
    const place = ++this.#places
    this.#open.push({ place, delivered })
    return (options = {}) => {
      // One after the other, because each writes the version after that of the one before.
      const acknowledged = this.#last.then(() => this.#acknowledge(place, options))
      this.#last = acknowledged.catch(() => undefined)
      return acknowledged
    }
  }

  async #acknowledge(place: number, { within, writes = [] }: Acknowledging): Promise<void> {
    requireOwn(writes)
    const done = this.#open.filter((each) => each.place <= place)
    if (done.length === 0 && writes.length === 0) return
    const { repository, runtime } = this.#settings
    const next = this.#after(done.map(({ delivered }) => delivered))
    const { name, reader } = this.#held.body
    const body: StoredConsumer = { name, reader, at: runtime.clock(), ...next.cursor }
    await this.#commit(within ?? repository, body, writes)
    this.#held = { ...this.#held, version: this.#held.version + 1, body }
    this.#open = this.#open.filter((each) => each.place > place)
    this.#entries += next.entries
  }

  /** @throws FeedFault after a conflict; and errors of the store. */
  async #commit(repository: Repository, body: StoredConsumer, writes: ReadonlyArray<Write>): Promise<void> {
    const { _tag } = await repository.commit([consumerWrite(this.#held, body), ...writes])
    if (_tag === 'Committed') return
    const stands = await findConsumer(this.#settings.repository, this.#held.body.name)
    if (stands?.body.lostAt !== undefined) throw new FeedFault('CHANGES_LOST')
    if (stands?.version === this.#held.version) throw new FeedFault('WRITES_CONFLICT')
    // An earlier attempt failed with an unknown outcome, and had landed.
    if (stands?.version !== this.#held.version + 1 || !isSameCursor(stands.body, body))
      throw new FeedFault('CONSUMER_TAKEN')
  }

  /** Returns the cursor after these, and the number of entries that they end. */
  #after(delivered: ReadonlyArray<Delivered>): { readonly cursor: Cursor; readonly entries: number } {
    const { marks: before, part: startedPart, snapshot: startedSnapshot } = this.#held.body
    const marks = new Map<string, Mark>(this.#kept(Object.entries(before)))
    let part = startedPart
    let snapshot = startedSnapshot
    let entries = 0
    for (const each of delivered) {
      if (each._tag === 'Presence') snapshot = each.id
      else if (each._tag === 'SnapshotEnded') snapshot = undefined
      else {
        const { writer, number, at, people } = each.entry
        snapshot = undefined
        if (each.index + 1 < people.length) part = { writer, number, changes: each.index + 1 }
        else {
          part = undefined
          marks.set(writer, [number, at])
          entries++
        }
      }
    }
    const cursor = {
      marks: Object.fromEntries(marks),
      ...(part !== undefined && { part }),
      ...(snapshot !== undefined && { snapshot })
    }
    return { cursor, entries }
  }

  /** Leaves out the marks of writers that have no entry any more, and will have none. */
  #kept(marks: ReadonlyArray<[string, Mark]>): Iterable<readonly [string, Mark]> {
    const writers = this.#writers
    if (writers === undefined) return marks
    const gone = marks.filter(([writer]) => !writers.has(writer))
    const young = new Set(youngMarks(gone, this.#settings.runtime.clock()).map(([writer]) => writer))
    return marks.filter(([writer, [number]]) => writers.has(writer) || (number !== onlyEntry && young.has(writer)))
  }
}
