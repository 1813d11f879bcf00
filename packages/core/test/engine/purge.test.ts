/** Tests of the purge that a deletion owes: written down with it, and paid by one of many engines. */
import { describe, expect, it, test } from 'vitest'
import type { Command } from '../../src/command/command.ts'
import { put } from '../../src/domain/patch.ts'
import { mediarithmics } from '../../src/dialects/mediarithmics/document.ts'
import { createEngine } from '../../src/engine/engine.ts'
import type { EngineOptions } from '../../src/engine/engine-options.ts'
import type { ExecutionId } from '../../src/engine/execution/execution.ts'
import type { PurgeOutcome } from '../../src/engine/maintenance/background-purge.ts'
import { E } from '../../src/fp.ts'
import type { Stored } from '../../src/repository/index.ts'
import { account, agent, email, key, person } from '../decide/given.ts'
import { createStore, deletion, fails, heal, reportOf, running, type Store, upserts } from './execution-store.ts'
import { countingRuntime, fakeRepository, type Script, stored } from './fake-repository.ts'

const turn = 300_000

const engineOver = (store: Store, options: Partial<EngineOptions> = {}) =>
  createEngine({
    dialect: mediarithmics,
    repository: store,
    purge: 'manual',
    ...store.runtime,
    attempts: 3,
    ...options
  })

const owed = (store: Store): ReadonlyArray<Stored> =>
  [...store.documents.values()].filter(({ kind }) => kind === 'purge_obligation')

const erase = (hash: string): Command => ({ _tag: 'DeleteUserPoint', reference: email(hash) })

/** A store with people of these hashes. */
const storeWith = async (...hashes: ReadonlyArray<string>): Promise<Store> => {
  const store = createStore()
  await running(store, upserts(...hashes), { id: 'before' as ExecutionId })
  return store
}

const erasing = async (store: Store, ...hashes: ReadonlyArray<string>): Promise<void> => {
  for (const hash of hashes) expect(await engineOver(store).execute([erase(hash)])).toMatchObject({ _tag: 'Right' })
}

describe('[A-52] what a deletion owes', () => {
  const ada = person('p1', { accounts: [['1', 'ada']], emails: ['h1'], devices: { 'udp:1': ['vec:1'] } })
  const upsert: Command = { _tag: 'UpsertProfile', reference: email('h2'), key: key('0'), patch: put({ a: 1 }) }
  const deletions: ReadonlyArray<Command> = [
    { _tag: 'DeleteIdentifier', identifier: email('h1') },
    { _tag: 'DeleteDevicePoint', device: agent('vec:1') },
    { _tag: 'DeleteUserPoint', reference: account('1', 'ada') }
  ]
  const run = async (commands: ReadonlyArray<Command>, script: Script = { loads: [[stored(ada)]] }) => {
    const repository = fakeRepository(script)
    const engine = createEngine({ repository, purge: 'manual', ...countingRuntime() })
    const outcome = await engine.execute(commands)
    return { outcome, repository }
  }

  it.each(deletions)('is in the batch of the deletion: %j', async (command) => {
    const { repository } = await run([command])
    expect(repository.calls).toEqual(['load', 'commit'])
    expect(repository.owed()).toEqual(['p1.1'])
  })

  it('is one for all deletions of a batch', async () => {
    expect((await run([upsert, ...deletions])).repository.owed()).toHaveLength(1)
  })

  it('is nothing if the deletion found no person, and for commands that delete nothing', async () => {
    for (const command of [...deletions, upsert]) expect((await run([command], {})).repository.owed()).toEqual([])
  })

  it('is nothing for data that was never stored', async () => {
    const { outcome, repository } = await run([upsert, { _tag: 'DeleteIdentifier', identifier: email('h2') }], {})
    expect(outcome).toMatchObject({ right: [{ _tag: 'Applied' }, { _tag: 'Applied' }] })
    expect(repository.owed()).toEqual([])
  })

  it('is nothing in a store without a purge', async () => {
    const script: Script = { loads: [[stored(ada)]], purge: 'missing' }
    const { repository } = await run(deletions, script)
    expect(repository.owed()).toEqual([])
  })

  it('is nothing if the deletion was not committed', async () => {
    const script: Script = { loads: [[stored(ada)]], commits: [{ throws: { applied: false } }] }
    expect((await run(deletions, script)).repository.owed()).toEqual([])
  })

  it('is told, with the time of the oldest', async () => {
    const store = await storeWith('a', 'b')
    const engine = engineOver(store)
    expect(await engine.purgeOwed()).toEqual(E.right({ batches: 0 }))
    await erasing(store, 'a', 'b')
    expect(await engine.purgeOwed()).toEqual(E.right({ batches: 2, since: expect.any(Number) }))
  })

  test('a sweep and an execution owe too, an execution that is broken off as well', async () => {
    const store = await storeWith('a', 'b')
    const type = 'USER_POINTS_DELETION' as const
    let commits = 0
    store.onCommit = async (writes, commit) => {
      // Its beginning, and the first of its two lines.
      if (++commits <= 2) commit()
      else await fails(writes, commit)
    }
    const broken = await running(store, deletion('a') + deletion('b'), { type }, { purge: 'manual' })
    expect(reportOf(broken)).toMatchObject({ status: 'Failed', applied: 1 })
    expect(owed(store)).toHaveLength(1)
    heal(store)
    await running(store, deletion('a') + deletion('b'), { type }, { purge: 'manual' })
    expect(owed(store)).toHaveLength(2)
  })
})

describe('[A-52] a purge', () => {
  it('pays for all deletions before it, once', async () => {
    const store = await storeWith('a', 'b', 'c')
    await erasing(store, 'a', 'b')
    expect(await engineOver(store).purge()).toEqual(E.right({ _tag: 'Purged', paid: 2 }))
    expect(await engineOver(store).purge()).toEqual(E.right({ _tag: 'NothingOwed' }))
    expect(store.purges).toBe(1)
    expect(owed(store)).toEqual([])
    await erasing(store, 'c')
    expect(await engineOver(store).purge()).toEqual(E.right({ _tag: 'Purged', paid: 1 }))
  })

  it('pays in several batches for very many deletions', async () => {
    const store = createStore()
    const batch = Array.from({ length: 1_203 }, (_, n) => n)
    for (const n of batch) {
      store.documents.set(`purge_obligation p${n}.1`, { kind: 'purge_obligation', id: `p${n}.1`, version: 1, body: {} })
    }
    const sizes: number[] = []
    store.onCommit = async (writes, commit) => {
      sizes.push(writes.length)
      commit()
    }
    expect(await engineOver(store).purge()).toEqual(E.right({ _tag: 'Purged', paid: 1_203 }))
    expect(Math.max(...sizes)).toBeLessThanOrEqual(501)
    expect(owed(store)).toEqual([])
  })

  it('that fails leaves what is owed, and is tried again by the next', async () => {
    const store = await storeWith('a')
    await erasing(store, 'a')
    const cause = new Error('busy')
    store.onPurge = () => {
      throw cause
    }
    expect(await engineOver(store).purge()).toEqual(E.left({ _tag: 'PurgeFailed', cause }))
    expect(owed(store)).toHaveLength(1)
    store.onPurge = () => undefined
    // The turn was given back.
    expect(await engineOver(store).purge()).toEqual(E.right({ _tag: 'Purged', paid: 1 }))
  })

  it('that could not give its turn back, as on a full disk, takes it again, and other engines do not', async () => {
    const store = await storeWith('a')
    await erasing(store, 'a')
    let isFull = false
    store.onPurge = () => {
      isFull = true
      throw new Error('no space left')
    }
    store.onCommit = async (writes, commit) => {
      if (isFull) await fails(writes, commit)
      else commit()
    }
    expect(await engineOver(store).purge()).toMatchObject({ left: { _tag: 'PurgeFailed' } })
    isFull = false
    store.onPurge = () => undefined
    expect(await engineOver({ ...store }).purge()).toMatchObject({ right: { _tag: 'AtWork' } })
    expect(await engineOver(store).purge()).toEqual(E.right({ _tag: 'Purged', paid: 1 }))
  })

  it('does not pay for a deletion that came after it began', async () => {
    const store = await storeWith('a', 'b')
    await erasing(store, 'a')
    let isFirst = true
    const seen: number[] = []
    store.onPurge = () => {
      seen.push(owed(store).length)
      if (isFirst)
        store.documents.set('purge_obligation b.9', { kind: 'purge_obligation', id: 'b.9', version: 1, body: {} })
      isFirst = false
    }
    // It looks again before it ends, so that no engine waits for the next deletion.
    expect(await engineOver(store).purge()).toEqual(E.right({ _tag: 'Purged', paid: 2 }))
    expect(seen).toEqual([1, 1])
  })

  it('is done by one of several engines', async () => {
    const store = await storeWith('a', 'b')
    await erasing(store, 'a', 'b')
    const outcomes = await Promise.all(Array.from({ length: 5 }, () => engineOver({ ...store }).purge()))
    expect(outcomes.filter((each) => E.isRight(each) && each.right._tag === 'Purged')).toHaveLength(1)
    expect(owed(store)).toEqual([])
  })

  it('is left to the engine that has the turn, until its process is taken for dead', async () => {
    const store = await storeWith('a')
    await erasing(store, 'a')
    let now = 1_000
    const clock = () => now
    const killed = engineOver(store, { clock })
    let resume = (): void => undefined
    store.purge = () => {
      store.purges++
      return new Promise<void>((resolve) => {
        resume = resolve
      })
    }
    const late = killed.purge()
    await new Promise((next) => setTimeout(next, 5))
    store.purge = () => void store.purges++
    const other = engineOver({ ...store }, { clock })
    expect(await other.purge()).toEqual(E.right({ _tag: 'AtWork', until: 1_000 + turn }))
    now += turn
    expect(await other.purge()).toEqual(E.right({ _tag: 'Purged', paid: 1 }))
    // The one that was too slow pays for nothing more.
    resume()
    expect(await late).toEqual(E.right({ _tag: 'Purged', paid: 0 }))
  })

  const overlapping = async (): Promise<Store> => {
    const store = await storeWith('a')
    await erasing(store, 'a')
    return { ...store, manifest: { ...store.manifest, overlapping: true } }
  }

  it('keeps its turn for as long as it is at work, and gives it up within minutes of its death', async () => {
    const store = await overlapping()
    let now = 1_000
    const clock = () => now
    let isDead = false
    const sleep = (milliseconds: number) =>
      new Promise<void>((wake) => {
        setTimeout(() => {
          now += milliseconds * 300
          if (!isDead) wake()
        }, 1)
      })
    const others: unknown[] = []
    let work: (end: () => void) => unknown = () => undefined
    const slow = { ...store, purge: () => new Promise<void>((end) => work(end)) }
    work = async (end) => {
      while (now < 1_000 + 5 * turn) {
        await new Promise((next) => setTimeout(next, 2))
        others.push(await engineOver({ ...store }, { clock }).purge())
      }
      end()
    }
    expect(await engineOver(slow, { clock, sleep }).purge()).toEqual(E.right({ _tag: 'Purged', paid: 1 }))
    expect(others.length).toBeGreaterThan(5)
    for (const other of others) expect(other).toMatchObject({ right: { _tag: 'AtWork' } })
    expect(owed(store)).toEqual([])

    const upsert: Command = { _tag: 'UpsertProfile', reference: email('b'), key: key('0'), patch: put({ a: 1 }) }
    await engineOver(store).execute([upsert])
    await erasing(store, 'b')
    work = () => {
      isDead = true
    }
    void engineOver(slow, { clock, sleep }).purge()
    await new Promise((next) => setTimeout(next, 5))
    const other = engineOver({ ...store }, { clock })
    const first = await other.purge()
    now += turn
    expect([first, await other.purge()]).toMatchObject([{ right: { _tag: 'AtWork' } }, { right: { _tag: 'Purged' } }])
  })

  it.each<
    readonly [string, (advance: (milliseconds: number) => void) => (milliseconds: number) => void | Promise<void>]
  >([
    ['at once', () => () => undefined],
    ['at once, with a promise', () => async () => undefined],
    ['at once, and moves the clock', (advance) => async (milliseconds) => advance(milliseconds)]
  ])('ends although a wait of the embedder returns %s', async (_, sleepWith) => {
    const store = await overlapping()
    let now = 1_000
    const sleep = sleepWith((milliseconds) => {
      now += milliseconds
    })
    store.purge = () => new Promise<void>((end) => setTimeout(end, 5))
    const purged = await engineOver(store, { clock: () => now, sleep }).purge()
    expect(purged).toMatchObject({ right: { _tag: 'Purged' } })
  })

  it('does not wait for a turn that a clock set back has made too long', async () => {
    const store = await storeWith('a')
    await erasing(store, 'a')
    const body = { until: 9_000_000_000_000 }
    store.documents.set('purge_turn turn', { kind: 'purge_turn', id: 'turn', version: 1, body })
    expect(await engineOver(store).purge()).toEqual(E.right({ _tag: 'Purged', paid: 1 }))
  })

  it('that is asked for always purges, even if another engine has the turn or nothing is owed', async () => {
    const store = await storeWith('a')
    expect(await engineOver(store).purge({ when: 'always' })).toEqual(E.right({ _tag: 'Purged', paid: 0 }))
    const body = { until: store.runtime.clock() + turn - 1_000 }
    store.documents.set('purge_turn turn', { kind: 'purge_turn', id: 'turn', version: 7, body })
    await erasing(store, 'a')
    expect(await engineOver(store).purge()).toMatchObject({ right: { _tag: 'AtWork' } })
    expect(await engineOver(store).purge({ when: 'always' })).toEqual(E.right({ _tag: 'Purged', paid: 1 }))
  })

  it('is refused by a handle in a transaction, and what is deleted there is owed', async () => {
    const store = await storeWith('a')
    const cause = new Error('not in your transaction')
    const purge = () => {
      throw cause
    }
    const within = { ...store, manifest: { ...store.manifest, purgedElsewhere: true }, purge }
    const engine = createEngine({ repository: within, ...store.runtime })
    await engine.execute([erase('a')])
    await engine.idle()
    expect(await engine.purge()).toEqual(E.left({ _tag: 'PurgeFailed', cause }))
    expect(await engineOver(store).purge()).toEqual(E.right({ _tag: 'Purged', paid: 1 }))
  })
})

describe('[A-52] in the background', () => {
  /** An engine whose waiting ends when the test says so. */
  const waiting = (store: Store, options: Partial<EngineOptions> = {}) => {
    const outcomes: PurgeOutcome[] = []
    const waits: Array<() => void> = []
    const sleep = (): Promise<void> => new Promise((resolve) => void waits.push(resolve))
    const onPurge = (outcome: PurgeOutcome): void => void outcomes.push(outcome)
    const engine = engineOver(store, { purge: 'background', sleep, onPurge, ...options })
    return { engine, outcomes, waits, wake: () => waits.splice(0).forEach((resolve) => resolve()) }
  }

  it('a purge begins after the answer, and pays for what gathered meanwhile', async () => {
    const store = await storeWith('a', 'b')
    const { engine, outcomes, wake, waits } = waiting(store)
    await engine.execute([erase('a')])
    await engine.execute([erase('b')])
    expect(store.purges).toBe(0)
    expect(waits).toHaveLength(1)
    wake()
    await engine.idle()
    expect(outcomes).toEqual([E.right({ _tag: 'Purged', paid: 2 })])
  })

  it('a failed purge fails no call, is told, and is tried again after the next deletion', async () => {
    const store = await storeWith('a', 'b')
    store.onPurge = () => {
      throw new Error('busy')
    }
    const { engine, outcomes, wake } = waiting(store)
    expect(await engine.execute([erase('a')])).toMatchObject({ right: [{ _tag: 'Applied' }] })
    wake()
    await engine.idle()
    expect(outcomes).toMatchObject([{ left: { _tag: 'PurgeFailed' } }])
    store.onPurge = () => undefined
    await engine.execute([erase('b')])
    wake()
    await engine.idle()
    expect(outcomes.at(-1)).toEqual(E.right({ _tag: 'Purged', paid: 2 }))
  })

  it('nothing begins after a call that deleted no person', async () => {
    const store = await storeWith('a')
    const { engine, waits } = waiting(store)
    await engine.execute([erase('nobody')])
    await engine.runOne('USER_POINTS_DELETION', { type: 'USER_EMAIL', hash: 'nobody' })
    expect(waits).toEqual([])
    await engine.idle()
  })

  it('a deletion of unknown outcome begins one too', async () => {
    const store = await storeWith('a')
    const { engine, outcomes, wake } = waiting(store)
    store.onCommit = async (_, commit) => {
      commit()
      throw new Error('the answer was lost')
    }
    expect(await engine.execute([erase('a')])).toMatchObject({ left: { _tag: 'Indeterminate' } })
    heal(store)
    wake()
    await engine.idle()
    expect(outcomes).toEqual([E.right({ _tag: 'Purged', paid: 1 })])
  })

  it('one purge at a time, also with several engines over a handle', async () => {
    const store = await storeWith('a', 'b', 'c')
    const [one, other] = [waiting(store), waiting(store)]
    await one.engine.execute([erase('a')])
    await other.engine.execute([erase('b')])
    expect([one.waits.length, other.waits.length]).toEqual([1, 0])
    one.wake()
    await other.engine.idle()
    expect(store.purges).toBe(1)
    expect(owed(store)).toEqual([])
  })

  it('no other call overlaps with it on a handle that does not allow that', async () => {
    const store = await storeWith('a', 'b')
    let isPurging = false
    const overlaps: string[] = []
    store.purge = async () => {
      isPurging = true
      await new Promise((next) => setTimeout(next, 10))
      isPurging = false
    }
    const { load, scan } = store
    store.load = async (references) => {
      if (isPurging) overlaps.push('load')
      return load(references)
    }
    store.scan = (kind, options) => {
      if (isPurging) overlaps.push('scan')
      return scan(kind, options)
    }
    const engine = engineOver(store, { purge: 'background' })
    await engine.execute([erase('a')])
    while (!isPurging) await new Promise((next) => setTimeout(next, 1))
    const found = await Promise.all([engine.find(email('b')), engine.execute([erase('b')]), engine.find(email('a'))])
    expect(found).toMatchObject([
      { right: { id: expect.any(String) } },
      { right: [{ _tag: 'Applied' }] },
      E.right(undefined)
    ])
    for await (const _ of engine.userPoints()) break
    await engine.idle()
    expect(overlaps).toEqual([])
    expect(owed(store)).toEqual([])
  })

  it('an error of the embedder’s own functions ends only the purge', async () => {
    const store = await storeWith('a')
    const engine = engineOver(store, {
      purge: 'background',
      sleep: () => {
        throw new Error('no timers')
      },
      onPurge: () => {
        throw new Error('no log')
      }
    })
    expect(await engine.execute([erase('a')])).toMatchObject({ _tag: 'Right' })
    await engine.idle()
    expect(owed(store)).toHaveLength(1)
  })
})
