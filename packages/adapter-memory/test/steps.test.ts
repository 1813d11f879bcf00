/** Units that are decided step by step, on a store that answers at once. */
import { setImmediate } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { createMemoryRepository } from '@userpoint/adapter-memory'
import { createEngine } from '@userpoint/core'
import { mediarithmics } from '@userpoint/core/mediarithmics'
import type { JsonObject, Reference, Repository, Stored, Write } from '@userpoint/core/repository'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

const upsert = (hash: string, name = hash): string =>
  `{"operation":"UPSERT","email_hash":"${hash}","force_replace":true,"user_profile":{"name":"${name}"}}\n`
const bytesOf = (lines: ReadonlyArray<string>): Uint8Array => new TextEncoder().encode(lines.join(''))
/** Returns all objects in a value. */
const objectsIn = (value: unknown): ReadonlyArray<object> =>
  typeof value === 'object' && value !== null ? [value, ...Object.values(value).flatMap(objectsIn)] : []
const isOnPeople = (writes: ReadonlyArray<Write>): boolean => writes.some(({ kind }) => kind === 'user_point')
const asksFor = (references: ReadonlyArray<Reference>, claim: string): boolean =>
  references.some((reference) => reference._tag === 'ByClaim' && reference.claim.includes(claim))

/** Returns an engine with a clock that moves a second with each look at it, and ids that count. */
const engineOn = (repository: Repository, firstId = 0) => {
  let time = 0
  let ids = firstId
  return createEngine({
    dialect: mediarithmics,
    repository,
    clock: () => (time += 1_000),
    newId: () => `00000000-0000-7000-8000-${String(++ids).padStart(12, '0')}`
  })
}

/** Returns all people of a store as texts. */
const peopleIn = async (repository: Repository): Promise<ReadonlyArray<string>> => {
  const people: string[] = []
  for await (const { id, body } of repository.scan('user_point')) people.push(`${id} ${JSON.stringify(body)}`)
  return people
}

/** A store in memory, and what it is asked. */
const watched = () => {
  const store = createMemoryRepository()
  const calls: string[] = []
  let beforeLoad: (references: ReadonlyArray<Reference>) => void = () => undefined
  const repository: Repository = {
    ...store,
    load: (references) => {
      beforeLoad(references)
      if (references.some(({ _tag }) => _tag === 'ByClaim')) calls.push(`load ${references.length}`)
      return store.load(references)
    },
    commit: (writes) => {
      const result = store.commit(writes)
      if (isOnPeople(writes)) calls.push(`commit ${writes.length}${'_tag' in result ? ` ${result._tag}` : ''}`)
      return result
    }
  }
  const before = (see: (references: ReadonlyArray<Reference>) => void): void => {
    beforeLoad = see
  }
  return { store, repository, calls, before }
}

const ten = Array.from({ length: 10 }, (_, index) => `p${index}`)

describe('a unit on a store that answers at once', () => {
  it('is read and decided in fifths, and committed as a whole', async () => {
    const { repository, calls } = watched()
    // The first two units are read as on any store: it has not answered yet.
    const lines = Array.from({ length: 30 }, (_, index) => upsert(`h${index}`))
    await engineOn(repository).importDocument('USER_PROFILE', bytesOf(lines), { linesPerUnit: 10 })
    const whole = ['load 10', 'load 10', 'commit 10 Committed', 'commit 10 Committed']
    expect(calls).toEqual([...whole, ...Array.from({ length: 5 }, () => 'load 2'), 'commit 10 Committed'])
  })

  it('has as many lines where several values stand on one line of text', async () => {
    const { repository, calls } = watched()
    const values = Array.from({ length: 30 }, (_, index) => upsert(`h${index}`).trimEnd())
    await engineOn(repository).importDocument('USER_PROFILE', bytesOf(values), { linesPerUnit: 10 })
    expect(calls.filter((call) => call.startsWith('commit'))).toEqual(
      Array.from({ length: 3 }, () => 'commit 10 Committed')
    )
  })

  it('does not load a person whom a step before has loaded, by any identifier', async () => {
    const { repository, calls } = watched()
    const engine = engineOn(repository)
    const account = '"user_account_id":"ada","compartment_id":"1"'
    const both = `{"identifiers":[{"type":"USER_EMAIL","hash":"p0"},{"type":"USER_ACCOUNT",${account}}]}\n`
    await engine.importDocument('USER_IDENTIFIERS_ASSOCIATION_DECLARATIONS', bytesOf([both]))
    const byAccount = upsert('p0').replace('"email_hash":"p0"', account)
    const lines = [...ten, ...ten.map((hash) => `q${hash}`), ...ten].map((hash) => upsert(hash))
    lines[28] = byAccount
    await engine.importDocument('USER_PROFILE', bytesOf(lines), { linesPerUnit: 10 })
    expect(calls.slice(-5)).toEqual(['load 2', 'load 2', 'load 2', 'load 1', 'commit 9 Committed'])
  })

  it('does not load what a step before has loaded', async () => {
    const { repository, calls } = watched()
    const lines = [...ten, ...ten, ...Array.from({ length: 10 }, () => 'p0')].map((hash) => upsert(hash))
    await engineOn(repository).importDocument('USER_PROFILE', bytesOf(lines), { linesPerUnit: 10 })
    expect(calls.slice(4)).toEqual(['load 1', 'commit 1 Committed'])
  })

  it('[L-01] leaves what units of one line leave, for any lines', async () => {
    const line = fc.oneof(
      fc
        .tuple(fc.constantFrom('a', 'b', 'c', 'd'), fc.constantFrom('x', 'y'))
        .map(([hash, name]) => upsert(hash, name)),
      fc.constantFrom('a', 'b', 'c', 'd').map((hash) => `{"operation":"DELETE","email_hash":"${hash}"}\n`),
      fc.constant('{"operation":\n')
    )
    await fc.assert(
      fc.asyncProperty(
        fc.array(line, { maxLength: 60 }),
        fc.integer({ min: 2, max: 30 }),
        async (lines, linesPerUnit) => {
          const results = []
          for (const size of [1, linesPerUnit]) {
            const repository = createMemoryRepository()
            const verdicts: unknown[] = []
            const onVerdicts = (some: ReadonlyArray<unknown>): void => void verdicts.push(...some)
            const options = { linesPerUnit: size, onVerdicts }
            await engineOn(repository).importDocument('USER_PROFILE', bytesOf(lines), options)
            const people = await peopleIn(repository)
            results.push({ verdicts, people: people.map((person) => person.replaceAll(/\d{4,}/g, '')) })
          }
          expect(results[1]).toEqual(results[0])
        }
      )
    )
  })

  it('is decided again from one load where another writer came between two steps', async () => {
    const { store, repository, calls, before } = watched()
    const claims: string[] = []
    const other = engineOn(
      {
        ...store,
        commit: (writes) => {
          for (const { kind, claim } of writes) if (kind === 'user_point') claims.push(...claim)
          return store.commit(writes)
        }
      },
      1_000
    )
    for (const hash of ['p20', 'p29']) await other.importDocument('USER_PROFILE', bytesOf([upsert(hash)]))
    const [first, last] = claims as [string, string]
    const holderOf = (claim: string): Stored | undefined => {
      const [stored] = store.load([{ _tag: 'ByClaim', claim }]) as ReadonlyArray<Stored | undefined>
      return stored
    }
    let hasCome = false
    before((references) => {
      if (hasCome || !asksFor(references, last)) return
      hasCome = true
      // The first step of the unit has loaded one of these people, the last one is about to load the other: they become one.
      const [absorbed, survivor] = [holderOf(first), holderOf(last)]
      if (absorbed === undefined || survivor === undefined) throw new RangeError('no people')
      const emailHashes = [absorbed, survivor].flatMap(({ body }) => body['emailHashes'] as ReadonlyArray<JsonObject>)
      const place = ({ kind, id, version }: Stored) => ({ kind, id, expected: version })
      store.commit([
        { ...place(absorbed), body: undefined, claim: [], release: [first] },
        { ...place(survivor), body: { ...survivor.body, emailHashes }, claim: [first], release: [] }
      ])
    })
    const lines = Array.from({ length: 30 }, (_, index) => upsert(`p${index}`))
    await engineOn(repository).importDocument('USER_PROFILE', bytesOf(lines), { linesPerUnit: 10 })
    expect(hasCome).toBe(true)
    // Five steps, then one load of all, and one commit without a conflict.
    expect(calls.slice(-3)).toEqual(['load 2', 'load 10', 'commit 9 Committed'])
    expect((await peopleIn(store)).filter((person) => person.includes('"p20"'))).toHaveLength(1)
  })

  it('is decided again after a conflict', async () => {
    const { store, repository, calls, before } = watched()
    const lines = Array.from({ length: 30 }, (_, index) => upsert(`p${index}`))
    const other = engineOn(store, 1_000)
    let coming: Promise<unknown> | undefined
    before((references) => {
      if (asksFor(references, 'p28')) coming ??= other.importDocument('USER_PROFILE', bytesOf([upsert('p20', 'else')]))
    })
    const ended = await engineOn(repository).importDocument('USER_PROFILE', bytesOf(lines), { linesPerUnit: 10 })
    await coming
    expect(ended).toMatchObject({ right: { applied: 30 } })
    expect((await peopleIn(store)).filter((person) => person.includes('"p20"'))).toHaveLength(1)
    expect(calls.at(-1)).toMatch(/^commit \d+ Committed$/)
  })

  it('leaves nothing of the units before it in memory', async () => {
    setFlagsFromString('--expose-gc')
    const collect = runInNewContext('gc') as () => void
    const objects: Array<WeakRef<object>> = []
    const alive: number[] = []
    const store = createMemoryRepository()
    const repository: Repository = {
      ...store,
      commit: (writes) => {
        if (isOnPeople(writes)) {
          // The first one may end a collection that was at work, which keeps what it had marked.
          collect()
          collect()
          alive.push(objects.filter((each) => each.deref() !== undefined).length)
          for (const { body } of writes) for (const each of objectsIn(body)) objects.push(new WeakRef(each))
        }
        return store.commit(writes)
      }
    }
    async function* input() {
      for (let index = 0; index < 60; index++) {
        yield bytesOf([upsert(`h${index}`)])
        await setImmediate()
      }
    }
    await engineOn(repository).importDocument('USER_PROFILE', input, { linesPerUnit: 10 })
    expect(alive).toHaveLength(6)
    // The first unit is still there when the second one is committed: the store has not answered yet. Of the others nothing is kept.
    // A leak keeps ten profiles of ten people at each commit; V8 itself may hold some objects for its caches for a while.
    expect(Math.min(...alive.slice(2))).toBeLessThan(5)
  })
})
