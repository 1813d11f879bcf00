import { describe, expect, it, vi } from 'vitest'
import { createEngine } from '../../src/engine/engine.ts'
import { mediarithmics } from '../../src/dialects/mediarithmics/document.ts'
import { parseExecutionId } from '../../src/engine/execution/execution.ts'
import type { Repository } from '../../src/repository/index.ts'
import { besideClock } from './beside-clock.ts'
import { countingRuntime, fakeRepository } from './fake-repository.ts'

const upsert = (hash: string): string =>
  `{"operation":"UPSERT","email_hash":"${hash}","force_replace":true,"user_profile":{}}\n`
const text = new TextEncoder().encode(['a', 'b', 'c'].map(upsert).join(''))

const createHash = () => ({ update: () => undefined, digest: () => '' })

const parsed = parseExecutionId('nightly')
if (parsed === undefined) throw new RangeError('no id')
const nightly = parsed

/** A store that answers a commit of user points when it is told to, and how many ids were made by then. */
const held = () => {
  const repository = fakeRepository()
  const { clock, newId } = countingRuntime()
  let ids = 0
  const idsAtCommit: number[] = []
  const commit: Repository['commit'] = async (writes) => {
    if (!writes.some(({ kind }) => kind === 'user_point')) return repository.commit(writes)
    await new Promise((resolve) => setTimeout(resolve, 20))
    idsAtCommit.push(ids)
    return repository.commit(writes)
  }
  const engine = createEngine({
    dialect: mediarithmics,
    repository: { ...repository, commit },
    clock,
    newId: () => {
      ids++
      return newId()
    }
  })
  return { engine, idsAtCommit }
}

describe('while a unit of work is committed', () => {
  it('the next one of an import is decided', async () => {
    const { engine, idsAtCommit } = held()
    await engine.importDocument('USER_PROFILE', text, { linesPerUnit: 1 })
    expect(idsAtCommit).toEqual([2, 3, 3])
  })

  it('the next one of an execution is decided', async () => {
    const { engine, idsAtCommit } = held()
    await engine.runExecution(nightly, 'USER_PROFILE', text, { createHash, linesPerUnit: 1 })
    // Besides one for each new person, the beginning takes one, and each commit one.
    expect(idsAtCommit).toEqual([1 + 2 + 1, 1 + 3 + 2, 1 + 3 + 3])
  })

  it('the one after the next is read, and not before', async () => {
    const repository = fakeRepository()
    const later = () => new Promise((resolve) => setTimeout(resolve, 20))
    let read = 0
    const readBefore: number[] = []
    const readByThen: number[] = []
    const load: Repository['load'] = async (references) => {
      await later()
      return repository.load(references)
    }
    const commit: Repository['commit'] = async (writes) => {
      readBefore.push(read)
      await later()
      readByThen.push(read)
      return repository.commit(writes)
    }
    const engine = createEngine({
      dialect: mediarithmics,
      repository: besideClock(repository, { load, commit }),
      ...countingRuntime()
    })
    let isScreened = false
    const input = function* () {
      for (const hash of ['a', 'b', 'c', 'd']) {
        if (isScreened) read++
        yield new TextEncoder().encode(upsert(hash))
      }
      isScreened = true
    }
    await engine.importDocument('USER_PROFILE', input, { linesPerUnit: 1 })
    expect(readBefore).toEqual([2, 3, 4, 4])
    expect(readByThen).toEqual([3, 4, 4, 4])
  })
})

describe('on a store that takes its time', () => {
  /** Returns each call of an import of three units, with the calls in flight at that time. */
  const callsInFlight = async (overlapping: boolean): Promise<ReadonlyArray<string>> => {
    const repository = fakeRepository({ loads: [[], [], []] })
    const inFlight = new Set<string>()
    const seen: string[] = []
    const watched =
      <A, B>(name: string, call: (argument: A) => Promise<B>) =>
      async (argument: A): Promise<B> => {
        seen.push([...inFlight, name].join(' '))
        inFlight.add(name)
        await new Promise((resolve) => setTimeout(resolve, name === 'commit' ? 40 : 10))
        inFlight.delete(name)
        return call(argument)
      }
    const engine = createEngine({
      dialect: mediarithmics,
      repository: besideClock(
        { ...repository, manifest: { ...repository.manifest, ...(overlapping && { overlapping }) } },
        {
          load: watched('load', async (references: Parameters<Repository['load']>[0]) => repository.load(references)),
          commit: watched('commit', async (writes: Parameters<Repository['commit']>[0]) => repository.commit(writes))
        }
      ),
      ...countingRuntime()
    })
    // On a clock of its own: on a busy machine, timers of two calls may fire in another order.
    vi.useFakeTimers({ toFake: ['setTimeout'] })
    try {
      const importing = engine.importDocument('USER_PROFILE', text, { linesPerUnit: 1 })
      await vi.runAllTimersAsync()
      expect(await importing).toMatchObject({ _tag: 'Right', right: { applied: 3 } })
    } finally {
      vi.useRealTimers()
    }
    return seen
  }

  it('no call is made while another is in flight', async () => {
    expect(await callsInFlight(false)).toEqual(['load', 'load', 'commit', 'load', 'commit', 'commit'])
  })

  it('one unit is committed, one decided and one loaded at a time, where calls may overlap', async () => {
    expect(await callsInFlight(true)).toEqual(['load', 'load', 'load commit', 'commit load', 'commit', 'commit'])
  })

  it('a unit that is decided waits for no line that is not there yet, where calls may overlap', async () => {
    const repository = fakeRepository()
    let isCommitted = (): void => undefined
    const committed = new Promise<void>((resolve) => {
      isCommitted = resolve
    })
    const commit: Repository['commit'] = (writes) => {
      isCommitted()
      return repository.commit(writes)
    }
    const manifest = { ...repository.manifest, overlapping: true }
    const engine = createEngine({
      dialect: mediarithmics,
      repository: { ...repository, manifest, commit },
      ...countingRuntime()
    })
    let isScreened = false
    const input = async function* () {
      yield new TextEncoder().encode(upsert('a'))
      if (isScreened) await committed
      yield new TextEncoder().encode(upsert('b'))
      isScreened = true
    }
    const ended = await engine.importDocument('USER_PROFILE', input, { linesPerUnit: 1 })
    expect(ended).toMatchObject({ _tag: 'Right', right: { applied: 2 } })
  })
})

describe('on a store that answers at once', () => {
  it('no unit of an execution is begun before the one before it has landed, however long its verdicts take', async () => {
    const repository: Repository = { ...fakeRepository(), commit: () => ({ _tag: 'Committed' }) }
    const engine = createEngine({ dialect: mediarithmics, repository, ...countingRuntime() })
    const lines = new TextEncoder().encode(['a', 'b', 'c', 'd', 'e', 'f'].map(upsert).join(''))
    const kept: number[] = []
    const ended = await engine.runExecution(nightly, 'USER_PROFILE', lines, {
      createHash,
      linesPerUnit: 1,
      verdictSink: async (verdicts, from) => {
        await new Promise((resolve) => setTimeout(resolve, 5))
        kept.push(...verdicts.map(({ index }) => index))
        return from + verdicts.length
      }
    })
    expect(ended).toMatchObject({ _tag: 'Right', right: { lines: 6, applied: 6, execution: { verdictsLength: 6 } } })
    expect(kept).toEqual([0, 1, 2, 3, 4, 5])
  })
})
