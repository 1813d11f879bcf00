/** The feed: replaying the changes into an empty mirror gives the people of the store, even if processes are killed (L-42). */
import type { Engine, Json, JsonObject, UserPoint } from '@userpoint/core'
import { type Change, FeedFault } from '@userpoint/core/feed'
import type { DocumentType } from '@userpoint/core/mediarithmics'
import type { CommitResult, Repository, Stored, Write } from '@userpoint/core/repository'
import { fromStored, type StoredUserPoint } from '@userpoint/core/user-point'
import fc from 'fast-check'
import { codeOf, history, type HistoryStep, perform } from '../arbitraries/history.ts'
import { mintIds, slowClock } from '../arbitraries/people.ts'
import { difference, fail } from '../compare.ts'
import type { Requirement } from '../requirement.ts'
import { type Handle, requirement, type TrialStore } from '../trial.ts'
import { userPoint } from '../writes.ts'
import { engineOver, repositoryOf } from './engine.ts'
import { documentsOf } from './record.ts'

const times = ['modifiedAt', 'writtenAt', 'parts', 'tick', 'dataBagAt']

const timeless = (items: ReadonlyArray<object>): ReadonlyArray<JsonObject> =>
  items.map((item) => Object.fromEntries(Object.entries(item).filter(([name]) => !times.includes(name))))

/** A person without the times of writes, which an upsert that alters nothing moves and no change tells of. */
const personOf = (point: UserPoint): Json => {
  const { profiles, segments, scenarios, choices } = point
  const lists = { profiles, segments, scenarios, choices }
  const bare = Object.fromEntries(Object.entries(lists).map(([name, items]) => [name, timeless(items)]))
  return JSON.parse(JSON.stringify({ ...point, ...bare })) as Json
}

/** A copy of the people, as another system would keep it. */
class Mirror {
  readonly people = new Map<string, Json>()
  /** The last version that was told of each person. */
  readonly #told = new Map<string, number>()
  readonly #seen = new Set<string>()

  apply({ _tag, id, userPoint: person, version, merged, now }: Change): void {
    for (const absorbed of merged) this.people.delete(absorbed.id)
    if (now === undefined) this.people.delete(person)
    else this.people.set(person, personOf(now.point))
    if (_tag === 'Present') return
    const last = this.#told.get(person) ?? 0
    if (version < last && !this.#seen.has(id)) fail('a change was told after a later change of the same person')
    this.#seen.add(id)
    this.#told.set(person, Math.max(last, version))
  }

  demandSame(documents: ReadonlyArray<Stored>, when: string): void {
    const stored = Object.fromEntries(
      documents.map(({ id, body }) => [id, personOf(fromStored(body as StoredUserPoint))])
    )
    const found = difference(stored, Object.fromEntries(this.people))
    if (found !== undefined) fail(`the mirror differs from the store ${when}: ${found}`)
  }
}

/** One event in the history of a store. */
type Move =
  | { readonly _tag: 'Step'; readonly writer: number; readonly step: HistoryStep }
  /** The next batch of the writer about people has an unknown outcome, and its process is over. */
  | { readonly _tag: 'Kill'; readonly writer: number; readonly batch: 'landed' | 'lost' }
  /** The mirror reads some changes. It dies before it acknowledges the last ones. */
  | { readonly _tag: 'Read'; readonly changes: number; readonly unacknowledged: number }
  /** As `Read`, by a process that tells the next one which changes it had. */
  | { readonly _tag: 'Relay'; readonly changes: number; readonly unacknowledged: number }
  /** The counter reads some changes, each acknowledged with a document of its own. */
  | { readonly _tag: 'Count'; readonly changes: number }
  | { readonly _tag: 'Forget' }

const writers = 4
const writer = () => fc.nat(writers - 1)

const steps = () => history({ maxSteps: 3, maxLength: 12, faults: 'none' }).filter((some) => some.length > 0)

const move = (): fc.Arbitrary<ReadonlyArray<Move>> =>
  fc.oneof(
    {
      weight: 6,
      arbitrary: fc
        .tuple(writer(), steps())
        .map(([who, some]) => some.map((step): Move => ({ _tag: 'Step', writer: who, step })))
    },
    {
      weight: 2,
      arbitrary: fc
        .tuple(writer(), fc.constantFrom('landed' as const, 'lost' as const))
        .map(([who, batch]): ReadonlyArray<Move> => [{ _tag: 'Kill', writer: who, batch }])
    },
    {
      weight: 4,
      arbitrary: fc
        .tuple(fc.constantFrom('Read' as const, 'Relay' as const), fc.integer({ min: 1, max: 5 }), fc.nat(2))
        .map(([_tag, changes, unacknowledged]): ReadonlyArray<Move> => [{ _tag, changes, unacknowledged }])
    },
    {
      weight: 3,
      arbitrary: fc.integer({ min: 1, max: 5 }).map((changes): ReadonlyArray<Move> => [{ _tag: 'Count', changes }])
    },
    { weight: 1, arbitrary: fc.constant<ReadonlyArray<Move>>([{ _tag: 'Forget' }]) }
  )

const moves = () => fc.array(move(), { minLength: 1, maxLength: 16, size: 'max' }).map((some) => some.flat())

/** The differences between the clocks of the writers, in milliseconds. */
const skews = [0, 5_000, -3_000, 90_000] as const

type Open = (repository: Repository, skew?: number) => Engine<DocumentType>

/** A process with an engine. Its next batch about people can be cut. */
class Process {
  readonly #handle: Repository
  readonly #open: Open
  readonly #skew: number
  engine: Engine<DocumentType>
  #cut: 'landed' | 'lost' | undefined

  constructor(handle: Repository, open: Open, index: number) {
    this.#handle = handle
    this.#open = open
    this.#skew = skews[index % skews.length] as number
    this.engine = this.#start()
  }

  /** A handle of its own, as in a new process. */
  #start(): Engine<DocumentType> {
    const handle = this.#handle
    const repository: Repository = {
      manifest: handle.manifest,
      load: (references) => handle.load(references),
      scan: (kind, options) => handle.scan(kind, options),
      commit: (writes) => this.#commit(writes)
    }
    return this.#open(repository, this.#skew)
  }

  async #commit(writes: ReadonlyArray<Write>): Promise<CommitResult> {
    const cut = this.#cut
    if (cut === undefined || !writes.some(({ kind }) => kind === userPoint)) return this.#handle.commit(writes)
    this.#cut = undefined
    if (cut === 'landed') await this.#handle.commit(writes)
    throw new Error('the process was killed')
  }

  cutNext(batch: 'landed' | 'lost'): void {
    this.#cut = batch
  }

  async perform(step: HistoryStep): Promise<void> {
    const { answer } = await perform(this.engine, step)
    if (answer._tag === 'Left' && tagOf(answer.left) !== 'Rejected') this.engine = this.#start()
  }
}

const tagOf = (value: unknown): unknown =>
  typeof value === 'object' && value !== null && '_tag' in value ? value._tag : undefined

const seenKind = 'app_seen'

const seenWrite = ({ id, version }: Change): Write => ({
  kind: seenKind,
  id,
  expected: 0,
  body: { version },
  claim: [],
  release: []
})

const world = (runtime: { readonly clock: () => number; readonly newId: () => string }) => {
  const open: Open = (repository, skew = 0) =>
    engineOver(repository, { ...runtime, clock: () => runtime.clock() + skew, feed: 'on', attempts: 50 })

  /** Reads until the end, or some changes. */
  const read = async (
    engine: Engine<DocumentType>,
    consumer: string,
    visit: (change: Change, index: number) => Promise<'stop' | undefined>,
    acknowledged?: string
  ): Promise<void> => {
    let index = 0
    const options = { consumer, atEnd: 'stop' as const, ...(acknowledged !== undefined && { acknowledged }) }
    for await (const change of engine.changes(options)) if ((await visit(change, index++)) === 'stop') return
  }

  const mirror = new Mirror()
  const counted = new Mirror()
  const relayed = new Mirror()
  let had: string | undefined

  const readSome = (engine: Engine<DocumentType>, changes: number, unacknowledged: number): Promise<void> =>
    read(engine, 'mirror', async (change, index) => {
      mirror.apply(change)
      if (index < changes - unacknowledged) await change.acknowledge()
      return index + 1 >= changes ? 'stop' : undefined
    })

  const relay = (engine: Engine<DocumentType>, changes: number, unacknowledged: number): Promise<void> =>
    read(
      engine,
      'relay',
      async (change, index) => {
        relayed.apply(change)
        if (index < changes - unacknowledged) had = change.place()
        return index + 1 >= changes ? 'stop' : undefined
      },
      had
    )

  const count = (engine: Engine<DocumentType>, changes: number): Promise<void> =>
    read(engine, 'counter', async (change, index) => {
      counted.apply(change)
      try {
        await change.acknowledge({ writes: [seenWrite(change)] })
      } catch (error) {
        if (error instanceof FeedFault) fail(`a change was counted twice, or not at all: ${error.code}`)
        throw error
      }
      return index + 1 >= changes ? 'stop' : undefined
    })

  const end = async (repository: Repository): Promise<void> => {
    const engine = open(repository)
    await readSome(engine, Number.POSITIVE_INFINITY, 0)
    mirror.demandSame(await documentsOf(repository), 'at the end')
    await count(engine, Number.POSITIVE_INFINITY)
    counted.demandSame(await documentsOf(repository), 'of the counter')
    // Twice, because only the second process says what the first one had.
    for (let reading = 0; reading < 2; reading++) await relay(engine, Number.POSITIVE_INFINITY, 0)
    relayed.demandSame(await documentsOf(repository), 'of the relay')
    await engine.forgetChanges()
    for await (const _ of repository.scan('change')) fail('an entry is left that all consumers have acknowledged')
  }

  return { open, readSome, relay, count, end }
}

const runtimeOf = () => ({ clock: slowClock(), newId: mintIds() })

const handlesFor = async (store: TrialStore, count: number, peers: 'one handle' | 'peers') => {
  const handles: Array<Handle> = [store.handle]
  while (handles.length < count) handles.push(peers === 'peers' ? await store.peer() : store.handle)
  return handles.map(repositoryOf)
}

const replay = requirement({
  key: 'L-42.replay',
  sentence:
    'after any history of writers and readers, some of which are killed, a mirror that follows the changes has exactly the people of the store, and no change is counted twice',
  check: async (trial) => {
    await trial.forAll(40, moves(), async (all) => {
      await trial.withStore(async (store) => {
        const { open, readSome, relay, count, end } = world(runtimeOf())
        const handles = await handlesFor(store, writers, 'one handle')
        const processes = handles.map((handle, index) => new Process(handle, open, index))
        const at = (index: number): Process => processes[index] as Process
        const reader = (): Engine<DocumentType> => open(repositoryOf(store.handle))
        for (const each of all) {
          if (each._tag === 'Step') {
            store.note(() => codeOf(each.step, `engine${each.writer}`))
            await at(each.writer).perform(each.step)
          } else {
            store.note(() => `// ${JSON.stringify(each)}`)
            if (each._tag === 'Kill') at(each.writer).cutNext(each.batch)
            else if (each._tag === 'Read') await readSome(reader(), each.changes, each.unacknowledged)
            else if (each._tag === 'Relay') await relay(reader(), each.changes, each.unacknowledged)
            else if (each._tag === 'Count') await count(reader(), each.changes)
            else await reader().forgetChanges()
          }
        }
        await end(repositoryOf(store.handle))
      })
    })
  }
})

const concurrent = requirement({
  key: 'L-42.writers',
  sentence:
    'while four writers work at the same time, a mirror that follows the changes is told of each person in the order of the commits, and then has exactly the people of the store',
  needs: ['handles'],
  check: async (trial) => {
    await trial.forAll(12, fc.array(moves(), { minLength: 2, maxLength: writers }), async (all) => {
      await trial.withStore(async (store) => {
        const { open, readSome, end } = world(runtimeOf())
        const handles = await handlesFor(store, all.length + 1, 'peers')
        const own = handles.pop() as Repository
        let isOver = false
        const over = (): void => {
          isOver = true
        }
        const reading = async (): Promise<void> => {
          while (!isOver) {
            await readSome(open(own), 40, 2)
            await new Promise<void>((wake) => setTimeout(wake, 0))
          }
        }
        const write = async (some: ReadonlyArray<Move>, index: number): Promise<void> => {
          const process = new Process(handles[index] as Repository, open, index)
          for (const each of some) {
            if (isOver) return
            if (each._tag === 'Step') await process.perform(each.step)
            else if (each._tag === 'Kill') process.cutNext(each.batch)
          }
        }
        // Each failure is awaited at once and stops the other side, so that neither is left without a handler.
        await Promise.all([reading().finally(over), Promise.all(all.map(write)).finally(over)])
        await end(own)
      })
    })
  }
})

/** The feed of changes. */
export const feedRequirements: ReadonlyArray<Requirement> = [replay, concurrent]
