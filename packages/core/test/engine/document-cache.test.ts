/** The cache of documents that an import has written: no verdict ever rests on it alone. */
import { describe, expect, it } from 'vitest'
import type { Command } from '../../src/command/command.ts'
import { defaultPolicies } from '../../src/command/policies.ts'
import { deepMerge } from '../../src/domain/patch.ts'
import { linesOf } from '../../src/engine/input/line.ts'
import { DocumentCache } from '../../src/engine/lookahead/document-cache.ts'
import { deciderOf, noPrediction, type Sources } from '../../src/engine/lookahead/prediction.ts'
import { createRuntime } from '../../src/engine/transaction/runtime.ts'
import { runTransaction, unitOf } from '../../src/engine/transaction/transaction.ts'
import { E } from '../../src/fp.ts'
import { email, key, person, userPoint } from '../decide/given.ts'
import { countingRuntime, type FakeRepository, fakeRepository, stored } from './fake-repository.ts'

const runtime = createRuntime(countingRuntime(), defaultPolicies)

const upsert = (hash: string, at: number): Command => ({
  _tag: 'UpsertProfile',
  reference: email(hash),
  key: key('0'),
  patch: deepMerge({ at }, 'concat')
})
const associate = (...hashes: readonly [string, ...string[]]): Command => {
  const [first, ...rest] = hashes
  return { _tag: 'Associate', references: [email(first), ...rest.map(email)] }
}

const runWith = (sources: Sources, commands: ReadonlyArray<Command>) => {
  const unit = unitOf(linesOf(commands))
  const decider = deciderOf(unit, noPrediction(sources.runtime), sources)
  return runTransaction(unit, { ...sources, decider })
}

const run = async (repository: FakeRepository, cache: DocumentCache, ...commands: ReadonlyArray<Command>) => {
  const outcome = await runWith({ repository, runtime, cache }, commands)
  return E.isRight(outcome) ? outcome.right.map(({ verdict }) => verdict._tag) : outcome.left._tag
}

const countedIds = (minted: string[]) => () => {
  minted.push(`00000000-0000-7000-8000-${String(minted.length).padStart(12, '0')}`)
  return minted.at(-1) as string
}

const ada = person('p1', { emails: ['h1', 'h2'] })

describe('a document that was just written', () => {
  it('is not loaded again if it is written again, and then with the next version', async () => {
    const repository = fakeRepository({ loads: [[stored(ada)], []] })
    const cache = new DocumentCache()
    await run(repository, cache, upsert('h1', 1), upsert('h2', 2))
    await run(repository, cache, upsert('h1', 3))
    await run(repository, cache, upsert('h2', 4))
    expect(repository.calls).toEqual(['load', 'commit', 'commit', 'commit'])
    expect(repository.writes.map(([write]) => write?.expected)).toEqual([1, 2, 3])
  })

  it('is cached only if several lines changed it, because most people come once', async () => {
    const repository = fakeRepository({ loads: [[stored(ada)]] })
    const cache = new DocumentCache()
    await run(repository, cache, upsert('h1', 1))
    await run(repository, cache, upsert('h1', 2))
    expect(repository.calls).toEqual(['load', 'commit', 'load', 'commit'])
  })

  it('is loaded if the unit only reads it: no version check would protect the verdict', async () => {
    // Another writer has deleted the user point in the meantime.
    const repository = fakeRepository({ loads: [[stored(ada)], []] })
    const cache = new DocumentCache()
    await run(repository, cache, upsert('h1', 1), upsert('h1', 2))
    expect(await run(repository, cache, associate('h1', 'h2'))).toEqual(['Applied'])
    expect(repository.calls).toEqual(['load', 'commit', 'load', 'commit'])
    expect(repository.writes[1]).toMatchObject([{ expected: 0, claim: ['email_hash:h1', 'email_hash:h2'] }])
  })

  it('is decided on again with the same times and ids, so that deciding twice does not show', async () => {
    const repository = fakeRepository({ loads: [[stored(ada)], [], [stored(ada)]] })
    const cache = new DocumentCache()
    const newcomer = upsert('h9', 4)
    await run(repository, cache, upsert('h1', 1), upsert('h1', 2))
    const minted: string[] = []
    const counting = createRuntime({ ...countingRuntime(), newId: countedIds(minted) }, defaultPolicies)
    await runWith({ repository, runtime: counting, cache }, [associate('h1', 'h2'), newcomer])
    expect(repository.calls.slice(2)).toEqual(['load', 'load', 'commit'])
    expect(minted).toHaveLength(1)
  })

  it('is replaced by the loaded version if another reference leads to the same user point', async () => {
    const later = person('p1', { emails: ['h1', 'h2', 'h3'] })
    const repository = fakeRepository({ loads: [[stored(ada)], [stored(later, 9)]] })
    const cache = new DocumentCache()
    await run(repository, cache, upsert('h1', 1), upsert('h1', 2))
    await run(repository, cache, upsert('h1', 3), upsert('h3', 4))
    expect(repository.writes[1]).toMatchObject([{ id: 'p1', expected: 9 }])
  })

  it('is forgotten after a conflict, and after a commit of unknown outcome', async () => {
    for (const fails of ['Conflict', { throws: new Error('lost') }] as const) {
      const repository = fakeRepository({ loads: [[stored(ada)], [stored(ada, 7)]], commits: ['Committed', fails] })
      const cache = new DocumentCache()
      await run(repository, cache, upsert('h1', 1), upsert('h1', 2))
      await run(repository, cache, upsert('h1', 3))
      await run(repository, cache, upsert('h1', 4))
      expect(repository.writes.at(-1)).toMatchObject([{ expected: 7 }])
    }
  })

  it('is forgotten when it is deleted', async () => {
    const repository = fakeRepository({ loads: [[stored(ada)], []] })
    const cache = new DocumentCache()
    await run(repository, cache, upsert('h1', 1), upsert('h1', 2))
    expect(await run(repository, cache, { _tag: 'DeleteUserPoint', reference: email('h2') })).toEqual(['Applied'])
    expect(await run(repository, cache, { _tag: 'DeleteUserPoint', reference: userPoint('p1') })).toEqual(['NoOp'])
  })
})

describe('the bounds of the cache', () => {
  const loaded = (at: number) => ({ ...person(`p${at}`, { emails: [`h${at}`] }), version: 1 })

  it('are documents: the oldest is evicted first, with its claims', () => {
    const cache = new DocumentCache({ documents: 2, size: 1e6 })
    for (const at of [1, 2, 1, 3]) cache.keep(loaded(at))
    expect(['h1', 'h2', 'h3'].map((hash) => cache.byClaim(`email_hash:${hash}`)?.id)).toEqual(['p1', undefined, 'p3'])
  })

  it('are characters, and a document that is larger than the cache is not kept', () => {
    const cache = new DocumentCache({ documents: 100, size: 1_000 })
    for (let at = 0; at < 50; at++) cache.keep(loaded(at))
    const kept = Array.from({ length: 50 }, (_, at) => cache.byId(loaded(at).id)).filter((each) => each !== undefined)
    expect(kept.length).toBeGreaterThan(1)
    expect(JSON.stringify(kept).length).toBeLessThan(2_000)
    cache.keep({ ...person('p99', { emails: ['h'.repeat(2_000)] }), version: 1 })
    expect(cache.byId(person('p99').id)).toBeUndefined()
  })
})
