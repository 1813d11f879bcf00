/** What an import keeps of what it has just written, and that nothing is ever decided on it alone. */
import { describe, expect, it } from 'vitest'
import type { Command } from '../../src/command/command.ts'
import { defaultPolicies } from '../../src/command/policies.ts'
import { deepMerge } from '../../src/domain/patch.ts'
import { createRecent, type Recent } from '../../src/engine/lookahead/recent.ts'
import { createRuntime } from '../../src/engine/transaction/runtime.ts'
import { runUnit } from '../../src/engine/transaction/unit-of-work.ts'
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

const unit = async (repository: FakeRepository, recent: Recent, ...commands: ReadonlyArray<Command>) => {
  const tasks = commands.map((command) => ({ _tag: 'Command', command, warnings: [] }) as const)
  const outcome = await runUnit(repository, tasks, runtime, false, undefined, recent)
  return E.isRight(outcome) ? outcome.right.map(({ verdict }) => verdict._tag) : outcome.left._tag
}

const countedIds = (minted: string[]) => () => {
  minted.push(`00000000-0000-7000-8000-${String(minted.length).padStart(12, '0')}`)
  return minted.at(-1) as string
}

const ada = person('p1', { emails: ['h1', 'h2'] })

describe('what was just written', () => {
  it('is not loaded again where it is written again, and then with the next version', async () => {
    const repository = fakeRepository({ loads: [[stored(ada)], []] })
    const recent = createRecent()
    await unit(repository, recent, upsert('h1', 1), upsert('h2', 2))
    await unit(repository, recent, upsert('h1', 3))
    await unit(repository, recent, upsert('h2', 4))
    expect(repository.calls).toEqual(['load', 'commit', 'commit', 'commit'])
    expect(repository.writes.map(([write]) => write?.expected)).toEqual([1, 2, 3])
  })

  it('is kept only where several lines changed it, since most people come once', async () => {
    const repository = fakeRepository({ loads: [[stored(ada)]] })
    const recent = createRecent()
    await unit(repository, recent, upsert('h1', 1))
    await unit(repository, recent, upsert('h1', 2))
    expect(repository.calls).toEqual(['load', 'commit', 'load', 'commit'])
  })

  it('is loaded after all where it is only looked at: nothing would notice that it has changed', async () => {
    // Somebody else has deleted the user point in the meantime.
    const repository = fakeRepository({ loads: [[stored(ada)], []] })
    const recent = createRecent()
    await unit(repository, recent, upsert('h1', 1), upsert('h1', 2))
    expect(await unit(repository, recent, associate('h1', 'h2'))).toEqual(['Applied'])
    expect(repository.calls).toEqual(['load', 'commit', 'load', 'commit'])
    expect(repository.writes[1]).toMatchObject([{ expected: 0, claim: ['email_hash:h1', 'email_hash:h2'] }])
  })

  it('is looked at with the same moments and new ids again, so that deciding twice does not show', async () => {
    const repository = fakeRepository({ loads: [[stored(ada)], [], [stored(ada)]] })
    const recent = createRecent()
    const newcomer = upsert('h9', 4)
    await unit(repository, recent, upsert('h1', 1), upsert('h1', 2))
    const minted: string[] = []
    const counting = createRuntime({ ...countingRuntime(), newId: countedIds(minted) }, defaultPolicies)
    const tasks = [associate('h1', 'h2'), newcomer].map(
      (command) => ({ _tag: 'Command', command, warnings: [] }) as const
    )
    await runUnit(repository, tasks, counting, false, undefined, recent)
    expect(repository.calls.slice(2)).toEqual(['load', 'load', 'commit'])
    expect(minted).toHaveLength(1)
  })

  it('gives way to what is loaded, where another reference leads to the same user point', async () => {
    const later = person('p1', { emails: ['h1', 'h2', 'h3'] })
    const repository = fakeRepository({ loads: [[stored(ada)], [stored(later, 9)]] })
    const recent = createRecent()
    await unit(repository, recent, upsert('h1', 1), upsert('h1', 2))
    await unit(repository, recent, upsert('h1', 3), upsert('h3', 4))
    expect(repository.writes[1]).toMatchObject([{ id: 'p1', expected: 9 }])
  })

  it('is forgotten at a conflict, and where nobody knows whether it was written', async () => {
    for (const fails of ['Conflict', { throws: new Error('lost') }] as const) {
      const repository = fakeRepository({ loads: [[stored(ada)], [stored(ada, 7)]], commits: ['Committed', fails] })
      const recent = createRecent()
      await unit(repository, recent, upsert('h1', 1), upsert('h1', 2))
      await unit(repository, recent, upsert('h1', 3))
      await unit(repository, recent, upsert('h1', 4))
      expect(repository.writes.at(-1)).toMatchObject([{ expected: 7 }])
    }
  })

  it('is forgotten when it is deleted', async () => {
    const repository = fakeRepository({ loads: [[stored(ada)], []] })
    const recent = createRecent()
    await unit(repository, recent, upsert('h1', 1), upsert('h1', 2))
    expect(await unit(repository, recent, { _tag: 'DeleteUserPoint', reference: email('h2') })).toEqual(['Applied'])
    expect(await unit(repository, recent, { _tag: 'DeleteUserPoint', reference: userPoint('p1') })).toEqual(['NoOp'])
  })
})

describe('its bounds', () => {
  const loaded = (at: number) => ({ ...person(`p${at}`, { emails: [`h${at}`] }), version: 1 })

  it('are documents: the oldest goes first, with its claims', () => {
    const recent = createRecent({ documents: 2, size: 1e6 })
    for (const at of [1, 2, 1, 3]) recent.keep(loaded(at))
    expect(['h1', 'h2', 'h3'].map((hash) => recent.byClaim(`email_hash:${hash}`)?.id)).toEqual(['p1', undefined, 'p3'])
  })

  it('are characters, and what is larger than all of them is not kept', () => {
    const recent = createRecent({ documents: 100, size: 1_000 })
    for (let at = 0; at < 50; at++) recent.keep(loaded(at))
    const kept = Array.from({ length: 50 }, (_, at) => recent.byId(loaded(at).id)).filter((each) => each !== undefined)
    expect(kept.length).toBeGreaterThan(1)
    expect(JSON.stringify(kept).length).toBeLessThan(2_000)
    recent.keep({ ...person('p99', { emails: ['h'.repeat(2_000)] }), version: 1 })
    expect(recent.byId(person('p99').id)).toBeUndefined()
  })
})
