import { createMysqlRepository, type MysqlPool } from '@userpoint/adapter-mysql'
import type { Repository, Write } from '@userpoint/core/repository'
import type mysql from 'mysql2/promise'
import { afterEach, beforeEach, describe, expect, inject, test } from 'vitest'
import { createMysqlStore, type MysqlStore } from './harness.ts'
import { meddled, saying } from './meddled-pool.ts'

let store: MysqlStore
beforeEach(() => {
  store = createMysqlStore(inject('mysql'))
})
afterEach(() => store.remove())

const write = (index: number, more: Partial<Write> = {}): Write => ({
  kind: 'user_point',
  id: `id-${String(index).padStart(6, '0')}`,
  expected: 0,
  body: { index },
  claim: [`claim ${index}`],
  release: [],
  ...more
})

const many = (count: number): ReadonlyArray<Write> => Array.from({ length: count }, (_, index) => write(index))
const committed = { _tag: 'Committed' }
const conflict = { _tag: 'Conflict' }

const openOn = (pool: MysqlPool): Promise<Repository> => createMysqlRepository(pool, { database: store.database })

const byClaim = (claim: string) => ({ _tag: 'ByClaim', claim }) as const

describe('round trips', () => {
  const batches: ReadonlyArray<readonly [string, (count: number) => ReadonlyArray<Write>, few: number, lot: number]> = [
    ['fresh', many, 5, 6],
    ['update', (count) => many(count).map((one) => ({ ...one, expected: 1, claim: [] })), 4, 5],
    [
      'delete',
      (count) =>
        many(count).map(({ claim, ...one }) => ({ ...one, expected: 2, body: undefined, claim: [], release: claim })),
      5,
      5
    ]
  ]

  test.each([2, 70, 2_000])('of a load and of a batch of %i documents are few', async (count) => {
    let trips = 0
    const repository = await openOn(meddled(store.pool, (_text, run) => ((trips += 1), run())))
    for (const [what, batch, few, lot] of batches) {
      trips = 0
      expect(await repository.commit(batch(count)), what).toEqual(committed)
      // Most of many documents are in a statement for their number, and the rest in another one.
      expect(trips, what).toBe(count === 2 ? few : lot)
      trips = 0
      const found = await repository.load(many(count).map(({ claim }) => byClaim(claim[0] ?? '')))
      expect(trips, what).toBe(1)
      expect(found.filter((one) => one !== undefined).length, what).toBe(what === 'delete' ? 0 : count)
    }
  })

  test('[PO-11] a scan reads each row once, by pages', async () => {
    const repository = await store.open()
    await repository.commit(many(2_000))
    const client = await store.pool.getConnection()
    const own: MysqlPool = {
      getConnection: async () => ({
        query: (text) => client.query(text),
        execute: (text, values) => client.execute(text, values),
        release: () => undefined,
        destroy: () => client.destroy()
      })
    }
    const read = async (): Promise<number> => {
      const [rows] = await client.query<mysql.RowDataPacket[]>("show session status like 'Handler_read%'")
      return rows
        .filter((row) => /_(?:first|key|next|rnd|rnd_next)$/.test(String(row['Variable_name'])))
        .reduce((sum, row) => sum + Number(row['Value']), 0)
    }
    const scanning = await openOn(own)
    const before = await read()
    let found = 0
    for await (const _stored of scanning.scan('user_point')) found += 1
    const rows = (await read()) - before
    client.release()
    expect(found).toBe(2_000)
    expect(rows).toBeLessThan(2_000 + 50)
  })
})

describe('[PO-4] a server that takes a mebibyte in one statement', () => {
  const quotes = (count: number): string => '"'.repeat(count)

  test('gets a batch in pieces, as one transaction', async () => {
    const repository = await openOn(saying(store.pool, 'max_allowed_packet', '1048576'))
    // A quotation mark has two bytes in a body, and four in rows: half of these documents stand alone.
    const large = many(6).map((one, index) => ({
      ...one,
      body: { index, text: index % 2 === 0 ? quotes(400_000) : 'é'.repeat(200_000) },
      claim: Array.from({ length: 500 }, (_, place) => `${index} ${place} ${'é'.repeat(1_000)}`)
    }))
    expect(await repository.commit([...large, write(9, { claim: ['0 0 x'] })])).toEqual(committed)
    const changed = large.map((one) => ({ ...one, expected: 1, claim: [], release: one.claim.slice(1) }))
    expect(await repository.commit([...changed, write(9)])).toEqual(conflict)
    expect(await repository.commit(changed)).toEqual(committed)
    expect(await repository.commit(changed)).toEqual(conflict)
    const found = await repository.load(large.map(({ claim }) => byClaim(claim[0] ?? '')))
    expect(found.map((one) => [one?.version, one?.body])).toEqual(large.map(({ body }) => [2, body]))
    expect(await repository.load([byClaim(large[0]?.claim[1] ?? '')])).toEqual([undefined])
  })

  test('[PO-1] gets a load in pieces, which see one moment', async () => {
    const repository = await openOn(saying(store.pool, 'max_allowed_packet', '1048576'))
    await repository.commit(many(3))
    const asked = Array.from({ length: 40_000 }, (_, index) =>
      `claim ${index % 4} ${index % 3 === 0 ? 'x'.repeat(100) : ''}`.trim()
    )
    const found = await repository.load(
      asked.flatMap((claim, index) => [
        byClaim(claim),
        { _tag: 'ById', kind: 'user_point', id: write(index % 4).id } as const
      ])
    )
    expect(found).toHaveLength(80_000)
    found.forEach((one, place) => {
      const index = Math.floor(place / 2)
      const isThere = index % 4 < 3 && (place % 2 === 1 || index % 3 !== 0)
      if ((one?.body['index'] ?? undefined) !== (isThere ? index % 4 : undefined)) expect.fail(`answer ${place}`)
    })
  })

  test('[PO-17] refuses a document that no statement has room for, wrote nothing, and takes the others', async () => {
    const repository = await openOn(saying(store.pool, 'max_allowed_packet', '1048576'))
    const batch = [write(1), write(2, { body: { text: 'x'.repeat(1_100_000) } })]
    await expect(repository.commit(batch)).rejects.toMatchObject({
      message:
        "mysql: commit failed (a document is larger than the 1040384 bytes for which the server's max_allowed_packet has room)",
      code: 'PACKET',
      applied: false,
      recovery: 'none'
    })
    expect(await repository.commit(batch.slice(0, 1))).toEqual(committed)
  })
})

/** The statements of a commit, each of which fails in turn. */
const statements = [
  'set transaction',
  'start transaction',
  'into',
  'delete',
  'userpoint_claim (datamart_id',
  'userpoint_claim from',
  'commit'
] as const
const lost = (): Error => Object.assign(new Error('gone'), { code: 'PROTOCOL_CONNECTION_LOST', fatal: true })
const said = (errno: number) => (): Error => Object.assign(new Error('said'), { errno, sqlState: 'HY000' })

/** Changes one document, removes another, adds a third. */
const mixed = [
  write(0, { expected: 1, claim: ['new'], release: ['claim 0'] }),
  write(1, { expected: 1, body: undefined, claim: [], release: ['claim 1'] }),
  write(2)
]

describe('[PO-15] a statement of a commit that fails', () => {
  test.each(
    statements.flatMap((statement) =>
      (['before', 'after'] as const).flatMap((when) => [
        { statement, when, error: 'a lost connection', make: lost, closes: true },
        { statement, when, error: 'a lock wait', make: said(1205), closes: false }
      ])
    )
  )('$statement: $error $when it has run', async ({ statement, when, make, closes }) => {
    await (await store.open()).commit(many(2))
    let failing = true
    let destroyed = 0
    let released = 0
    const open = new Set<string>()
    const pool = meddled(store.pool, async (text, run) => {
      if (!failing || !(statement === 'commit' ? text === statement : text.includes(statement))) return run()
      failing = false
      if (when === 'after') await run()
      throw make()
    })
    const watched: MysqlPool = {
      getConnection: async () => {
        const client = await pool.getConnection()
        open.add('connection')
        return {
          ...client,
          release: () => ((released += 1), client.release()),
          destroy: () => ((destroyed += 1), client.destroy())
        }
      }
    }
    failing = false
    const repository = await openOn(watched)
    failing = true
    released = 0
    const fault: unknown = await Promise.resolve(repository.commit(mixed)).catch((error: unknown) => error)
    const landed = statement === 'commit' && when === 'after'
    // After `commit` is sent the outcome is unknown, unless the server reports it.
    expect(fault).toMatchObject({ applied: statement === 'commit' ? undefined : false, recovery: 'retry' })
    expect([destroyed, released]).toEqual(closes ? [1, 0] : [0, 1])
    const [found] = await repository.load([byClaim('new')])
    expect(found?.version).toBe(landed ? 2 : undefined)
    expect(await repository.commit(mixed)).toEqual(landed ? conflict : committed)
  })

  test.each([1213, 1020])(
    'error %s undoes a batch, which is written again and not reported as a conflict',
    async (errno) => {
      let failures = 3
      const repository = await openOn(
        meddled(store.pool, async (text, run) => {
          if (text !== 'commit' || failures === 0) return run()
          failures -= 1
          throw said(errno)()
        })
      )
      expect(await repository.commit([write(1)])).toEqual(committed)
      failures = Number.POSITIVE_INFINITY
      await expect(repository.commit([write(2)])).rejects.toMatchObject({
        code: '1213',
        applied: false,
        recovery: 'retry'
      })
      failures = 0
      expect(await repository.commit([write(1)])).toEqual(conflict)
      expect(await repository.commit([write(2)])).toEqual(committed)
    }
  )
})

test('[PO-5] no connection goes back to the pool inside a transaction', async () => {
  const states: unknown[] = []
  const watched: MysqlPool = {
    getConnection: async () => {
      const client = await store.pool.getConnection()
      return {
        query: (text) => client.query(text),
        execute: (text, values) => client.execute(text, values),
        release: () => {
          states.push(client.query('select @@in_transaction as open').then(([rows]) => rows))
          client.release()
        },
        destroy: () => client.destroy()
      }
    }
  }
  const repository = await openOn(watched)
  await repository.commit([write(1)])
  await repository.commit([write(1)])
  await repository.commit([write(2, { claim: ['claim 1'] })])
  await repository.commit([write(1, { expected: 7, claim: [] })])
  await repository.load([byClaim('claim 1')])
  await store.refuse('refused')
  await expect(repository.commit([write(3, { body: { text: 'refused' } })])).rejects.toMatchObject({ code: '4025' })
  expect(states.length).toBeGreaterThan(5)
  for (const rows of await Promise.all(states)) expect(rows).toEqual([{ open: 0 }])
})

test('[PO-8] two batches that wait for each other are a conflict at worst, and both land in the end', async () => {
  const [a, b] = [await store.open(), await store.open()]
  await a.commit(many(40))
  const bump = async (repository: Repository, order: 1 | -1): Promise<void> => {
    for (let done = 0; done < 10; ) {
      const now = await repository.load(many(40).map(({ id }) => ({ _tag: 'ById', kind: 'user_point', id })))
      const batch = now.map((one, index) => write(index, { expected: one?.version ?? 0, claim: [] }))
      const outcome = await repository.commit(order === 1 ? batch : batch.toReversed())
      if (outcome._tag === 'Committed') done += 1
    }
  }
  await Promise.all([bump(a, 1), bump(b, -1)])
  expect((await a.load([byClaim('claim 7')]))[0]?.version).toBe(21)
})

test('datamarts of one database never see each other', async () => {
  const [shop, other] = [await store.open({ datamart: 'shop' }), await store.open({ datamart: 'Shop' })]
  expect(await shop.commit([write(1)])).toEqual(committed)
  expect(await other.load([byClaim('claim 1')])).toEqual([undefined])
  expect(await other.commit([write(1, { body: { other: true } })])).toEqual(committed)
  expect((await shop.load([byClaim('claim 1')]))[0]?.body).toEqual({ index: 1 })
})
