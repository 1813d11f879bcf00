/** Tests the wrapper that makes a store fail, and the requirement with engines that handle failures wrongly. */
import { RequirementViolated } from '@userpoint/conformance'
import type { Engine, Verdict } from '@userpoint/core'
import type { DocumentType } from '@userpoint/core/mediarithmics'
import type { Repository, Write } from '@userpoint/core/repository'
import { afterEach, describe, expect, test, vi } from 'vitest'
import type * as engines from '../src/behaviour/engine.ts'
import { type Fault, type FaultyCall, withFaults } from '../src/faults/faulty-repository.ts'
import { faultRequirements } from '../src/faults/requirements.ts'
import { byId, put, stored } from '../src/writes.ts'
import { createSmallRepository, emptyDisk, harnessOf } from './broken/small-store.ts'

const { spoil } = vi.hoisted(() => ({
  spoil: { engine: (engine: Engine<DocumentType>): Engine<DocumentType> => engine }
}))

vi.mock('../src/behaviour/engine.ts', async (original) => {
  const real = await original<typeof engines>()
  return {
    ...real,
    engineOver: (...args: Parameters<typeof real.engineOver>) => spoil.engine(real.engineOver(...args))
  }
})

const batch: ReadonlyArray<Write> = [put(stored('a'), { claim: ['k'] })]

const withPlan = (...faults: ReadonlyArray<Fault | undefined>) => {
  const store = createSmallRepository(emptyDisk())
  const calls: Array<FaultyCall> = []
  const faulty = withFaults(store, (call) => {
    calls.push(call)
    return faults[call.number]
  })
  return { store, faulty, calls }
}

const isThere = async (repository: Repository): Promise<boolean> =>
  (await repository.load([byId('a')]))[0] !== undefined

const scanned = async (repository: Repository): Promise<ReadonlyArray<string>> => {
  const ids: Array<string> = []
  for await (const { id } of repository.scan('user_point')) ids.push(id)
  return ids
}

describe('a faulty repository', () => {
  test('without a fault behaves like the store, and counts its calls', async () => {
    const { store, faulty, calls } = withPlan()
    expect(faulty.manifest).toBe(store.manifest)
    expect(await faulty.commit(batch)).toEqual({ _tag: 'Committed' })
    expect(await isThere(faulty)).toBe(true)
    expect(await scanned(faulty)).toEqual(['a'])
    await faulty.purge?.()
    await faulty.close?.()
    expect(calls).toEqual([
      { name: 'commit', number: 0, writes: batch },
      { name: 'load', number: 1, references: [byId('a')] },
      { name: 'scan', number: 2 },
      { name: 'purge', number: 3 }
    ])
  })

  test('has `purge`, `check` and `close` only if the store has them', () => {
    const { purge: _, check: __, close: ___, ...rest } = createSmallRepository(emptyDisk())
    const faulty = withFaults(rest, () => undefined)
    expect(faulty.purge).toBeUndefined()
    expect(faulty.check).toBeUndefined()
    expect(faulty.close).toBeUndefined()
  })

  test.each([true, false])('fails before a commit, and reports it: %s', async (admits) => {
    const { store, faulty } = withPlan({ _tag: 'FailBefore', admits })
    const error: unknown = await Promise.resolve(faulty.commit(batch)).catch((reason: unknown) => reason)
    expect(error).toBeInstanceOf(Error)
    expect((error as { applied?: unknown }).applied).toBe(admits ? false : undefined)
    expect(await isThere(store)).toBe(false)
    expect(await faulty.commit(batch)).toEqual({ _tag: 'Committed' })
  })

  test.each(['retry', 'repair', 'none'] as const)(
    '[PO-17] refuses a batch, and says what can help: %s',
    async (recovery) => {
      const store = createSmallRepository(emptyDisk())
      const faulty = withFaults(store, ({ writes }) =>
        writes?.some(({ id }) => id === 'a') ? { _tag: 'Refuse', recovery } : undefined
      )
      for (let time = 0; time < 2; time += 1) {
        await expect(faulty.commit([put(stored('b')), ...batch])).rejects.toMatchObject({ applied: false, recovery })
      }
      expect(await faulty.commit([put(stored('b'))])).toEqual({ _tag: 'Committed' })
      expect(await isThere(store)).toBe(false)
    }
  )

  test('fails after a commit, and leaves the outcome open', async () => {
    const { store, faulty } = withPlan({ _tag: 'FailAfter' })
    await expect(faulty.commit(batch)).rejects.not.toHaveProperty('applied')
    expect(await isThere(store)).toBe(true)
  })

  test('delays an answer or a call until other code has run', async () => {
    const seen: Array<string> = []
    const { store, faulty } = withPlan(
      { _tag: 'Late', after: async () => void seen.push(`after: ${await isThere(store)}`) },
      { _tag: 'Late', before: async () => void seen.push(`before: ${await isThere(store)}`) }
    )
    expect(await faulty.commit(batch)).toEqual({ _tag: 'Committed' })
    expect(seen).toEqual(['after: true'])
    expect(await faulty.commit([put(stored('a', {}, 2))])).toEqual({ _tag: 'Committed' })
    expect(seen).toEqual(['after: true', 'before: true'])
  })

  test.each(['before', 'after'] as const)(
    'drops its handle %s a commit, and nothing is to be had of it again',
    async (when) => {
      const { store, faulty, calls } = withPlan({ _tag: 'Drop', when })
      await expect(faulty.commit(batch)).rejects.not.toHaveProperty('applied')
      expect(await isThere(store)).toBe(when === 'after')
      await expect(faulty.commit([put(stored('b'))])).rejects.toMatchObject({ applied: false })
      await expect(faulty.load([byId('a')])).rejects.toMatchObject({ applied: false })
      await expect(scanned(faulty)).rejects.toMatchObject({ applied: false })
      expect(await scanned(store)).toEqual(when === 'after' ? ['a'] : [])
      expect(calls).toHaveLength(1)
    }
  )

  test('fails before or after a scan', async () => {
    const { store, faulty } = withPlan({ _tag: 'FailBefore', admits: false }, { _tag: 'FailAfter' })
    await store.commit(batch)
    await expect(scanned(faulty)).rejects.toThrow('the connection was lost')
    const given: Array<string> = []
    const all = async (): Promise<void> => {
      for await (const { id } of faulty.scan('user_point')) given.push(id)
    }
    await expect(all()).rejects.toThrow('the connection was lost')
    expect(given).toEqual(['a'])
  })
})

/** Runs the requirement on an engine, and returns its failure. */
const verdict = async (): Promise<string> => {
  const [requirement] = faultRequirements
  try {
    await requirement?.run(harnessOf({ name: 'small' }), { runs: 1, seed: 1, shrink: false })
    return 'holds'
  } catch (error) {
    return error instanceof RequirementViolated ? error.violation.what : String(error)
  }
}

test('[L-29] the engine handles a failing store', async () => {
  expect(await verdict()).toBe('holds')
})

describe('[L-29] the requirement on faults catches an engine that', () => {
  afterEach(() => {
    spoil.engine = (engine) => engine
  })

  const executing = (
    execute: (
      engine: Engine<DocumentType>,
      ...args: Parameters<Engine<DocumentType>['execute']>
    ) => ReturnType<Engine<DocumentType>['execute']>
  ) => {
    spoil.engine = (engine) => ({ ...engine, execute: (commands) => execute(engine, commands) })
  }

  test('retries after an unknown outcome', async () => {
    executing(async (engine, commands) => {
      const first = await engine.execute(commands)
      const isUnknown = first._tag === 'Left' && first.left._tag === 'Indeterminate'
      return isUnknown ? await engine.execute(commands) : first
    })
    expect(await verdict()).toMatch(/retried after an unknown outcome|landed 2 times|is unknown, but it is reported/)
  })

  test('treats a failure as a success', async () => {
    executing(async (engine, commands) => {
      const first = await engine.execute(commands)
      return first._tag === 'Left' ? { _tag: 'Right', right: [] } : first
    })
    expect(await verdict()).toMatch(/reported as done/)
  })

  test('reports an unknown outcome as a failure', async () => {
    executing(async (engine, commands) => {
      const first = await engine.execute(commands)
      const isUnknown = first._tag === 'Left' && first.left._tag === 'Indeterminate'
      return isUnknown ? { _tag: 'Left', left: { ...first.left, _tag: 'StoreFailed', operation: 'commit' } } : first
    })
    expect(await verdict()).toMatch(/StoreFailed/)
  })

  test('reports a known outcome as unknown', async () => {
    executing(async (engine, commands) => {
      const first = await engine.execute(commands)
      const isFailed = first._tag === 'Left' && first.left._tag === 'StoreFailed'
      return isFailed ? { _tag: 'Left', left: { _tag: 'Indeterminate', cause: undefined } } : first
    })
    expect(await verdict()).toBe('Indeterminate is reported for a known outcome')
  })

  test('commits a unit of work line by line', async () => {
    executing(async (engine, commands) => {
      const all: Array<Verdict> = []
      for (const command of commands) {
        const one = await engine.execute([command])
        if (one._tag === 'Left') return one
        all.push(...one.right)
      }
      return { _tag: 'Right', right: all }
    })
    expect(await verdict()).toMatch(/landed \d times|whole unit of work|landed although/)
  })
})
