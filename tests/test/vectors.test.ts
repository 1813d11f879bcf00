/** The numbered test vectors of the specification's section 11, on every store, with data of our own. */
import type { Engine, JsonObject } from '@userpoint/core'
import { parseCompartmentId } from '@userpoint/core/command'
import { encodeUserPoint, type DocumentType } from '@userpoint/core/mediarithmics'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { importText, memoryStore, sqliteStore, type TestStore } from './laws/store.ts'

const lines = (...values: ReadonlyArray<object>): string => values.map((value) => `${JSON.stringify(value)}\n`).join('')

/** The same commands as a person would write them: over several lines, indented. */
const pretty = (...values: ReadonlyArray<object>): string =>
  values.map((value) => `  ${JSON.stringify(value, null, 2).replaceAll('\n', '\n  ')}\n`).join('')

const exported = async (engine: Engine<DocumentType>): Promise<ReadonlyArray<JsonObject>> => {
  const all: JsonObject[] = []
  for await (const subject of engine.userPoints()) all.push(encodeUserPoint(subject))
  return all
}

/** A profile without what the system set. */
const propertiesOf = (point: JsonObject | undefined): object => {
  const [profile] = (point?.['profiles'] ?? []) as ReadonlyArray<JsonObject>
  return Object.fromEntries(Object.entries(profile ?? {}).filter(([key]) => !key.startsWith('$')))
}

const typedOf = (point: JsonObject | undefined) =>
  (point?.['identifiers'] ?? []) as ReadonlyArray<Readonly<Record<string, string>>>

const identifiersOf = (point: JsonObject | undefined): ReadonlyArray<string> =>
  typedOf(point)
    .map(({ hash, user_account_id, compartment_id, user_agent_id }) =>
      user_account_id === undefined ? `${hash ?? user_agent_id}` : `${compartment_id}:${user_account_id}`
    )
    .sort()

const stores: ReadonlyArray<readonly [string, (settings?: Parameters<typeof memoryStore>[0]) => TestStore]> = [
  ['memory', memoryStore],
  ['SQLite', sqliteStore]
]

describe.each(stores)('%s', (_name, createStore) => {
  const opened: TestStore[] = []
  const open = (settings?: Parameters<typeof memoryStore>[0]): TestStore => {
    const store = createStore(settings)
    opened.push(store)
    return store
  }
  let engine: Engine<DocumentType>
  beforeEach(() => {
    engine = open().engine
  })
  afterEach(() => {
    for (const store of opened.splice(0)) store.close()
  })

  /** Tags of the verdicts, with the code of a rejection in its place. */
  const verdictsOf = async (...args: Parameters<typeof importText>): Promise<ReadonlyArray<string>> => {
    const { verdicts } = await importText(...args)
    return verdicts.map(({ verdict }) => (verdict._tag === 'Rejected' ? verdict.code : verdict._tag))
  }

  const stored = {
    name: 'Ada',
    city: 'London',
    tags: ['maths'],
    orders: [{ id: 'o1', state: 'open' }],
    address: { street: 'St James', number: '12' }
  }
  const fresh = {
    city: 'Lund',
    title: 'Countess',
    tags: ['engines'],
    orders: [{ state: 'paid', price: '9' }],
    address: { number: '14', flat: 'b' }
  }
  const upsert = (user_profile: object, mode: object) => ({
    operation: 'UPSERT',
    compartment_id: '7',
    user_account_id: 'ada',
    user_profile,
    ...mode
  })
  const upserting = async (mode: object): Promise<object> => {
    const document = lines(upsert(stored, { force_replace: true }), upsert(fresh, mode))
    expect(await verdictsOf(engine, 'USER_PROFILE', document)).toEqual(['Applied', 'Applied'])
    const [point, ...others] = await exported(engine)
    expect(others).toEqual([])
    return propertiesOf(point)
  }

  it('vector 1: a deep merge recurses, and adds arrays at the end; objects in arrays are not matched', async () => {
    expect(await upserting({ force_replace: false, merge_objects: true })).toEqual({
      name: 'Ada',
      city: 'Lund',
      title: 'Countess',
      tags: ['maths', 'engines'],
      orders: [
        { id: 'o1', state: 'open' },
        { state: 'paid', price: '9' }
      ],
      address: { street: 'St James', number: '14', flat: 'b' }
    })
  })

  it('vector 2: a shallow merge overrides key by key, objects and arrays included', async () => {
    expect(await upserting({ force_replace: false, merge_objects: false })).toEqual({ name: 'Ada', ...fresh })
  })

  it('vector 3: force_replace leaves exactly the new object', async () => {
    expect(await upserting({ force_replace: true })).toEqual(fresh)
  })

  const identifiers = [
    { type: 'USER_ACCOUNT', compartment_id: '1000', user_account_id: '700123' },
    { type: 'USER_EMAIL', hash: '5f0cv77' },
    { type: 'USER_AGENT', user_agent_id: 'vec:41' }
  ]

  it('vector 4: a pretty-printed identifiers deletion is three commands', async () => {
    await importText(engine, 'USER_IDENTIFIERS_ASSOCIATION_DECLARATIONS', lines({ identifiers }))
    const { verdicts, report } = await importText(engine, 'USER_IDENTIFIERS_DELETION', pretty(...identifiers))
    expect(verdicts.map(({ index, line, verdict }) => [index, line, verdict._tag])).toEqual([
      [0, 1, 'Applied'],
      [1, 6, 'Applied'],
      [2, 10, 'Applied']
    ])
    expect(report).toMatchObject({ status: 'Completed', lines: 3, applied: 3 })
    const [point, ...others] = await exported(engine)
    expect(others).toEqual([])
    // The device point stays, with no technical id, and is reachable by its own.
    expect(identifiersOf(point)).toEqual([expect.stringMatching(/^udp:/)])
  })

  it.each([0, 1, 2, 3])(
    'vector 5: with a udp: line as command %i the job is rejected, and nothing changed',
    async (at) => {
      await importText(engine, 'USER_IDENTIFIERS_ASSOCIATION_DECLARATIONS', lines({ identifiers }))
      const before = await exported(engine)
      const document = pretty(...identifiers.toSpliced(at, 0, { type: 'USER_AGENT', user_agent_id: 'udp:5' }))
      const { verdicts, report } = await importText(engine, 'USER_IDENTIFIERS_DELETION', document, { linesPerUnit: 1 })
      expect(report).toMatchObject({
        status: 'JobRejected',
        lines: 4,
        rejected: 4,
        jobRejection: { code: 'DEVICE_POINT_NOT_ALLOWED', indices: [at], lines: [verdicts[at]?.line] }
      })
      expect(await exported(engine)).toEqual(before)
    }
  )

  it('vector 6: of five references to one user point the first deletes it, four are no-ops, and the store is empty', async () => {
    await importText(engine, 'USER_IDENTIFIERS_ASSOCIATION_DECLARATIONS', lines({ identifiers }))
    const [point] = await exported(engine)
    const agent = typedOf(point).find((each) => each['type'] === 'USER_AGENT')
    const references = [
      ...identifiers,
      { type: 'USER_AGENT', user_agent_id: agent?.['device_point_id'] },
      { type: 'USER_POINT', user_point_id: `${point?.['user_point_id'] as string}`.toUpperCase() }
    ]
    // Any of the five may come first.
    for (const [i] of references.entries()) {
      const store = open()
      await importText(store.engine, 'USER_IDENTIFIERS_ASSOCIATION_DECLARATIONS', lines({ identifiers }))
      expect(await exported(store.engine)).toEqual([point])
      const document = pretty(...references.slice(i), ...references.slice(0, i))
      expect(await verdictsOf(store.engine, 'USER_POINTS_DELETION', document)).toEqual([
        'Applied',
        'NoOp',
        'NoOp',
        'NoOp',
        'NoOp'
      ])
      expect(await exported(store.engine)).toEqual([])
    }
  })

  it('vector 7: compartment 1000 as a number, as text, and absent where it is the default, is one identifier', async () => {
    const store = open({ policies: { defaultCompartment: parseCompartmentId(1000) } })
    const user_profile = { $compartment_id: 1000 }
    const line = { operation: 'UPSERT', user_account_id: 'ada', force_replace: false, user_profile }
    const document = lines(
      { ...line, compartment_id: 1000, user_profile: { a: 1 } },
      { ...line, compartment_id: '1000', user_profile: { b: 2, $compartment_id: '01000' } },
      { ...line, user_profile: { c: 3, $compartment_id: 1000 } },
      { ...line, compartment_id: null, user_profile: { d: 4, $compartment_id: null } }
    )
    await importText(store.engine, 'USER_PROFILE', document)
    const all = await exported(store.engine)
    expect(all.map(identifiersOf)).toEqual([['1000:ada']])
    expect(all.map(propertiesOf)).toEqual([{ a: 1, b: 2, c: 3, d: 4 }])
    const spellings = [{ compartment_id: 1000 }, { compartment_id: '1000' }, {}]
    const deletion = lines(...spellings.map((each) => ({ type: 'USER_ACCOUNT', user_account_id: 'ada', ...each })))
    expect(await verdictsOf(store.engine, 'USER_IDENTIFIERS_DELETION', deletion)).toEqual(['Applied', 'NoOp', 'NoOp'])
  })

  it('vector 8: a user point without identifiers can be deleted by its id', async () => {
    await importText(engine, 'USER_PROFILE', lines(upsert({ a: 1 }, { force_replace: true })))
    const account = { type: 'USER_ACCOUNT', compartment_id: 7, user_account_id: 'ada' }
    expect(await verdictsOf(engine, 'USER_IDENTIFIERS_DELETION', lines(account))).toEqual(['Applied'])
    const [point] = await exported(engine)
    expect(point).toMatchObject({ identifiers: [], profiles: [{ a: 1 }] })
    const byId = { type: 'USER_POINT', user_point_id: point?.['user_point_id'] }
    expect(await verdictsOf(engine, 'USER_POINTS_DELETION', lines(account, byId, byId))).toEqual([
      'NoOp',
      'Applied',
      'NoOp'
    ])
    expect(await exported(engine)).toEqual([])
  })

  it('vector 9: a profile line with two identifiers is a line error, and the others are applied', async () => {
    const line = { operation: 'UPSERT', force_replace: true, user_profile: {} }
    const document = lines(
      { ...line, email_hash: 'h1' },
      { ...line, email_hash: 'h2', user_agent_id: 'vec:2' },
      { ...line, user_agent_id: 'vec:3' }
    )
    expect(await verdictsOf(engine, 'USER_PROFILE', document)).toEqual(['Applied', 'MULTIPLE_IDENTIFIERS', 'Applied'])
    expect((await exported(engine)).flatMap(identifiersOf)).toEqual(['h1', 'vec:3'])
  })

  it('vector 10: a deep merge that is done twice doubles arrays, or leaves them with union', async () => {
    const line = upsert({ tags: [1, { a: [2] }], in: { side: ['x'] } }, { force_replace: false, merge_objects: true })
    const twice = async (store: TestStore) => {
      await importText(store.engine, 'USER_PROFILE', lines(line))
      await importText(store.engine, 'USER_PROFILE', lines(line))
      return propertiesOf((await exported(store.engine))[0])
    }
    expect(await twice(open())).toEqual({ tags: [1, { a: [2] }, 1, { a: [2] }], in: { side: ['x', 'x'] } })
    expect(await twice(open({ policies: { arrays: 'union' } }))).toEqual({ tags: [1, { a: [2] }], in: { side: ['x'] } })
  })

  it('vector 11: a device points deletion by one technical id takes its siblings, and leaves the account', async () => {
    const devices = ['vec:41', 'net:9:abc'].map((user_agent_id) => ({ type: 'USER_AGENT', user_agent_id }))
    const account = { type: 'USER_ACCOUNT', compartment_id: 1000, user_account_id: '700123' }
    const other = [account, { type: 'USER_AGENT', user_agent_id: 'vec:42' }]
    await importText(
      engine,
      'USER_IDENTIFIERS_ASSOCIATION_DECLARATIONS',
      lines({ identifiers: [account, ...devices] }, { identifiers: other })
    )
    expect(await verdictsOf(engine, 'USER_DEVICE_POINTS_DELETION', lines(...devices))).toEqual(['Applied', 'NoOp'])
    expect((await exported(engine)).map(identifiersOf)).toEqual([['1000:700123', 'vec:42']])
  })

  it('vector 18: __proto__ in a profile is data, and no prototype changes', async () => {
    const body = '{"__proto__":{"polluted":true},"constructor":{"prototype":{"polluted":true}},"":{"__proto__":[1]}}'
    const line = (mode: string) => `{"operation":"UPSERT","email_hash":"h1",${mode},"user_profile":${body}}\n`
    for (const mode of [
      '"force_replace":true',
      '"force_replace":false',
      '"force_replace":false,"merge_objects":true'
    ]) {
      const store = open({ policies: { arrays: 'union' } })
      expect(await verdictsOf(store.engine, 'USER_PROFILE', line(mode) + line(mode))).toEqual(['Applied', 'Applied'])
      const [point] = await exported(store.engine)
      expect(JSON.parse(JSON.stringify(propertiesOf(point)))).toEqual(JSON.parse(body))
      expect(Object.keys(propertiesOf(point))).toContain('__proto__')
    }
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined()
    expect(Object.keys(Object.prototype)).toEqual([])
  })
})
