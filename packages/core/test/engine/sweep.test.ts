import { mediarithmics } from '../../src/dialects/mediarithmics/document.ts'
import { describe, expect, it } from 'vitest'
import { createEngine } from '../../src/engine/engine.ts'
import type { Repository } from '../../src/repository/index.ts'
import { person } from '../decide/given.ts'
import { countingRuntime, fakeRepository, type Script, stored } from './fake-repository.ts'

/** As many as one page of a sweep holds, with nothing that keeps them alive. */
const page = Array.from({ length: 1_000 }, (_, n) => stored(person(`p${String(n).padStart(4, '0')}`)))
const disk = new Error('disk')

/** A sweep over a store that gives a full page, and then cannot be read any more. */
const sweepOfTwoPages = async (script: Omit<Script, 'loads'> = {}) => {
  const fake = fakeRepository({ loads: [page], ...script })
  const repository: Repository = {
    ...fake,
    async *scan(_, { after } = {}) {
      if (after !== undefined) throw disk
      yield* page
    }
  }
  const outcome = await createEngine({
    dialect: mediarithmics,
    repository,
    purge: 'manual',
    ...countingRuntime()
  }).sweep()
  return { outcome, calls: fake.calls, owed: fake.owed() }
}

describe('a sweep that fails', () => {
  const failed = { _tag: 'Left', left: { _tag: 'StoreFailed', operation: 'scan', cause: disk } }

  it('owes a purge for what it removed by then', async () => {
    const { outcome, calls, owed } = await sweepOfTwoPages()
    expect(outcome).toEqual(failed)
    expect(calls).toEqual(['load', 'commit'])
    expect(owed).toEqual(['p0000.1'])
  })

  it('owes nothing where it removed nothing', async () => {
    const { outcome, calls, owed } = await sweepOfTwoPages({ commits: [{ throws: { applied: false } }] })
    expect(outcome).toMatchObject({ left: { _tag: 'StoreFailed', operation: 'commit' } })
    expect(calls).toEqual(['load', 'commit'])
    expect(owed).toEqual([])
  })
})
