import { once } from 'node:events'
import { createSqliteRepository, type SqliteDatabase } from '@userpoint/adapter-sqlite'
import { connectStore } from '@userpoint/conformance'
import type { JsonObject, Reference, Repository, StoreFault, Write } from '@userpoint/core/repository'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { drivers, prebuiltDriver } from './drivers.ts'
import { createSqliteStore, type SqliteStore } from './harness.ts'

const kind = 'user_point'

const write = (id: string, expected: number, body: JsonObject | undefined, more: Partial<Write> = {}): Write => ({
  kind,
  id,
  expected,
  body,
  claim: [],
  release: [],
  ...more
})
const byId = (id: string): Reference => ({ _tag: 'ById', kind, id })
const byClaim = (claim: string): Reference => ({ _tag: 'ByClaim', claim })

const scanned = async (repository: Repository, options?: { after?: string; limit?: number }): Promise<string[]> => {
  const ids: string[] = []
  for await (const { id } of repository.scan(kind, options)) ids.push(id)
  return ids
}

/** Returns the error that `work` throws. */
const thrown = async (work: () => unknown): Promise<StoreFault> => {
  try {
    await work()
  } catch (error) {
    return error as StoreFault
  }
  throw new Error('nothing was thrown')
}

for (const driver of drivers) {
  const title = driver.missing === undefined ? driver.name : `${driver.name} (skipped: ${driver.missing})`
  describe.skipIf(driver.missing !== undefined)(`on ${title}`, () => {
    let store: SqliteStore
    beforeEach(() => {
      store = createSqliteStore(driver)
    })
    afterEach(() => store.remove())

    test('a scan goes on over commits, loads and a purge of its own handle', async () => {
      const repository = store.open()
      const ids = Array.from({ length: 600 }, (_, n) => String(n).padStart(4, '0'))
      await repository.commit(ids.map((id) => write(id, 0, {})))
      const given: string[] = []
      for await (const { id } of repository.scan(kind, { after: '0009', limit: 550 })) {
        given.push(id)
        if (id === '0300') await repository.purge?.()
        await repository.load([byId(id)])
        await repository.commit([write(id, 1, undefined)])
      }
      expect(given).toEqual(ids.slice(10, 560))
      expect(await scanned(repository)).toEqual([...ids.slice(0, 10), ...ids.slice(560)])
      expect(await scanned(repository, { after: '0005', limit: 3 })).toEqual(['0006', '0007', '0008'])
    })

    test('datamarts in one file never see each other', async () => {
      const one = store.open({ datamart: 'one' })
      const two = store.open({ datamart: 'two' })
      for (const repository of [one, two]) {
        const result = await repository.commit([write('a', 0, { of: repository === one }, { claim: ['x'] })])
        expect(result).toEqual({ _tag: 'Committed' })
      }
      await one.commit([write('a', 1, undefined, { release: ['x'] })])
      expect(await one.load([byId('a'), byClaim('x')])).toEqual([undefined, undefined])
      expect(await two.load([byId('a'), byClaim('x')])).toMatchObject([{ body: { of: false } }, { id: 'a' }])
      expect(await scanned(one)).toEqual([])
      expect(await scanned(store.open())).toEqual([])
    })

    test('a datamart is in the file only once something is committed to it', async () => {
      const names = () => store.database().prepare('select name from datamart').all()
      const first = store.open({ datamart: 'first' })
      const peer = store.open({ datamart: 'first' })
      expect(await first.load([byId('a'), byClaim('x')])).toEqual([undefined, undefined])
      expect(await scanned(first)).toEqual([])
      expect(await first.commit([write('a', 1, {})])).toEqual({ _tag: 'Conflict' })
      expect(names()).toEqual([])
      expect(await first.load([byId('a')])).toEqual([undefined])
      await peer.commit([write('a', 0, { n: 1 }, { claim: ['x'] })])
      expect(await first.load([byId('a'), byClaim('x')])).toMatchObject([{ body: { n: 1 } }, { id: 'a' }])
      expect(await first.commit([write('a', 1, { n: 2 })])).toEqual({ _tag: 'Committed' })
      expect(names()).toMatchObject([{ name: 'first' }])
    })

    test('a file of a newer version, or of another program, is refused and left as it is', async () => {
      store.open().close()
      store.database().exec('pragma user_version = 99')
      expect((await thrown(() => store.open())).message).toMatch(/version 99/)

      const foreign = createSqliteStore(driver)
      const database = foreign.database()
      database.exec('create table thing (a)')
      expect((await thrown(() => foreign.open())).message).toMatch(/another program/)
      expect(database.prepare('select name from sqlite_schema').all()).toMatchObject([{ name: 'thing' }])
      expect(database.prepare('pragma journal_mode').get()).toMatchObject({ journal_mode: 'delete' })
      foreign.remove()
    })

    test('a commit waits for the lock of another process, and loads do not', async () => {
      const repository = store.open()
      await repository.commit([write('a', 0, {})])
      const holder = store.fork(new URL('lock-holder.ts', import.meta.url), '300')
      await once(holder, 'message')
      expect(await repository.load([byId('a')])).toMatchObject([{ version: 1 }])
      expect(await repository.commit([write('a', 1, {})])).toEqual({ _tag: 'Committed' })
      await once(holder, 'exit')
    })

    test('a commit that waited for too long wrote nothing, and says so', async () => {
      const repository = store.open({ busyTimeout: 20 })
      const other = store.database()
      other.exec('begin immediate')
      const fault = await thrown(() => repository.commit([write('a', 0, {})]))
      expect(fault).toMatchObject({ name: 'StoreFault', applied: false })
      expect(fault.message).toMatch(/SQLITE_BUSY/)
      other.exec('rollback')
      expect(await repository.load([byId('a')])).toEqual([undefined])
      expect(await repository.commit([write('a', 0, {})])).toEqual({ _tag: 'Committed' })
    })

    test('processes that open one new file at once all find it in order', { timeout: 30_000 }, async () => {
      const program = new URL('store-process.ts', import.meta.url)
      const others = await Promise.all([0, 1, 2].map(async () => connectStore(store.fork(program))))
      const batches = others.map((_, n) => [write(`a${n}`, 0, { n })])
      const results = await Promise.all(others.map(({ repository }, n) => repository.commit(batches[n] ?? [])))
      expect(results).toEqual(others.map(() => ({ _tag: 'Committed' })))
      expect(await scanned(store.open())).toEqual(['a0', 'a1', 'a2'])
      await Promise.all(others.map((other) => other.kill()))
    })

    test('a purge leaves no byte of what was overwritten, deleted or released', { timeout: 60_000 }, async () => {
      const repository = store.open()
      const gone = await churn(repository)
      expect(remains(store.dump(), gone).length).toBeGreaterThan(0)
      await repository.purge?.()
      expect(remains(store.dump(), gone)).toEqual([])
      expect((await scanned(repository)).length).toBeGreaterThan(100)
    })

    test('a purge waits for a reader, and fails rather than pretend', async () => {
      const repository = store.open({ busyTimeout: 20 })
      await repository.commit([write('a', 0, { secret: 'marker' })])
      const reader = store.database()
      reader.exec('begin')
      reader.prepare('select count(*) from document').get()
      await repository.commit([write('a', 1, undefined)])
      expect((await thrown(() => repository.purge?.())).message).toMatch(/another handle was reading/)
      reader.exec('rollback')
      await repository.purge?.()
      expect(store.dump().includes('marker')).toBe(false)
    })

    test('a database in memory works, and is not called durable', async () => {
      const database = driver.open(':memory:')
      const repository = createSqliteRepository(database)
      expect(repository.manifest).toEqual({ name: 'sqlite', durable: false, concurrent: false })
      await repository.commit([write('a', 0, {})])
      await repository.purge?.()
      expect(await scanned(repository)).toEqual(['a'])
      database.close()
    })

    describe('a driver that fails', () => {
      /** The database, failing with `error` at each statement that matches, before or after running it. */
      const failingAt = (database: SqliteDatabase, pattern: RegExp, when: 'before' | 'after' | 'instead of') => {
        let armed = false
        const fail = <A>(sql: string, run: () => A): A => {
          if (!armed || !pattern.test(sql)) return run()
          if (when === 'after') run()
          // What SQLite does by itself after an I/O error or on a full disk.
          if (when === 'instead of') database.exec('rollback')
          throw Object.assign(new Error('personal data'), { code: 'SQLITE_IOERR_WRITE' })
        }
        const failing: SqliteDatabase = {
          exec: (sql) => fail(sql, () => database.exec(sql)),
          prepare: (sql) => {
            const statement = database.prepare(sql)
            return {
              get: (...parameters) => statement.get(...parameters),
              all: (...parameters) => statement.all(...parameters),
              run: (...parameters) => fail(sql, () => statement.run(...parameters))
            }
          }
        }
        const repository = createSqliteRepository(failing)
        armed = true
        return repository
      }

      const cases = [
        { at: /^begin immediate/, when: 'before', applied: false, lands: false, open: false },
        { at: /^insert or ignore into document/, when: 'before', applied: false, lands: false, open: false },
        { at: /^insert or ignore into document/, when: 'after', applied: false, lands: false, open: false },
        { at: /^insert or ignore into claim/, when: 'instead of', applied: false, lands: false, open: false },
        { at: /^commit/, when: 'before', applied: false, lands: false, open: false },
        { at: /^commit/, when: 'after', applied: undefined, lands: true, open: false },
        { at: /^commit/, when: 'instead of', applied: undefined, lands: false, open: false },
        {
          at: /^(insert or ignore into claim|begin$|rollback)/,
          when: 'before',
          applied: undefined,
          lands: false,
          open: true
        }
      ] as const

      for (const { at, when, applied, lands, open } of cases) {
        test(`${when} ${at.source}: applied is ${applied}`, async () => {
          const database = store.database()
          const repository = failingAt(database, at, when)
          const fault = await thrown(() => repository.commit([write('a', 0, {}, { claim: ['x'] })]))
          expect(fault).toMatchObject({ name: 'StoreFault', applied })
          expect(fault.message).toBe('sqlite: commit failed (SQLITE_IOERR: the disk or the file system failed)')
          if (open) database.exec('rollback')
          expect(await store.open().load([byId('a'), byClaim('x')])).toEqual(
            lands ? [expect.anything(), expect.anything()] : [undefined, undefined]
          )
        })
      }

      test("the caller's own transaction is left alone", async () => {
        const database = store.database()
        const repository = createSqliteRepository(database)
        database.exec('begin')
        expect(await thrown(() => repository.commit([write('a', 0, {})]))).toMatchObject({ applied: false })
        database.exec('commit')
        expect(await repository.commit([write('a', 0, {})])).toEqual({ _tag: 'Committed' })
      })
    })
  })
}

test('options that are no settings are refused', () => {
  const store = createSqliteStore(prebuiltDriver)
  const options = [
    { busyTimeout: -1 },
    { cacheSize: 0.5 },
    { walAutocheckpoint: Number.NaN },
    { synchronous: 'off; --' as 'full' }
  ]
  for (const option of options) expect(() => store.open(option)).toThrow(RangeError)
  store.remove()
})

/** Writes, changes and deletes thousands of documents; gives the markers of all that is gone. */
const churn = async (repository: Repository): Promise<ReadonlySet<string>> => {
  const random = mulberry(20_260_801)
  const below = (n: number) => Math.floor(random() * n)
  const live = new Map<string, { version: number; marker: string; claims: string[] }>()
  const gone = new Set<string>()
  let count = 0
  const marker = () => `<${(count += 1).toString(36).padStart(6, '0')}>`
  const bodyOf = (text: string): JsonObject => ({ name: text, more: text.repeat(below(12) ** 2) })
  const bury = (texts: Iterable<string>) => {
    for (const text of texts) gone.add(/<.{6}>/.exec(text)?.[0] ?? '')
  }
  for (let round = 0; round < 50; round += 1) {
    const writes = new Map<string, Write>()
    for (let step = 0; step < 160; step += 1) {
      const ids = [...live.keys()]
      const id = ids[below(ids.length)]
      const point = id === undefined ? undefined : live.get(id)
      if (id === undefined || point === undefined || random() < 0.5) {
        const added = {
          version: 1,
          marker: marker(),
          claims: [`${below(1e6)}${marker()}`, marker().repeat(1 + below(9))]
        }
        const name = `${random() < 0.5 ? 'a' : below(1e6)}-${count}`
        writes.set(name, write(name, 0, bodyOf(added.marker), { claim: [...added.claims] }))
        live.set(name, added)
        continue
      }
      if (writes.has(id)) continue
      bury([point.marker])
      const release = random() < 0.5 ? [...point.claims] : point.claims.slice(0, 1)
      bury(release)
      if (release.length === point.claims.length) {
        writes.set(id, write(id, point.version, undefined, { release }))
        live.delete(id)
      } else {
        const claim = [`${below(1e6)}${marker()}`]
        const next = { version: point.version + 1, marker: marker(), claims: [...point.claims.slice(1), ...claim] }
        writes.set(id, write(id, point.version, bodyOf(next.marker), { claim, release }))
        live.set(id, next)
      }
    }
    expect(await repository.commit([...writes.values()])).toEqual({ _tag: 'Committed' })
  }
  return gone
}

const remains = (bytes: Buffer, gone: ReadonlySet<string>): ReadonlyArray<string> =>
  [...new Set(bytes.toString('latin1').match(/<[0-9a-z]{6}>/g))].filter((marker) => gone.has(marker))

/** Numbers from 0 to 1 that are the same in each run. */
const mulberry = (seed: number) => {
  let state = seed
  return (): number => {
    state = (state + 0x6d_2b_79_f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}
