/** Tests of the feed: what its entries tell, the numbers of writers, the order of readers, and forgetting. */
import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, it, test } from 'vitest'
import type { Command } from '../../src/command/command.ts'
import { overlay, put, shallowMerge } from '../../src/domain/patch.ts'
import type { JsonObject, Stored } from '../../src/repository/index.ts'
import { createEngine, type Engine } from '../../src/engine/engine.ts'
import type { EngineOptions } from '../../src/engine/engine-options.ts'
import { mediarithmics } from '../../src/dialects/mediarithmics/document.ts'
import type { Change, ChangesOptions } from '../../src/engine/feed/changes.ts'
import { account, email, key } from '../decide/given.ts'
import { seed, times } from '../laws/law.ts'
import { createStore, running, type Store, upserts } from './execution-store.ts'

const engineOver = (store: Store, options: Partial<EngineOptions> = {}): Engine =>
  createEngine({
    dialect: mediarithmics,
    repository: store,
    purge: 'manual',
    feed: 'on',
    ...store.runtime,
    attempts: 3,
    ...options
  }) as unknown as Engine

const upsert = (hash: string, properties: JsonObject): Command => ({
  _tag: 'UpsertProfile',
  reference: email(hash),
  key: key('0'),
  patch: shallowMerge(properties)
})
const erase = (hash: string): Command => ({ _tag: 'DeleteUserPoint', reference: email(hash) })
const join = (one: string, other: string): Command => ({ _tag: 'Associate', references: [email(one), email(other)] })

const done = async (engine: Engine, ...commands: ReadonlyArray<Command>) => {
  const outcome = await engine.execute(commands)
  if (outcome._tag === 'Left') throw new Error(outcome.left._tag)
  return outcome.right
}

const entries = (store: Store): ReadonlyArray<Stored> =>
  [...store.documents.values()].filter(({ kind }) => kind === 'change')

const told = async (engine: Engine, options: Partial<ChangesOptions> = {}): Promise<ReadonlyArray<Change>> => {
  const changes: Change[] = []
  for await (const change of engine.changes({ consumer: 'test', atEnd: 'stop', ...options })) {
    await change.acknowledge()
    changes.push(change)
  }
  return changes
}

const tags = (changes: ReadonlyArray<Change>): ReadonlyArray<string> => changes.map(({ _tag }) => _tag)

describe('what an entry tells', () => {
  const story = async (...batches: ReadonlyArray<ReadonlyArray<Command>>) => {
    const store = createStore()
    const engine = engineOver(store)
    await told(engine)
    for (const batch of batches) await done(engine, ...batch)
    return { store, engine, changes: await told(engine) }
  }

  test('a new person', async () => {
    const { changes } = await story([upsert('a', { city: 'Paris' })])
    expect(changes).toMatchObject([{ _tag: 'Created', version: 1, paths: [], taken: [], given: [], merged: [] }])
    expect(changes[0]?.now?.point.profiles[0]?.properties).toEqual({ city: 'Paris' })
  })

  test('[L-37] an erasure that suppresses names the identifiers that others must remove, although the store keeps digests', async () => {
    const store = createStore()
    const sha256 = (text: string) => createHash('sha256').update(text).digest('hex')
    const secret = { digest: sha256, keyedDigest: (text: string) => sha256(`key ${text}`) }
    const engine = engineOver(store, { erasure: { key: secret } })
    await told(engine)
    await done(engine, upsert('a', { city: 'Paris' }), join('a', 'b'))
    await done(engine, { ...erase('a'), suppress: true } as Command)
    await done(engine, { ...erase('nobody'), suppress: true } as Command)
    const [verdict] = await done(engine, upsert('a', {}))
    expect(verdict).toMatchObject({ code: 'SUPPRESSED' })
    await done(engine, { _tag: 'LiftSuppression', identifiers: [email('a')] })
    const changes = await told(engine)
    expect(changes).toMatchObject([{ _tag: 'Created' }, { _tag: 'Erased', given: ['email_hash:a', 'email_hash:b'] }])
    // Once consumers have it, the entry goes, and what is suppressed says nothing.
    await engine.forgetChanges()
    expect(JSON.stringify([...store.documents.values()])).not.toContain('email_hash:a')
  })

  test('the places that differ', async () => {
    const { changes } = await story(
      [upsert('a', { city: 'Paris', pets: { cat: 1, dog: 2 } })],
      [upsert('a', { pets: { cat: 1, dog: 3 }, age: 4 })]
    )
    expect(changes[1]).toMatchObject({
      _tag: 'Changed',
      version: 2,
      paths: [
        ['profiles', '0', 'pets', 'dog'],
        ['profiles', '0', 'age']
      ]
    })
  })

  test('nothing where an upsert alters nothing', async () => {
    const { store, changes } = await story([upsert('a', { city: 'Paris' })], [upsert('a', { city: 'Paris' })])
    expect(tags(changes)).toEqual(['Created'])
    expect(entries(store)).toEqual([])
    expect([...store.documents.values()].find(({ kind }) => kind === 'user_point')?.version).toBe(2)
  })

  test('[L-42] nothing exactly where the verdict of an upsert says that it changed 0', async () => {
    const small = fc.constantFrom<JsonObject>({}, { a: 1 }, { a: 2 }, { a: { b: [1] } }, { a: {} })
    const processing = '1'
    const command = fc.oneof(
      fc.record({ properties: small, merge: fc.constantFrom(shallowMerge, overlay, put) }).map(
        ({ properties, merge }): Command => ({
          _tag: 'UpsertProfile',
          reference: email('a'),
          key: key('0'),
          patch: merge(properties)
        })
      ),
      fc.record({ properties: small, chosenAt: fc.constantFrom(1, 2) }).map(
        ({ properties, chosenAt }): Command => ({
          _tag: 'UpsertChoice',
          reference: email('a'),
          processing,
          chosenAt,
          patch: shallowMerge(properties)
        })
      ),
      fc.record({ dataBag: fc.option(small, { nil: undefined }), moment: fc.constantFrom(0, 1e15, 2e15) }).map(
        ({ dataBag, moment }): Command => ({
          _tag: 'UpdateSegment',
          reference: email('a'),
          key: { naming: 'Id', segment: '1' },
          expiry: moment === 0 ? { _tag: 'Never' } : { _tag: 'At', moment },
          ...(dataBag !== undefined && { dataBag })
        })
      )
    )
    await fc.assert(
      fc.asyncProperty(fc.array(command, { maxLength: 12 }), async (commands) => {
        const store = createStore()
        const engine = engineOver(store)
        for (const each of commands) {
          const before = entries(store).length
          const [verdict] = await done(engine, each)
          const isApplied = verdict?._tag === 'Applied'
          const saysZero = isApplied && 'changed' in verdict.effect && verdict.effect.changed === 0
          expect(entries(store).length - before).toBe(isApplied && !saysZero ? 1 : 0)
        }
      }),
      { numRuns: times(150), seed }
    )
  })

  test('a merge names the absorbed, and what the survivor took', async () => {
    const { changes } = await story([upsert('a', { n: 1 })], [upsert('b', { m: 2 })], [join('a', 'b')])
    expect(tags(changes)).toEqual(['Created', 'Created', 'Merged'])
    const [first, second, merge] = changes
    expect(merge).toMatchObject({
      userPoint: first?.userPoint,
      merged: [{ id: second?.userPoint, version: 2 }],
      paths: [['profiles', '0', 'm']]
    })
    expect(merge?.taken).toContain('email_hash:b')
  })

  test('an erasure names every identifier, and is told before a new owner', async () => {
    const { changes } = await story(
      [{ _tag: 'Associate', references: [email('a'), account('1', 'x')] }],
      [erase('a'), { _tag: 'Associate', references: [email('a')] }]
    )
    expect(tags(changes)).toEqual(['Created', 'Erased', 'Created'])
    expect(changes[1]).toMatchObject({ given: ['account:1:x', 'email_hash:a'], now: undefined, version: 2 })
  })

  test('an identifier that is given back', async () => {
    const { changes } = await story(
      [{ _tag: 'Associate', references: [email('a'), account('1', 'x')] }],
      [{ _tag: 'DeleteIdentifier', identifier: account('1', 'x') }]
    )
    expect(changes[1]).toMatchObject({ _tag: 'Changed', given: ['account:1:x'], paths: [] })
  })

  test('the line of an execution, and a call under a receipt', async () => {
    const store = createStore()
    const engine = engineOver(store)
    await told(engine)
    await running(store, upserts('a', 'b'), {}, { feed: 'on', purge: 'manual' })
    await engine.executeOnce({ id: 'r1', digest: 'd', lifetime: 1_000 }, [upsert('c', { n: 1 })])
    const changes = await told(engine)
    expect(changes.map(({ origin, line }) => ({ origin, line }))).toEqual([
      { origin: { _tag: 'Execution', id: 'nightly' }, line: 1 },
      { origin: { _tag: 'Execution', id: 'nightly' }, line: 2 },
      { origin: { _tag: 'Request', id: 'r1' }, line: undefined }
    ])
  })

  test('no value of a property', async () => {
    const store = createStore()
    const engine = engineOver(store)
    await told(engine)
    await done(engine, upsert('a', { city: 'Atlantis' }))
    await done(engine, upsert('a', { city: 'Utopia' }))
    expect(entries(store)).toHaveLength(2)
    expect(JSON.stringify(entries(store))).not.toMatch(/Atlantis|Utopia/)
  })

  test('many places are told as lists', async () => {
    const many = Object.fromEntries(Array.from({ length: 65 }, (_, n) => [`p${n}`, n]))
    const { changes } = await story([upsert('a', { n: 1 })], [upsert('a', many)])
    expect(changes[1]?.paths).toEqual([['profiles']])
  })
})

describe('the numbers of writers', () => {
  it('writes nothing with the feed off, in an explanation, or in a sweep that only looks', async () => {
    const store = createStore()
    await done(engineOver(store, { feed: 'off' }), upsert('a', { n: 1 }))
    const engine = engineOver(store)
    await done(engine, { _tag: 'EnterScenario', reference: email('b'), scenario: 's' })
    const before = entries(store).length
    await engine.sweep({ dryRun: true })
    await engine.explainDocument('USER_PROFILE', new TextEncoder().encode(upserts('z')), {
      onExplained: () => undefined
    })
    expect([before, entries(store).length]).toEqual([1, 1])
  })

  it('takes no number in a conflict, and ends with a commit of unknown outcome', async () => {
    const store = createStore()
    const engine = engineOver(store)
    const lose: Store['onCommit'] = async (_, commit) => {
      commit()
      throw new Error('lost')
    }
    await done(engine, upsert('a', { n: 1 }))
    // Another writer comes between the load and the commit, once.
    let isFirst = true
    store.onCommit = async (_, commit) => {
      const comesFirst = isFirst
      isFirst = false
      if (comesFirst) await done(engineOver({ ...store }), upsert('a', { n: 2 }))
      commit()
    }
    await done(engine, upsert('a', { n: 3 }))
    store.onCommit = lose
    expect((await engine.execute([upsert('b', { n: 1 })]))._tag).toBe('Left')
    store.onCommit = async (_, commit) => commit()
    await done(engine, upsert('c', { n: 1 }))
    const numbers = new Map<string, number[]>()
    for (const { id } of entries(store)) {
      const [writer = '', number] = id.split('.')
      numbers.set(writer, [...(numbers.get(writer) ?? []), Number(number)])
    }
    // That of the other engine, the one whose last commit was lost, and the one after it.
    expect([...numbers.values()]).toEqual([[1, 2, 3], [1], [1]])
  })

  it('gives each batch of a transaction of the caller a writer of its own', async () => {
    const store = createStore()
    const inside: Store = { ...store, manifest: { ...store.manifest, purgedElsewhere: true } }
    const engine = engineOver(inside)
    for (const hash of ['a', 'b']) await done(engine, upsert(hash, { n: 1 }))
    expect(entries(store).map(({ id }) => id.split('.')[1])).toEqual(['0000000', '0000000'])
    expect(tags(await told(engineOver(store)))).toEqual(['Present', 'Present'])
  })
})

describe('the order of readers', () => {
  it('[L-42] reads once more before it tells, because a scan may have passed the writer of an earlier change', async () => {
    const store = createStore()
    const [one, two] = [engineOver({ ...store }), engineOver({ ...store })]
    // Entries stay for a consumer that has not read them. Writers are read in the order of their ids: first that of `one`.
    await told(one, { consumer: 'slow' })
    await done(one, upsert('x', { n: 0 }))
    await done(two, upsert('y', { n: 0 }))
    await told(one)
    const last = entries(store).at(-1)?.id
    let scans = 0
    const slow: Store = {
      ...store,
      async *scan(kind, options) {
        for await (const stored of store.scan(kind, options)) {
          // The scan is behind the entries of `one`, who creates a person now, and `two` changes them.
          if (stored.id === last && scans++ === 0) {
            await done(one, upsert('p', { n: 1 }))
            await done(two, upsert('p', { n: 2 }))
          }
          yield stored
        }
      }
    }
    const changes = await told(engineOver(slow))
    expect(changes.map(({ _tag, version }) => [_tag, version])).toEqual([
      ['Created', 1],
      ['Changed', 2]
    ])
    expect(scans).toBeGreaterThan(1)
  })
})

it('[L-42] tells all changes of a writer that is further ahead than the window, and then stops', async () => {
  const store = createStore()
  const engine = engineOver(store)
  await told(engine)
  for (let n = 0; n < 150; n++) await done(engine, upsert('a', { n }))
  expect((await told(engine)).map(({ version }) => version)).toEqual(Array.from({ length: 150 }, (_, n) => n + 1))
})

it('[L-42] ends with a store whose scans wrongly begin with the document after which they should begin', async () => {
  const store = createStore()
  await done(engineOver(store), upsert('a', { n: 1 }), upsert('b', { n: 1 }))
  let scans = 0
  const inclusive: Store = {
    ...store,
    async *scan(kind, options) {
      if (++scans > 1_000) throw new Error('it is read for ever')
      const { after } = options ?? {}
      const again = after === undefined ? undefined : store.documents.get(`${kind} ${after}`)
      if (again !== undefined) yield again
      yield* store.scan(kind, options)
    }
  }
  expect(tags(await told(engineOver(inclusive), { beginning: 'now' }))).toEqual([])
  await done(engineOver(store), upsert('a', { n: 2 }))
  expect(tags(await told(engineOver(inclusive)))).toEqual(['Changed'])
})

describe('acknowledgements', () => {
  const reading = (engine: Engine, consumer = 'test') =>
    engine.changes({ consumer, atEnd: 'stop' })[Symbol.asyncIterator]()

  const storeWith = async (...hashes: ReadonlyArray<string>) => {
    const store = createStore()
    const engine = engineOver(store)
    await told(engine)
    await done(engine, ...hashes.map((hash) => upsert(hash, { n: 1 })))
    return { store, engine }
  }

  it('goes on after the last change that was acknowledged, also within a batch', async () => {
    const { engine } = await storeWith('a', 'b', 'c')
    const reader = reading(engine)
    const first = await reader.next()
    await reader.next()
    await first.value?.acknowledge()
    await reader.return?.(undefined)
    const rest = await told(engine)
    expect(rest.map(({ id }) => id.split('.')[2])).toEqual(['1', '2'])
    expect(await told(engine)).toEqual([])
  })

  it('[L-42] goes on after the place that another process had, also within a batch and in the snapshot', async () => {
    const { store, engine } = await storeWith('a', 'b', 'c')
    const readFrom = async (consumer: string, most: number, acknowledged?: string) => {
      const changes: Change[] = []
      const options = { consumer, atEnd: 'stop' as const, ...(acknowledged !== undefined && { acknowledged }) }
      for await (const change of engineOver({ ...store }).changes(options)) {
        changes.push(change)
        if (changes.length === most) break
      }
      return changes
    }
    const idsOf = (changes: ReadonlyArray<Change>) => changes.map(({ id }) => id.split('.')[2])
    const some = await readFrom('test', 2)
    const rest = await readFrom('test', 9, some[0]?.place())
    expect(idsOf(rest)).toEqual(['1', '2'])
    // An old place takes nothing back, and the last one takes all.
    expect(idsOf(await readFrom('test', 9, some[0]?.place()))).toEqual(['1', '2'])
    expect(await readFrom('test', 9, rest[1]?.place())).toEqual([])
    expect(await readFrom('test', 9, some[0]?.place())).toEqual([])
    const present = await readFrom('new', 2)
    expect(tags(await readFrom('new', 9, present[1]?.place()))).toEqual(['Present'])
    await engine.forgetConsumer('new')
    expect(await readFrom('new', 9, present[1]?.place())).toHaveLength(3)
    expect(present[1]?.place()).toMatch(/^[!-~]+$/)
    for (const text of ['', '{}', '%', '%7B%22document%22%3A1%7D'])
      expect(() => engine.changes({ consumer: 'test', acknowledged: text })).toThrow(TypeError)
  })

  it('refuses a reader whose consumer another one continues', async () => {
    const { engine } = await storeWith('a', 'b')
    const [old, fresh] = [reading(engine), reading(engine)]
    const change = (await old.next()).value
    const same = (await fresh.next()).value
    await expect(change?.acknowledge()).rejects.toMatchObject({ code: 'CONSUMER_TAKEN' })
    await same?.acknowledge()
    expect(await told(engine)).toHaveLength(1)
  })

  it('commits documents of the embedder with the cursor, or neither', async () => {
    const { store, engine } = await storeWith('a', 'b')
    const reader = reading(engine)
    const write = { kind: 'app_seen', id: 'one', expected: 0, body: { n: 1 }, claim: [], release: [] }
    const first = (await reader.next()).value
    await first?.acknowledge({ writes: [write] })
    const second = (await reader.next()).value
    await expect(second?.acknowledge({ writes: [write] })).rejects.toMatchObject({ code: 'WRITES_CONFLICT' })
    await expect(second?.acknowledge({ writes: [{ ...write, kind: 'user_point' }] })).rejects.toThrow(TypeError)
    await second?.acknowledge()
    expect(store.documents.get('app_seen one')?.version).toBe(1)
    expect(await told(engine)).toEqual([])
  })

  it('may be repeated after an unknown outcome', async () => {
    const { store, engine } = await storeWith('a', 'b')
    const reader = reading(engine)
    const first = (await reader.next()).value
    store.onCommit = async (_, commit) => {
      commit()
      throw new Error('lost')
    }
    await expect(first?.acknowledge()).rejects.toThrow('lost')
    store.onCommit = async (_, commit) => commit()
    await first?.acknowledge()
    const second = (await reader.next()).value
    await second?.acknowledge()
    expect(await told(engine)).toEqual([])
  })
})

describe('forgetting', () => {
  it('drops what every consumer has, owes a purge for identifiers, and keeps the rest', async () => {
    const store = createStore()
    const engine = engineOver(store)
    await told(engine)
    await told(engine, { consumer: 'slow' })
    await done(engine, upsert('a', { n: 1 }))
    await done(engine, erase('a'))
    await engine.purge()
    await told(engine)
    expect(entries(store)).toHaveLength(2)
    expect(await engine.purgeOwed()).toMatchObject({ right: { batches: 0 } })
    await told(engine, { consumer: 'slow' })
    expect(entries(store)).toEqual([])
    expect(await engine.purgeOwed()).toMatchObject({ right: { batches: 1 } })
  })

  it('tells a consumer that lost changes by their age, and no other', async () => {
    const store = createStore()
    const engine = engineOver(store)
    for (const consumer of ['quick', 'slow']) await told(engine, { consumer })
    await done(engine, upsert('a', { n: 1 }))
    await told(engine, { consumer: 'quick' })
    const late = engineOver(store, { clock: () => store.runtime.clock() + 1_000_000, feedKeptFor: 1_000 })
    expect(await late.forgetChanges()).toEqual({ _tag: 'Right', right: { entries: 1, lost: ['slow'] } })
    await expect(told(engine, { consumer: 'slow' })).rejects.toMatchObject({ code: 'CHANGES_LOST' })
    await done(engine, upsert('b', { n: 1 }))
    expect(tags(await told(engine, { consumer: 'quick' }))).toEqual(['Created'])
    expect(await engine.forgetConsumer('slow')).toEqual({ _tag: 'Right', right: true })
    expect(tags(await told(engine, { consumer: 'slow' }))).toEqual(['Present', 'Present'])
  })

  it('notices entries that were dropped behind its back', async () => {
    const store = createStore()
    const engine = engineOver(store)
    await told(engine)
    for (const hash of ['a', 'b']) await done(engine, upsert(hash, { n: 1 }))
    const [first] = entries(store)
    store.documents.delete(`change ${first?.id}`)
    await expect(told(engine)).rejects.toMatchObject({ code: 'CHANGES_LOST' })
  })

  it('lets a new consumer begin behind what was dropped', async () => {
    const store = createStore()
    const engine = engineOver(store)
    await told(engine)
    for (const hash of ['a', 'b']) {
      await done(engine, upsert(hash, { n: 1 }))
      await told(engine)
    }
    expect(entries(store)).toEqual([])
    expect(await told(engine, { consumer: 'new', beginning: 'now' })).toEqual([])
    await done(engine, upsert('c', { n: 1 }))
    expect(tags(await told(engine, { consumer: 'new' }))).toEqual(['Created'])
  })
})

describe('waiting', () => {
  it('needs a way to wait, and a name', async () => {
    const store = createStore()
    const { sleep: _, ...runtime } = { ...store.runtime, sleep: undefined }
    const engine = createEngine({ repository: store, ...runtime, feed: 'on' }) as unknown as Engine
    expect(() => engine.changes({ consumer: 'a' })).toThrow(TypeError)
    await expect(told(engine, { consumer: 'a b' })).rejects.toThrow(TypeError)
  })

  it('ends at the signal', async () => {
    const store = createStore()
    const controller = new AbortController()
    const engine = engineOver(store, { sleep: () => new Promise((wake) => setTimeout(wake, 60_000)) })
    await done(engine, upsert('a', { n: 1 }))
    const seen: string[] = []
    for await (const { _tag } of engine.changes({ consumer: 'a', signal: controller.signal })) {
      seen.push(_tag)
      setTimeout(() => controller.abort(), 20)
    }
    expect(seen).toEqual(['Present'])
  })
})
