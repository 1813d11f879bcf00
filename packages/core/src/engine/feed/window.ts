/**
 * The window of a reader: entries that it has read and not delivered yet, in an order that keeps that of the commits.
 *
 * The entries of one writer are in the order of its commits. Entries of two writers about one person are ordered by their
 * versions. What was committed before an entry is found by any reading that begins after the entry was seen. So an entry is
 * delivered after one more reading, and after all that is known to come before it.
 */
import type { Repository } from '../../repository/index.ts'
import { onlyEntry } from '../transaction/feed-writer.ts'
import { type Entry, placeAfter, placeAfterWriter, readEntries } from './entries.ts'
import { FeedFault } from './feed-fault.ts'

// Bounds the memory of a reader. A writer that is further ahead waits.
const mostOfWriter = 64
const mostPeople = 100_000

interface Queue {
  /** The last number that was read. */
  read: number
  readonly entries: Read[]
}

interface Read {
  readonly entry: Entry
  /** The reading that found it. */
  readonly reading: number
}

/** Calls `visit` with each user point of an entry, and the version that the entry made. */
const visitPeople = ({ people }: Entry, visit: (id: string, version: number) => void): void => {
  for (const { id, version, merged } of people) {
    visit(id, version)
    if (merged !== undefined) for (const absorbed of merged) visit(absorbed.id, absorbed.version)
  }
}

export class Window {
  readonly #repository: Repository
  readonly #queues = new Map<string, Queue>()
  /** The entries about each user point, with the versions that they made. */
  readonly #about = new Map<string, Array<{ readonly version: number; readonly entry: Entry }>>()
  #readings = 0
  #people = 0
  #isCut = false

  /** @param marks The last entry of each writer that is delivered. */
  constructor(repository: Repository, marks: Iterable<readonly [writer: string, number: number]>) {
    this.#repository = repository
    for (const [writer, number] of marks) this.#queues.set(writer, { read: number, entries: [] })
  }

  /** The last reading found all there was, and all of it was delivered. */
  get isAtEnd(): boolean {
    return this.#about.size === 0 && !this.#isCut
  }

  /**
   * Reads what is new. Returns the writers that have entries.
   *
   * @throws FeedFault if entries are missing: they were dropped.
   */
  async read(): Promise<ReadonlySet<string>> {
    const reading = ++this.#readings
    this.#isCut = false
    const writers = new Set<string>()
    const doubted = new Set<string>()
    await readEntries(this.#repository, (entry) => {
      const { writer, number } = entry
      writers.add(writer)
      const known = this.#queues.get(writer)
      if (known !== undefined && (number <= known.read || number === onlyEntry)) return this.#placeAfter(writer, known)
      const queue = known ?? { read: 0, entries: [] }
      if (number !== queue.read + 1 && number !== onlyEntry) {
        // A scan may leave out what is committed during it, so look once more.
        if (doubted.has(writer)) throw new FeedFault('CHANGES_LOST')
        doubted.add(writer)
        return placeAfter(writer, queue.read)
      }
      this.#queues.set(writer, queue)
      this.#keep(queue, { entry, reading })
      return this.#isFull(queue) ? this.#cutAfter(writer) : undefined
    })
    for (const [writer, { read, entries }] of this.#queues)
      if (read === onlyEntry && entries.length === 0 && !writers.has(writer)) this.#queues.delete(writer)
    return writers
  }

  #isFull({ entries }: Queue): boolean {
    return entries.length >= mostOfWriter || (entries.length > 0 && this.#people >= mostPeople)
  }

  #placeAfter(writer: string, queue: Queue): string {
    return this.#isFull(queue) ? this.#cutAfter(writer) : placeAfter(writer, queue.read)
  }

  /** Returns the place after a writer of whom there may be more entries than the window takes. */
  #cutAfter(writer: string): string {
    this.#isCut = true
    return placeAfterWriter(writer)
  }

  #keep(queue: Queue, read: Read): void {
    const { entry } = read
    queue.read = entry.number
    queue.entries.push(read)
    visitPeople(entry, (id, version) => {
      this.#people++
      const about = this.#about.get(id)
      if (about === undefined) this.#about.set(id, [{ version, entry }])
      else about.push({ version, entry })
    })
  }

  /** Returns the next entry to deliver; `undefined`: another reading is due. */
  next(): Entry | undefined {
    let oldest: Entry | undefined
    for (const { entries } of this.#queues.values()) {
      const [head] = entries
      if (head === undefined || head.reading === this.#readings) continue
      if (oldest === undefined || head.entry.at < oldest.at) oldest = head.entry
    }
    return oldest && this.#firstOf(oldest)
  }

  /** Returns the entry of a writer that is next. */
  headOf(writer: string): Entry | undefined {
    return this.#queues.get(writer)?.entries[0]?.entry
  }

  /** Returns the entry that must come first: this one, or one that it builds on. */
  #firstOf(entry: Entry): Entry {
    const seen = new Set<Entry>()
    let first = entry
    for (;;) {
      seen.add(first)
      const earlier = this.#before(first)
      // Commits have an order. Without one, the feed is damaged, and the reader does not wait for ever.
      if (earlier === undefined || seen.has(earlier)) return first
      first = earlier
    }
  }

  /** Returns the next entry of a writer that made an earlier version of a person in this entry. */
  #before(entry: Entry): Entry | undefined {
    let found: Entry | undefined
    visitPeople(entry, (id, version) => {
      if (found !== undefined) return
      const earlier = this.#about
        .get(id)
        ?.find((other) => other.version < version && other.entry.writer !== entry.writer)
      if (earlier !== undefined) found = this.headOf(earlier.entry.writer)
    })
    return found
  }

  /** Takes an entry that was delivered out of the window. */
  take(entry: Entry): void {
    this.#queues.get(entry.writer)?.entries.shift()
    visitPeople(entry, (id) => {
      this.#people--
      const about = (this.#about.get(id) ?? []).filter((other) => other.entry !== entry)
      if (about.length === 0) this.#about.delete(id)
      else this.#about.set(id, about)
    })
  }
}
