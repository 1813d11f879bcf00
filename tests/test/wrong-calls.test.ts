/** Mistakes of a program that no compiler has looked at: each is told, with a code, before anything is done. */
import { createMemoryRepository } from '@userpoint/adapter-memory'
import { createSqliteRepository } from '@userpoint/adapter-sqlite'
import { createPostgresRepository } from '@userpoint/adapter-postgres'
import { createMysqlRepository } from '@userpoint/adapter-mysql'
import { identified, mintIds, slowClock } from '@userpoint/conformance/arbitraries'
import { createEngine } from '@userpoint/core'
import type { Command } from '@userpoint/core/command'
import { createInsider } from '@userpoint/core/insider'
import { mediarithmics } from '@userpoint/core/mediarithmics'
import { put } from '@userpoint/core/patch'
import { verifyExport } from '@userpoint/core/receipts'
import { WrongCall } from '@userpoint/core/repository'
import { createHandler, createMemorySpool } from '@userpoint/http'
import { createFileSpool } from '@userpoint/http/node'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { createFileKeys, createMemoryKeys, withKeys } from '@userpoint/keys'
import fc from 'fast-check'
import { createUserpoint } from 'userpoint'
import { importCsv } from 'userpoint/csv'
import { describe, expect, it } from 'vitest'

const options = () => ({
  dialect: mediarithmics,
  repository: createMemoryRepository(),
  clock: slowClock(),
  newId: mintIds()
})
const engine = () => createEngine(options())
const wrong = (value: unknown): never => value as never

const errorOf = async (call: () => unknown): Promise<unknown> => {
  try {
    await call()
    return undefined
  } catch (error) {
    return error
  }
}

const bytes = new Uint8Array()
const digest = () => '0'.repeat(64)
const testKey = { keyedDigest: digest, digest }
const createHash = () => ({ update: () => undefined, digest: () => '' })

const people = () => createUserpoint({ repository: createMemoryRepository() })
const ada = { emailHash: 'ada' }

/** Runs a call that looks at its options before it uses its connection, which is missing here. */
const opened = async (call: () => unknown): Promise<void> => {
  try {
    await call()
  } catch (error) {
    if (error instanceof WrongCall) throw error
  }
}

/** Each call that takes options, with these besides those that it needs. */
const calls: ReadonlyArray<readonly [string, (more: object) => unknown]> = [
  ['createEngine', (more) => createEngine(wrong({ ...options(), ...more }))],
  ['policies', (more) => createEngine({ ...options(), policies: wrong(more) })],
  ['bounds', (more) => createEngine({ ...options(), bounds: wrong(more) })],
  ['erasure', (more) => createEngine({ ...options(), erasure: wrong({ key: testKey, ...more }) })],
  [
    'receipts.export of an engine',
    (more) =>
      createEngine({ ...options(), erasure: { key: testKey } }).receipts?.export(wrong({ clock: Date.now, ...more }))
  ],
  ['verifyExport', (more) => verifyExport([], wrong({ digest, ...more }))],
  ['createInsider', (more) => createInsider(wrong({ engine: engine(), ...more }))],
  ['settings', (more) => createInsider({ engine: engine(), settings: wrong(more) })],
  ['importDocument', (more) => engine().importDocument('USER_PROFILE', bytes, wrong(more))],
  [
    'explainDocument',
    (more) => engine().explainDocument('USER_PROFILE', bytes, wrong({ onExplained: () => undefined, ...more }))
  ],
  ['runExecution', (more) => engine().runExecution(wrong('x'), 'USER_PROFILE', bytes, wrong({ createHash, ...more }))],
  ['executeOnce', (more) => engine().executeOnce(wrong({ id: 'x', digest: 'y', lifetime: 1, ...more }), [])],
  ['changes', (more) => engine().changes(wrong({ consumer: 'x', atEnd: 'stop', ...more }))],
  ['sweep', (more) => engine().sweep(wrong(more))],
  ['purge', (more) => engine().purge(wrong(more))],
  [
    'createMemoryRepository',
    (more) => createMemoryRepository(wrong({ documents: new Map(), claims: new Map(), ...more }))
  ],
  ['createSqliteRepository.within', (more) => opened(() => createSqliteRepository.within(wrong({}), wrong(more)))],
  ['createSqliteRepository', (more) => opened(() => createSqliteRepository(wrong({}), wrong(more)))],
  ['createPostgresRepository', (more) => opened(() => createPostgresRepository(wrong({}), wrong(more)))],
  ['createPostgresRepository.within', (more) => createPostgresRepository.within(wrong({}), wrong(more))],
  ['createMysqlRepository', (more) => opened(() => createMysqlRepository(wrong({}), wrong(more)))],
  ['createMysqlRepository.within', (more) => createMysqlRepository.within(wrong({}), wrong(more))],
  [
    'createHandler',
    (more) =>
      createHandler(wrong({ datamarts: {}, spool: createMemorySpool(), clock: Date.now, newId: mintIds(), ...more }))
  ],
  ['createFileSpool', (more) => createFileSpool('unused', wrong(more))],
  ['withKeys', (more) => withKeys(createMemoryRepository(), createMemoryKeys(), wrong(more))],
  ['createFileKeys', (more) => opened(() => createFileKeys('/no/such/folder/keys', wrong(more)))],
  ['createUserpoint', (more) => createUserpoint(wrong({ repository: createMemoryRepository(), ...more }))],
  ['upsert', (more) => people().upsert(ada, {}, wrong(more))],
  ['erase', (more) => people().erase(ada, wrong(more))],
  ['removeIdentifier', (more) => people().removeIdentifier(ada, wrong(more))],
  ['removeAttributes', (more) => people().removeAttributes(ada, wrong(more))],
  ['segments.add', (more) => people().segments.add(ada, { id: '1' }, wrong(more))],
  ['receipts.export', (more) => people().receipts.export(wrong(more))],
  ['import', (more) => people().import('USER_PROFILE', bytes, wrong(more))],
  [
    'importCsv',
    (more) => importCsv(people(), 'USER_PROFILE', 'a\n', wrong({ columns: ['a'], line: () => ({}), ...more }))
  ]
]

describe('options', () => {
  it.each(calls)('of %s: an unknown one is refused, and the known ones are named', async (_, call) => {
    for (const more of [{ dryrun: true }, { toString: undefined }, JSON.parse('{"__proto__":1}') as object]) {
      const error = await errorOf(() => call(more))
      expect(error).toBeInstanceOf(WrongCall)
      expect(error).toMatchObject({ code: 'UNKNOWN_OPTION' })
    }
    expect(await errorOf(() => call({}))).toBeUndefined()
  })

  const words = [null, Number.NaN, true, '', 'nonsense', ['on'], () => 'on']
  const functions = [null, 0, true, 'name', {}, Promise.resolve(() => undefined)]
  const signals = [null, 0, true, 'abort', {}, new AbortController(), () => false]
  const milliseconds = [null, Number.NaN, -1, Number.POSITIVE_INFINITY, 2 ** 31, '5', [5], new Date()]
  const texts = [null, 5, true, ['x'], {}, Symbol('x')]
  const flags = [null, 0, 1, 'true', [], {}]
  const values: ReadonlyArray<readonly [string, string, ReadonlyArray<unknown>]> = [
    ['createEngine', 'purge', words],
    ['createEngine', 'feed', words],
    ['createEngine', 'onPurge', functions],
    ['createEngine', 'sleep', functions],
    ['createEngine', 'random', functions],
    ['createEngine', 'settingsDigest', texts],
    ['erasure', 'claims', words],
    ['importDocument', 'framing', words],
    ['importDocument', 'signal', signals],
    ['importDocument', 'onVerdicts', functions],
    ['importDocument', 'maxRejected', [null, Number.NaN, -1, '5', Symbol('x')]],
    ['explainDocument', 'onExplained', functions],
    ['runExecution', 'otherSettings', words],
    ['runExecution', 'verdictSink', functions],
    ['runExecution', 'onProgress', functions],
    ['sweep', 'dryRun', flags],
    ['sweep', 'signal', signals],
    ['purge', 'when', words],
    ['changes', 'consumer', texts],
    ['changes', 'beginning', words],
    ['changes', 'atEnd', words],
    ['changes', 'signal', signals],
    ['changes', 'pause', milliseconds],
    ['createSqliteRepository', 'datamart', texts],
    ['createSqliteRepository.within', 'datamart', texts],
    ['withKeys', 'renew', words],
    ['createHandler', 'log', functions],
    ['createHandler', 'purgeDelay', milliseconds],
    ['createHandler', 'requestsAtOnce', [null, Number.NaN, 0, -1, 0.5, '5']],
    ['createHandler', 'limits', [null, Number.NaN, 5, [], new Map()]],
    ['createHandler', 'spool', [null, 5, 'memory', {}, Promise.resolve(createMemorySpool())]],
    ['createHandler', 'tokens', [null, 5, 'token', {}, new Map()]],
    ['createHandler', 'datamarts', [null, 5, 'shop']],
    ['createUserpoint', 'purge', words],
    ['createUserpoint', 'onPurge', functions],
    ['createUserpoint', 'erasureKey', [null, 5, 'k'.repeat(64), [], {}, new Uint8Array(31)]],
    ['erase', 'suppress', [...flags, false]],
    ['removeIdentifier', 'suppress', [...flags, false]],
    ['removeAttributes', 'whole', [null, 5, 'city', {}, [5], [null]]],
    ['removeAttributes', 'values', [null, 5, 'city', [], new Map([['a', ['x']]]), { a: 'x' }, { a: null }]],
    ['segments.add', 'expires', [null, '5', 0, new Date(0)]],
    ['import', 'signal', signals],
    ['import', 'framing', words],
    ['import', 'onProgress', functions],
    ['import', 'onVerdicts', functions],
    ['import', 'otherSettings', words],
    ['import', 'execution', [null, 5, true, '', 'a b', Symbol('x')]],
    // Without an execution, the import would not call it.
    ['import', 'verdictSink', [...functions, () => 0]],
    ['importCsv', 'signal', signals],
    ['importCsv', 'line', functions],
    ['importCsv', 'columns', [null, 5, 'a', {}, [5]]],
    ['importCsv', 'errors', [null, 5, '', {}, []]],
    ['importCsv', 'delimiter', texts],
    ['importCsv', 'otherSettings', words]
  ]
  it.each(values)('of %s: a wrong %s is refused, and not taken for its default', async (name, option, wrongOnes) => {
    const call = calls.find(([each]) => each === name)?.[1]
    for (const value of wrongOnes) {
      const error = await errorOf(() => call?.({ [option]: value }))
      expect([value, error]).toEqual([value, expect.any(WrongCall)])
      expect(error).toMatchObject({ code: 'WRONG_ARGUMENT' })
    }
  })

  it('of an execution: onVerdicts is refused, because the import would not call it', async () => {
    const asked = { execution: 'x', onVerdicts: () => undefined }
    expect(await errorOf(() => people().import('USER_PROFILE', bytes, asked))).toMatchObject({ code: 'WRONG_ARGUMENT' })
  })

  it('of createUserpoint: settings that are a promise or a Map are refused, at any depth', async () => {
    const repository = createMemoryRepository()
    for (const misread of [Promise.resolve({}), new Map()])
      for (const settings of [misread, { policies: misread }, { retention: { properties: [misread] } }])
        expect(await errorOf(() => createUserpoint({ repository, settings: wrong(settings) }))).toMatchObject({
          name: 'SettingsRefused'
        })
  })

  it('are not repeated in a message, however long a name is', async () => {
    const error = (await errorOf(() => engine().sweep(wrong({ ['x'.repeat(100_000)]: 'secret' })))) as Error
    expect(error.message.length).toBeLessThan(200)
    expect(error.message).not.toContain('secret')
  })

  it.each(['repository', 'clock', 'newId'])('of createEngine: %s is needed', async (name) => {
    const { [name]: _, ...rest } = options() as Record<string, unknown>
    expect(await errorOf(() => createEngine(wrong(rest)))).toMatchObject({ code: 'MISSING_OPTION' })
  })

  it('of erasures: the key is needed', async () => {
    for (const erasure of [{}, { claims: 'keyed' }])
      expect(await errorOf(() => createEngine({ ...options(), erasure: wrong(erasure) }))).toMatchObject({
        code: 'MISSING_OPTION'
      })
    expect(await errorOf(() => createEngine({ ...options(), erasure: wrong(null) }))).toMatchObject({
      code: 'WRONG_ARGUMENT'
    })
  })

  it('are an object', async () => {
    for (const value of [null, 7, 'x', [], new Map(), Promise.resolve(options()), undefined]) {
      expect(await errorOf(() => createEngine(wrong(value)))).toMatchObject({ code: 'WRONG_ARGUMENT' })
      if (value === undefined) continue
      expect(await errorOf(() => engine().sweep(wrong(value)))).toMatchObject({ code: 'WRONG_ARGUMENT' })
    }
  })

  it('have a store that is one, and not the promise of one', async () => {
    for (const repository of [Promise.resolve(createMemoryRepository()), {}, 'sqlite:x', { manifest: {} }])
      expect(await errorOf(() => createEngine(wrong({ ...options(), repository })))).toMatchObject({
        code: 'WRONG_ARGUMENT'
      })
  })

  it('of createHandler and withKeys: the same', async () => {
    const promised = Promise.resolve(createMemoryRepository())
    const more = { clock: Date.now, newId: mintIds(), spool: createMemorySpool() }
    for (const repository of [promised, [promised], null, {}, 'sqlite:x']) {
      const asked = wrong({ ...more, datamarts: { shop: { repository } } })
      expect(await errorOf(() => createHandler(asked))).toMatchObject({ code: 'WRONG_ARGUMENT' })
      expect(await errorOf(() => withKeys(wrong(repository), createMemoryKeys()))).toMatchObject({
        code: 'WRONG_ARGUMENT'
      })
    }
    expect(await errorOf(() => withKeys(createMemoryRepository(), wrong(promised)))).toMatchObject({
      code: 'WRONG_ARGUMENT'
    })
  })
})

const reference = { _tag: 'EmailHash', hash: 'h' } as const
const key = { compartment: '0' }
const upsert = { _tag: 'UpsertProfile', reference, key, patch: put({ n: 1 }) }
const command = upsert as unknown as Command

describe('commands', () => {
  it.each<readonly [unknown, object]>([
    [{ foo: 1 }, { code: 'UNSUPPORTED_OPERATION', path: '_tag' }],
    [{ _tag: 'toString' }, { code: 'UNSUPPORTED_OPERATION', path: '_tag' }],
    ['x', { code: 'NOT_AN_OBJECT' }],
    [null, { code: 'NOT_AN_OBJECT' }],
    [[command], { code: 'NOT_AN_OBJECT' }],
    [{ _tag: 'DeleteUserPoint' }, { code: 'MISSING_FIELD', path: 'reference' }],
    [
      { _tag: 'DeleteUserPoint', reference: { _tag: 'Email', hash: 'h' } },
      { code: 'BAD_FIELD', path: 'reference' }
    ],
    [
      { ...upsert, patch: { n: 1 } },
      { code: 'BAD_FIELD', path: 'patch' }
    ],
    [
      { _tag: 'Associate', references: [] },
      { code: 'BAD_FIELD', path: 'references' }
    ]
  ])('%j is rejected, and the others are applied', async (value, rejected) => {
    const outcome = await engine().execute([wrong(value), command])
    expect(outcome).toMatchObject({ right: [{ _tag: 'Rejected', ...rejected }, { _tag: 'Applied' }] })
  })

  it('without a part, or with anything in its place, are rejected: no call throws anything but its own errors', async () => {
    const parts = [
      '_tag',
      'reference',
      'key',
      'patch',
      'identifier',
      'references',
      'limits',
      'identifiers',
      'checks'
    ] as const
    const tags = [
      'UpsertProfile',
      'EditProfile',
      'Associate',
      'UpsertUser',
      'AnonymiseUser',
      'UpdateSegment',
      'DeleteProfile'
    ]
    const part = fc.oneof(
      fc.anything({ withMap: true, maxDepth: 2 }),
      identified(),
      fc.constantFrom<unknown>(...tags, reference, key)
    )
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...tags), fc.constantFrom(...parts), part, async (_tag, name, value) => {
        const outcome = await engine().execute([wrong({ ...upsert, _tag, [name]: value })])
        expect(outcome._tag).toBe('Right')
      }),
      { numRuns: 300 }
    )
  })

  it('are an array, and a reference is one', async () => {
    for (const value of [undefined, null, {}, 'x', command]) {
      expect(await errorOf(() => engine().execute(wrong(value)))).toMatchObject({ code: 'WRONG_ARGUMENT' })
      expect(await errorOf(() => engine().find(wrong(value)))).toMatchObject({ code: 'WRONG_ARGUMENT' })
    }
    expect(await errorOf(() => engine().runOne(wrong('USER'), {}))).toMatchObject({ code: 'WRONG_ARGUMENT' })
  })
})

describe('a person of userpoint', () => {
  it.each<readonly [string, unknown]>([
    ['a compartment without an account', { emailHash: 'h', compartment: '7' }],
    ['a compartment beside a user point', { userPoint: 'h', compartment: '7' }],
    ['no name of an identifier', { custom: { name: undefined, value: 'x' } }],
    ['an empty name of an identifier', { custom: { name: '', value: 'x' } }],
    ['nothing in place of an identifier', { custom: null }]
  ])('is refused with %s', async (_, who) => {
    for (const call of ['find', 'erase', 'removeIdentifier', 'explainErase'] as const)
      expect(await errorOf(() => people()[call](wrong(who)))).toMatchObject({ code: 'WRONG_ARGUMENT' })
    expect(await errorOf(() => people().upsert(wrong(who), { n: 1 }))).toMatchObject({ code: 'WRONG_ARGUMENT' })
  })

  it('is refused by the compiler where two things name it', () => {
    // @ts-expect-error Two identifiers may be two people's.
    void (() => people().find({ emailHash: 'h', account: '17' }))
    // @ts-expect-error A compartment is an account's.
    void (() => people().find({ emailHash: 'h', compartment: '7' }))
    expect(people().find({ account: '17', compartment: '7' })).toBeInstanceOf(Promise)
  })

  it('needs to be told what to remove', async () => {
    expect(await errorOf(() => people().removeAttributes(ada, wrong(undefined)))).toMatchObject({
      code: 'WRONG_ARGUMENT'
    })
  })
})

it('a body of Insider that is missing is a rejection', async () => {
  const { insider } = people()
  for (const body of [undefined, null])
    for (const call of Object.values(insider) as ReadonlyArray<(body: unknown) => Promise<unknown>>)
      expect(JSON.stringify(await call(body))).toMatch(/"(Request)?Rejected"/)
})

it('every interface of options has a list of its names', () => {
  const found = new Map<string, string>()
  const listed = new Set<string>()
  for (const folder of [
    'core',
    'adapter-memory',
    'adapter-sqlite',
    'adapter-postgres',
    'adapter-mysql',
    'http',
    'keys',
    'userpoint'
  ]) {
    const source = fileURLToPath(new URL(`../../packages/${folder}/src`, import.meta.url))
    for (const name of readdirSync(source, { recursive: true, encoding: 'utf8' }).filter((each) =>
      each.endsWith('.ts')
    )) {
      const text = readFileSync(join(source, name), 'utf8')
      for (const [, each] of text.matchAll(/export interface (\w+Options)\b/g)) found.set(`${folder} ${each}`, name)
      for (const [, each] of text.matchAll(/OptionNames<(\w+)/g)) listed.add(`${folder} ${each}`)
    }
  }
  // What one part of a package hands to another, which the compiler has looked at; and what others implement.
  const within = [
    'core RuntimeOptions',
    'core ScanOptions',
    'core LenientOptions',
    'core FramerOptions',
    'core FeedOptions',
    'adapter-postgres PurgeOptions',
    'adapter-postgres OpenOptions',
    'adapter-postgres CommitOptions',
    'adapter-mysql PurgeOptions',
    'adapter-mysql CommitOptions',
    'adapter-mysql ReaderOptions',
    'http StoreSpoolOptions'
  ]
  expect([...found.keys()].filter((name) => !listed.has(name) && !within.includes(name))).toEqual([])
})
