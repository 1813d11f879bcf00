import { EventEmitter, once } from 'node:events'
import { MessageChannel, type MessagePort, type Worker } from 'node:worker_threads'
import {
  connectSqliteRepository,
  type SqliteThreadPort,
  type SqliteWorker,
  serveSqliteRepository
} from '@userpoint/adapter-sqlite/thread'
import { type Reference, type Repository, StoreFault, type Write } from '@userpoint/core/repository'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import {
  packError,
  packReferences,
  packWrites,
  unpackError,
  unpackReferences,
  unpackWrites
} from '../src/thread/message.ts'
import { threadDriver as driver } from './drivers.ts'
import { createSqliteStore, type SqliteStore } from './harness.ts'
import { startThread } from './threads.ts'

/** Each of these fits without a cast. */
export type Fitting = [
  Worker extends SqliteWorker ? true : never,
  MessagePort extends SqliteWorker & SqliteThreadPort ? true : never
]

const write = (id: string, expected: number, more: Partial<Write> = {}): Write => ({
  kind: 'user_point',
  id,
  expected,
  body: {},
  claim: [],
  release: [],
  ...more
})

const thrown = async (work: Promise<unknown>): Promise<StoreFault> => {
  try {
    await work
  } catch (error) {
    return error as StoreFault
  }
  throw new Error('nothing was thrown')
}

/** A worker that does what the test says, and nothing else. */
const fakeWorker = () => {
  const events = new EventEmitter()
  const calls: unknown[] = []
  const worker: SqliteWorker = {
    postMessage: (message) => calls.push(message),
    on: (event, listener) => events.on(event, listener)
  }
  const manifest = { name: 'sqlite', durable: true, concurrent: 'processes' }
  const connect = async (): Promise<Repository> => {
    const connecting = connectSqliteRepository(worker)
    events.emit('message', { _tag: 'Answer', answer: manifest })
    return connecting
  }
  return { worker, events, calls, connect }
}

const text = fc.string({ maxLength: 5 })
const reference: fc.Arbitrary<Reference> = fc.oneof(
  text.map((claim): Reference => ({ _tag: 'ByClaim', claim })),
  fc.tuple(text, text).map(([kind, id]): Reference => ({ _tag: 'ById', kind, id }))
)
const textWrite = fc.record({
  kind: text,
  id: text,
  expected: fc.nat(),
  body: fc.option(text, { nil: undefined }),
  claim: fc.array(text),
  release: fc.array(text)
})

describe('what crosses', () => {
  test('references and writes arrive as they were sent', () => {
    fc.assert(
      fc.property(fc.array(reference), fc.array(textWrite), (references, writes) => {
        expect(unpackReferences(structuredClone(packReferences(references)))).toEqual(references)
        expect(unpackWrites(structuredClone(packWrites(writes)))).toEqual(writes)
      })
    )
  })

  test('[PO-15] a fault arrives with what it says of the outcome, and with its cause and its code', () => {
    const cause = Object.assign(new Error('disk'), { code: 'SQLITE_FULL', errcode: 13 })
    for (const applied of [{ applied: false }, {}] as const) {
      const arrived = unpackError(
        structuredClone(packError(new StoreFault('sqlite: commit failed', { cause, ...applied })))
      )
      expect(arrived).toBeInstanceOf(StoreFault)
      expect(arrived).toMatchObject({ message: 'sqlite: commit failed', cause: { code: 'SQLITE_FULL', errcode: 13 } })
      expect((arrived as StoreFault).applied).toBe('applied' in applied ? false : undefined)
    }
    expect(unpackError(packError(new RangeError('busyTimeout')))).toBeInstanceOf(RangeError)
    expect(unpackError(packError('a text'))).toBeInstanceOf(Error)
  })
})

describe('a thread that ends', () => {
  const endings = [
    ['exit', 1],
    ['error', new Error('out of memory')],
    ['close', undefined],
    ['messageerror', new Error('not readable')]
  ] as const

  for (const [event, value] of endings) {
    test(`[PO-15] ${event}: a commit in flight has an unknown outcome, and every other call changed nothing`, async () => {
      const { events, calls, connect } = fakeWorker()
      const repository = await connect()
      const loading = thrown(Promise.resolve(repository.load([{ _tag: 'ByClaim', claim: 'a' }])))
      const committing = thrown(Promise.resolve(repository.commit([write('a', 0)])))
      events.emit(event, value)
      expect(await loading).toMatchObject({ name: 'StoreFault', applied: false })
      const unknown = await committing
      expect(unknown).toBeInstanceOf(StoreFault)
      expect(unknown.applied).toBeUndefined()
      const sent = calls.length
      expect(await thrown(Promise.resolve(repository.commit([write('a', 0)])))).toMatchObject({ applied: false })
      expect(calls.length).toBe(sent)
    })
  }

  test('before it is open: it is not connected to', async () => {
    const { worker, events } = fakeWorker()
    const connecting = thrown(connectSqliteRepository(worker))
    events.emit('exit', 1)
    expect(await connecting).toMatchObject({ name: 'StoreFault', message: /open failed/ })
  })
})

describe('a real thread', () => {
  let store: SqliteStore
  beforeEach(() => {
    store = createSqliteStore(driver)
  })
  afterEach(() => store.remove())
  const start = () => startThread({ driver: driver.name, file: store.file })

  test('its repository is that of the file, and closing it lets the thread end and the file go', async () => {
    const worker = start()
    const gone = once(worker, 'exit')
    const repository = await connectSqliteRepository(worker)
    expect(repository.manifest).toEqual({ ...store.open().manifest, overlapping: true })
    const body = { name: 'Ada', __proto__x: [1] }
    expect(await repository.commit([write('a', 0, { body, claim: ['x'] })])).toEqual({ _tag: 'Committed' })
    body.name = 'Grace'
    expect(await store.open().load([{ _tag: 'ByClaim', claim: 'x' }])).toMatchObject([{ body: { name: 'Ada' } }])
    await repository.close?.()
    expect(await gone).toEqual([0])
    expect(await thrown(Promise.resolve(repository.commit([write('b', 0)])))).toMatchObject({ applied: false })
  })

  test('what cannot be opened is an error where it was asked for, with the code of the driver', async () => {
    const worker = startThread({ driver: driver.name, file: `${store.file}/not/there` })
    const gone = once(worker, 'exit')
    await expect(connectSqliteRepository(worker)).rejects.toThrow(/unable to open/i)
    await gone
    const foreign = store.database()
    foreign.exec('create table thing (a)')
    expect(await thrown(connectSqliteRepository(start()))).toMatchObject({
      name: 'StoreFault',
      applied: false,
      message: "sqlite: the file holds another program's tables"
    })
  })

  test('options that are no settings are refused', async () => {
    const { port1, port2 } = new MessageChannel()
    serveSqliteRepository(port1, () => driver.open(store.file), { busyTimeout: -1 })
    await expect(connectSqliteRepository(port2)).rejects.toThrow(RangeError)
  })

  // Slow: a program of its own starts, and a thread in it.
  test('a thread that is ended from outside leaves whole batches, and its file to others', async () => {
    const ender = store.fork(new URL('thread-ender.ts', import.meta.url))
    // A driver that ends the whole process says nothing.
    let said: unknown = 'unknown'
    ender.on('message', (message) => {
      said = message
    })
    await once(ender, 'exit')
    expect(['Committed', 'unknown']).toContain(said)
    const other = store.open()
    const ids = Array.from(other.scan('user_point') as Iterable<{ readonly id: string }>, ({ id }) => id)
    expect([1, 2_001]).toContain(ids.length)
    expect(await other.commit([write('c', 0)])).toEqual({ _tag: 'Committed' })
  })
})

test('a commit after close changes nothing, and says so, although the thread has not ended yet', async () => {
  const { connect, calls } = fakeWorker()
  const repository = await connect()
  void repository.close?.()
  const late = Promise.resolve(repository.commit([write('a', 0)]))
  expect(await thrown(late)).toMatchObject({ applied: false, recovery: 'repair' })
  expect(calls.at(-1)).toEqual({ _tag: 'Close' })
})

test('what is no worker is refused with a code', async () => {
  for (const wrong of [undefined, null, {}, 'store-thread.js'] as ReadonlyArray<unknown>)
    await expect(connectSqliteRepository(wrong as SqliteWorker)).rejects.toMatchObject({
      code: 'WRONG_ARGUMENT'
    })
})
