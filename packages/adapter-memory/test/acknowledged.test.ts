import { createEngine, type Engine } from '@userpoint/core'
import type { Command } from '@userpoint/core/command'
import { put, shallowMerge } from '@userpoint/core/patch'
import { type DocumentType, encodeUserPoint, mediarithmics } from '@userpoint/core/mediarithmics'
import type { Repository, Write } from '@userpoint/core/repository'
import fc from 'fast-check'
import { mintIds, slowClock } from '@userpoint/conformance/arbitraries'
import { describe, expect, it } from 'vitest'
import { createMemoryRepository } from '../src/index.ts'

const engineOn = (repository: Repository, options: object = {}): Engine<DocumentType> =>
  createEngine({ dialect: mediarithmics, repository, clock: slowClock(), newId: mintIds(), ...options })

const upsertOf = (hash: string, user_profile: unknown) => ({
  operation: 'UPSERT',
  email_hash: hash,
  force_replace: true,
  user_profile
})

const people = async (engine: Engine<DocumentType>): Promise<ReadonlyArray<Record<string, unknown>>> => {
  const found: Array<Record<string, unknown>> = []
  for await (const subject of engine.userPoints()) found.push(encodeUserPoint(subject))
  return found
}

/** The first profile of each person. */
const profilesOf = async (engine: Engine<DocumentType>): Promise<ReadonlyArray<Record<string, unknown> | undefined>> =>
  (await people(engine)).map(({ profiles }) => (profiles as ReadonlyArray<Record<string, unknown>>)[0])

const valuesOf = async (engine: Engine<DocumentType>, property: string): Promise<ReadonlyArray<unknown>> =>
  (await profilesOf(engine)).map((profile) => profile?.[property])

/** A store whose calls end later, so that the caller has time to change its objects. */
const later = (repository: Repository): Repository => ({
  ...repository,
  load: async (references) => {
    await Promise.resolve()
    return repository.load(references)
  }
})

describe('[A-49] a value is taken as it is at the call', () => {
  it.each([['at once', (store: Repository) => store] as const, ['later', later] as const])(
    'by a store that answers %s: three lines from one reused object',
    async (_, through) => {
      const engine = engineOn(through(createMemoryRepository()))
      const inner = { n: 0, list: [0] }
      const calls = [1, 2, 3].map((n) => {
        inner.n = n
        inner.list[0] = n
        return engine.runOne('USER_PROFILE', upsertOf(`h${n}`, { inner }))
      })
      inner.n = -1
      inner.list.push(-1)
      await Promise.all(calls)
      Object.assign(inner, { n: -2 })
      expect(await valuesOf(engine, 'inner')).toEqual([1, 2, 3].map((n) => ({ n, list: [n] })))
    }
  )

  it('of commands too, with any content of their patches', async () => {
    const engine = engineOn(later(createMemoryRepository()))
    const inner: Record<string, unknown> = { n: 1 }
    const command = {
      _tag: 'UpsertProfile',
      reference: { _tag: 'EmailHash', hash: 'h' },
      key: { compartment: '0' },
      patch: shallowMerge({ inner } as never)
    } as unknown as Command
    const call = engine.execute([command])
    inner.n = 2n
    inner.self = inner
    expect(await call).toMatchObject({ _tag: 'Right', right: [{ _tag: 'Applied' }] })
    expect(await valuesOf(engine, 'inner')).toEqual([{ n: 1 }])
  })

  const cycle: Record<string, unknown> = {}
  cycle.self = cycle
  it.each([
    ['a cycle', cycle, 'TOO_DEEP'],
    ['a BigInt', { n: 1n }, 'NOT_JSON'],
    ['a NUL', { text: 'a\0' }, 'BAD_TEXT'],
    ['a lone surrogate in a key', { '\ud800': 1 }, 'BAD_TEXT'],
    ['a Date', { at: new Date() }, 'NOT_JSON'],
    ['not a number', { n: Number.NaN }, 'BAD_NUMBER']
  ])('with %s in a command: it is rejected, and the others are applied', async (_, value, code) => {
    const engine = engineOn(createMemoryRepository())
    const commandOf = (hash: string, held: unknown) =>
      ({
        _tag: 'UpsertProfile',
        reference: { _tag: 'EmailHash', hash },
        key: { compartment: '0' },
        patch: put(held as never)
      }) as unknown as Command
    const verdicts = await engine.execute([commandOf('a', {}), commandOf('b', value), commandOf('c', {})])
    expect(verdicts).toMatchObject({ right: [{ _tag: 'Applied' }, { _tag: 'Rejected', code }, { _tag: 'Applied' }] })
    expect(await people(engine)).toHaveLength(2)
  })
})

describe('calls on one person at the same moment', () => {
  it('all land, also where the engine cannot wait and has no chance', async () => {
    let conflicts = 0
    const store = createMemoryRepository()
    const counting: Repository = {
      ...later(store),
      commit: async (writes) => {
        const result = await store.commit(writes)
        if (result._tag === 'Conflict') conflicts++
        return result
      }
    }
    const engine = engineOn(counting)
    const calls = Array.from({ length: 100 }, (_, n) =>
      engine.runOne('USER_PROFILE', { ...upsertOf('h', { [`p${n}`]: n }), force_replace: false })
    )
    for (const verdict of await Promise.all(calls)) expect(verdict).toMatchObject({ right: { _tag: 'Applied' } })
    const [profile] = await profilesOf(engine)
    expect(Object.keys(profile ?? {}).filter((key) => key.startsWith('p'))).toHaveLength(100)
    expect(conflicts).toBe(0)
  })

  it('do not wait for calls on others', async () => {
    const store = createMemoryRepository()
    let release = () => {}
    const held = new Promise<void>((wake) => {
      release = wake
    })
    const slow: Repository = {
      ...store,
      load: async (references) => {
        if (references.some((each) => each._tag === 'ByClaim' && each.claim.endsWith(':slow'))) await held
        return store.load(references)
      }
    }
    const engine = engineOn(slow)
    const first = engine.runOne('USER_PROFILE', upsertOf('slow', {}))
    expect(await engine.runOne('USER_PROFILE', upsertOf('other', {}))).toMatchObject({ right: { _tag: 'Applied' } })
    release()
    expect(await first).toMatchObject({ right: { _tag: 'Applied' } })
  })
})

/** A store that never takes a body with this text, as one whose encoding cannot hold it. */
const refusing = (text: string): Repository => {
  const store = createMemoryRepository()
  const holds = ({ body }: Write): boolean => JSON.stringify(body ?? null).includes(text)
  return {
    ...store,
    commit: (writes) => {
      if (writes.some(holds)) throw Object.assign(new Error('refused'), { applied: false, recovery: 'none' })
      return store.commit(writes)
    }
  }
}

describe('a line that the store refuses for good', () => {
  it('is found and rejected, and all others are applied, for any document and unit', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.nat(5), fc.boolean()), { minLength: 1, maxLength: 12 }),
        fc.integer({ min: 1, max: 12 }),
        fc.boolean(),
        async (lines, linesPerUnit, isExecution) => {
          const engine = engineOn(refusing('Łódź'))
          const text = lines
            // A value that a later line of the batch replaces is never given to the store: each bad line has its own person.
            .map(([person, isBad], at) =>
              JSON.stringify(isBad ? upsertOf(`bad ${at}`, { city: 'Łódź' }) : upsertOf(`h${person}`, { city: 'Lyon' }))
            )
            .join('\n')
          const bytes = new TextEncoder().encode(text)
          const verdicts: unknown[] = []
          const report = isExecution
            ? await engine.runExecution('nightly' as never, 'USER_PROFILE', bytes, {
                linesPerUnit,
                createHash: () => ({ update: () => undefined, digest: () => '' }),
                verdictSink: (some, length) => {
                  // Earlier tries of a batch are written over.
                  verdicts.splice(length, verdicts.length, ...some.map(({ verdict }) => verdict))
                  return verdicts.length
                }
              })
            : await engine.importDocument('USER_PROFILE', bytes, {
                linesPerUnit,
                onVerdicts: (some) => void verdicts.push(...some.map(({ verdict }) => verdict))
              })
          expect(report).toMatchObject({ _tag: 'Right', right: { lines: lines.length } })
          expect(verdicts).toMatchObject(
            lines.map(([, isBad]) => (isBad ? { _tag: 'Rejected', code: 'REFUSED_BY_STORE' } : { _tag: 'Applied' }))
          )
          const good = new Set(lines.flatMap(([person, isBad]) => (isBad ? [] : [person])))
          expect(await valuesOf(engine, 'city')).toEqual(Array.from(good, () => 'Lyon'))
        }
      ),
      { numRuns: Math.ceil(100 * Number(process.env.USERPOINT_RUNS ?? 1)) }
    )
  })

  it('is the verdict of a single call, and of one among commands', async () => {
    const engine = engineOn(refusing('Łódź'))
    expect(await engine.runOne('USER_PROFILE', upsertOf('h', { city: 'Łódź' }))).toMatchObject({
      right: { _tag: 'Rejected', code: 'REFUSED_BY_STORE' }
    })
    expect(await people(engine)).toEqual([])
  })

  it('is no verdict where the fault may pass: that ends the import', async () => {
    const store = createMemoryRepository()
    const broken: Repository = {
      ...store,
      commit: () => {
        throw Object.assign(new Error('full'), { applied: false, recovery: 'repair' })
      }
    }
    const bytes = new TextEncoder().encode(JSON.stringify(upsertOf('h', {})))
    expect(await engineOn(broken).importDocument('USER_PROFILE', bytes)).toMatchObject({
      _tag: 'Left',
      left: { error: { _tag: 'StoreFailed' } }
    })
  })
})
