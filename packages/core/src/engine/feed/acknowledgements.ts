/** Acknowledgements: they move a consumer's cursor in the store, in the order in which changes were delivered. */
import { jsonEq } from '../../domain/json.ts'
import type { JsonObject, Repository, Write } from '../../repository/index.ts'
import { demandOptions, type OptionNames, type OptionValues, wrongArgument } from '../../wrong-call.ts'
import { onlyEntry } from '../transaction/feed-writer.ts'
import { consumerWrite, type FeedSettings, findConsumer, type HeldConsumer, type StoredConsumer } from './consumer.ts'
import type { Entry } from './entries.ts'
import { FeedFault } from './feed-fault.ts'
import { type Mark, youngMarks } from './feed-state.ts'
import { type Cursor, cursorOf, type Delivered, endsEntry, moveBehind, type Moving, placeText } from './place.ts'

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

const acknowledgingNames: OptionNames<Acknowledging> = { within: 'optional', writes: 'optional' }
const acknowledgingValues: OptionValues<Acknowledging> = {
  within: {
    holds: (value) => typeof (Object(value) as Partial<Repository>).commit === 'function',
    expected: 'a store in a transaction of yours; await a promise of one'
  },
  writes: { holds: Array.isArray, expected: 'an array of writes' }
}

const requireOwn = (writes: ReadonlyArray<Write>): void => {
  if (!writes.every((each) => ownKind.test((Object(each) as Write).kind)))
    throw wrongArgument('kinds of your own begin with app_, and have at most 40 small letters and _')
}

/** Returns whether the same reader wrote both, for the same changes. */
const isSameCursor = (a: StoredConsumer, b: StoredConsumer): boolean =>
  jsonEq.equals({ ...(a as unknown as JsonObject), at: 0 }, { ...(b as unknown as JsonObject), at: 0 })

/** The calls of a change that was delivered. */
interface Delivery {
  readonly acknowledge: (options?: Acknowledging) => Promise<void>
  readonly place: () => string
}

const nothingAhead: Moving = { marks: new Map(), part: undefined, snapshot: undefined }

export class Acknowledgements {
  readonly #settings: FeedSettings
  #held: HeldConsumer
  /** Delivered and not acknowledged, in order. */
  #open: Array<{ readonly place: number; readonly delivered: Delivered }> = []
  #places = 0
  /** The additions of the open ones to the cursor in the store. Deliveries keep it, so it is replaced and not changed. */
  #ahead: Moving = nothingAhead
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

  ofPresence(id: string): Delivery {
    return this.#delivering({ _tag: 'Presence', id })
  }

  ofChange(entry: Entry, index: number): Delivery {
    return this.#delivering({ _tag: 'Change', entry, index })
  }

  /** Ends the snapshot. The store knows it at once if everybody was acknowledged, and else with the next acknowledgement. */
  async endSnapshot(): Promise<void> {
    const isDone = this.#open.length === 0
    const { acknowledge } = this.#delivering({ _tag: 'SnapshotEnded' })
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

  #delivering(delivered: Delivered): Delivery {
    const place = ++this.#places
    this.#open.push({ place, delivered })
    const { marks } = this.#ahead
    const ahead = { ...this.#ahead, marks: endsEntry(delivered) ? new Map(marks) : marks }
    moveBehind(ahead, delivered)
    this.#ahead = ahead
    const { document } = this.#held
    return {
      acknowledge: async (options = {}) => {
        demandOptions('acknowledge', options, acknowledgingNames, acknowledgingValues)
        // One after the other, because each writes the version after that of the one before.
        const acknowledged = this.#last.then(() => this.#acknowledge(place, options))
        this.#last = acknowledged.catch(() => undefined)
        return acknowledged
      },
      place: () => placeText({ document, ...cursorOf(ahead) })
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
    this.#ahead = { ...nothingAhead, marks: new Map() }
    for (const { delivered } of this.#open) moveBehind(this.#ahead, delivered)
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
    const { marks, part, snapshot } = this.#held.body
    const moving: Moving = { marks: new Map(this.#kept(Object.entries(marks))), part, snapshot }
    for (const each of delivered) moveBehind(moving, each)
    return { cursor: cursorOf(moving), entries: delivered.filter(endsEntry).length }
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
