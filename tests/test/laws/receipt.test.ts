/** Calls under receipts: each is applied once, by several engines, on several stores, and over faults of the store. */
import { DatabaseSync } from '@photostructure/sqlite'
import { createMemoryRepository, createMemoryStore } from '@userpoint/adapter-memory'
import { createSqliteRepository } from '@userpoint/adapter-sqlite'
import { createEngine, type Engine, type Receipt } from '@userpoint/core'
import type { Command } from '@userpoint/core/command'
import { StoreFault, type Repository } from '@userpoint/core/repository'
import { command } from '@userpoint/conformance/arbitraries'
import fc from 'fast-check'
import { v7 } from 'uuid'
import { describe, expect, it } from 'vitest'
import { law } from '../../../packages/core/test/laws/law.ts'

const day = 86_400_000
const receipt: Receipt = { id: 'order 7 é', digest: 'a', lifetime: day }

const entering = (scenario: string, hash = 'a'): Command => ({
  _tag: 'EnterScenario',
  reference: { _tag: 'EmailHash', hash },
  scenario
})

const engineOver = (repository: Repository, clock: () => number = Date.now): Engine =>
  createEngine({
    repository,
    clock,
    newId: v7,
    sleep: () => new Promise((next) => setTimeout(next, 0)),
    random: Math.random
  })

const commands = fc.array(command(), { minLength: 1, maxLength: 6 })

const peopleOf = async (repository: Repository): Promise<string> => {
  const people: unknown[] = []
  for await (const { body, version } of repository.scan('user_point')) people.push([body, version])
  return JSON.stringify(people)
}

const receiptsOf = async (repository: Repository): Promise<number> => {
  let count = 0
  for await (const _ of repository.scan('receipt')) count++
  return count
}

const memory = () => {
  const store = createMemoryStore()
  return { handle: () => createMemoryRepository(store), close: () => undefined }
}
const sqlite = () => {
  const database = new DatabaseSync(':memory:')
  const repository = createSqliteRepository(database)
  return { handle: () => repository, close: () => database.close() }
}

/** A store that fails at these commits, before they land or after. */
const failing = (repository: Repository, faults: ReadonlyArray<'none' | 'before' | 'after'>): Repository => {
  let n = 0
  return {
    ...repository,
    manifest: repository.manifest,
    load: (references) => repository.load(references),
    scan: (kind, options) => repository.scan(kind, options),
    commit: async (writes) => {
      const fault = faults[n++] ?? 'none'
      if (fault === 'before') throw new StoreFault('planted', { applied: false, recovery: 'retry' })
      const result = await repository.commit(writes)
      if (fault === 'after') throw new Error('planted')
      return result
    }
  }
}

describe.each([
  ['memory', memory],
  ['SQLite', sqlite]
])('a call under a receipt, on %s', (_, open) => {
  law(
    '[L-36] is applied once by several engines at once, and all get the same verdicts',
    fc.tuple(commands, fc.integer({ min: 2, max: 4 })),
    async ([asked, engines]) => {
      const { handle, close } = open()
      const calls = Array.from({ length: engines }, () => engineOver(handle()).executeOnce(receipt, asked))
      const [first, ...others] = await Promise.all(calls)
      const people = await peopleOf(handle())
      const again = await engineOver(handle()).executeOnce(receipt, asked)
      const isSame = [...others, again].every((each) => JSON.stringify(each) === JSON.stringify(first))
      const isOnce = (await peopleOf(handle())) === people && (await receiptsOf(handle())) === 1
      close()
      return first?._tag === 'Right' && first.right.length === asked.length && isSame && isOnce
    },
    150
  )

  law(
    '[L-36] is applied once, although commits fail before they land or after',
    fc.tuple(commands, fc.array(fc.constantFrom('none', 'before', 'after'), { maxLength: 4 })),
    async ([asked, faults]) => {
      const { handle, close } = open()
      const store = failing(handle(), faults)
      let outcome = await engineOver(store).executeOnce(receipt, asked)
      for (let n = 0; outcome._tag === 'Left' && n < 6; n++)
        outcome = await engineOver(store).executeOnce(receipt, asked)
      const people = await peopleOf(handle())
      const again = await engineOver(handle()).executeOnce(receipt, asked)
      const isOnce = (await peopleOf(handle())) === people && JSON.stringify(again) === JSON.stringify(outcome)
      close()
      return outcome._tag === 'Right' && isOnce
    },
    150
  )
})

describe('a receipt', () => {
  it('[L-36] belongs to one digest until its lifetime is over, and is forgotten then', async () => {
    const repository = createMemoryRepository()
    let now = 1_764_450_000_000
    const engine = engineOver(repository, () => now)
    expect((await engine.executeOnce(receipt, [entering('1')]))._tag).toBe('Right')
    const other = await engine.executeOnce({ ...receipt, digest: 'b' }, [entering('2')])
    expect(other).toEqual({ _tag: 'Left', left: { _tag: 'OtherCall' } })
    now += day - 1
    expect((await engine.executeOnce({ ...receipt, digest: 'b' }, [entering('2')]))._tag).toBe('Left')
    expect(await engine.forgetReceipts()).toEqual({ _tag: 'Right', right: 0 })
    now += 1
    expect((await engine.executeOnce({ ...receipt, digest: 'b' }, [entering('2')]))._tag).toBe('Right')
    now += day
    expect(await engine.forgetReceipts()).toEqual({ _tag: 'Right', right: 1 })
    expect(await receiptsOf(repository)).toBe(0)
    expect((await engine.executeOnce(receipt, [entering('3')]))._tag).toBe('Right')
  })

  it('[L-36] is kept for commands that change nothing, and for none', async () => {
    const repository = createMemoryRepository()
    const engine = engineOver(repository)
    const leave: Command = {
      _tag: 'LeaveScenario',
      reference: { _tag: 'EmailHash', hash: 'nobody' },
      scenario: 's'
    } as never
    expect(await engine.executeOnce(receipt, [leave])).toMatchObject({ right: [{ _tag: 'NoOp' }] })
    expect(await engine.executeOnce({ ...receipt, id: 'none' }, [])).toEqual({ _tag: 'Right', right: [] })
    expect(await receiptsOf(repository)).toBe(2)
    await expect(engine.executeOnce({ ...receipt, id: '' }, [])).rejects.toThrow(TypeError)
  })

  it('[L-36] continues a call that a crash interrupted between the parts of a divided unit', async () => {
    const repository = createMemoryRepository()
    const some = ['a', 'b', 'c', 'd'].map((hash) => entering('s', hash))
    let commits = 0
    // It refuses a batch with more than one user point for good, and is gone after its second part.
    const narrow: Repository = {
      ...repository,
      load: (references) => repository.load(references),
      scan: (kind, options) => repository.scan(kind, options),
      commit: (writes) => {
        if (writes.filter(({ kind }) => kind === 'user_point').length > 1)
          throw new StoreFault('too much', { applied: false, recovery: 'none' })
        if (writes.some(({ kind }) => kind === 'user_point') && ++commits > 2)
          throw new StoreFault('gone', { applied: false, recovery: 'retry' })
        return repository.commit(writes)
      }
    }
    expect(await engineOver(narrow).executeOnce(receipt, some)).toMatchObject({ left: { _tag: 'StoreFailed' } })
    const people = JSON.parse(await peopleOf(repository)) as unknown[]
    expect(people).toHaveLength(2)
    const done = await engineOver(repository).executeOnce(receipt, some)
    expect(done._tag === 'Right' && done.right.map(({ _tag }) => _tag)).toEqual(Array(4).fill('Applied'))
    const all = JSON.parse(await peopleOf(repository)) as ReadonlyArray<readonly [unknown, number]>
    expect(all.map(([, version]) => version)).toEqual([1, 1, 1, 1])
  })
})
