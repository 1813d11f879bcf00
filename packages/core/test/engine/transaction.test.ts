import { defaultPolicies } from '../../src/command/policies.ts'
import { describe, expect, it } from 'vitest'
import type { Command } from '../../src/command/command.ts'
import { put } from '../../src/domain/patch.ts'
import { createEngine } from '../../src/engine/engine.ts'
import type { EngineOptions } from '../../src/engine/engine-options.ts'
import { mediarithmics } from '../../src/dialects/mediarithmics/document.ts'
import { backOffMilliseconds, createRuntime } from '../../src/engine/transaction/runtime.ts'
import { E } from '../../src/fp.ts'
import { StoreFault } from '../../src/repository/index.ts'
import { account, agent, device, email, key, person, userPoint } from '../decide/given.ts'
import { besideClock } from './beside-clock.ts'
import { countingRuntime, type FakeRepository, fakeRepository, type Script, stored } from './fake-repository.ts'

const ada = person('p1', { accounts: [['1', 'ada']], emails: ['h1'], devices: { 'udp:1': ['vec:1'] } })
const upsert = (hash: string): Command => ({
  _tag: 'UpsertProfile',
  reference: email(hash),
  key: key('0'),
  patch: put({ a: 1 })
})
const remove: Command = { _tag: 'DeleteIdentifier', identifier: email('h1') }

const run = async (
  script: Script,
  commands: ReadonlyArray<Command>,
  options: Partial<EngineOptions> = {}
): Promise<{ readonly outcome: unknown; readonly repository: FakeRepository }> => {
  const repository = fakeRepository(script)
  const engine = createEngine({ dialect: mediarithmics, repository, ...countingRuntime(), ...options })
  const outcome = await engine.execute(commands)
  return { outcome: E.isRight(outcome) ? outcome.right.map((verdict) => verdict._tag) : outcome.left, repository }
}

describe('a unit of work', () => {
  it('is one load of every reference, each once, and one commit', async () => {
    const associate: Command = { _tag: 'Associate', references: [email('h1'), agent('vec:1'), account('1', 'eve')] }
    const byId: Command = { _tag: 'DeleteUserPoint', reference: userPoint('p7') }
    const byDevice: Command = { _tag: 'DeleteDevicePoint', device: device('udp:1') }
    const { outcome, repository } = await run(
      { loads: [[stored(ada)]] },
      [upsert('h1'), associate, byId, upsert('h1'), byDevice],
      {
        purge: 'manual'
      }
    )
    expect(outcome).toEqual(['Applied', 'Applied', 'NoOp', 'Applied', 'Applied'])
    expect(repository.calls).toEqual(['load', 'commit'])
    expect(repository.references).toEqual([
      [
        { _tag: 'ByClaim', claim: 'email_hash:h1' },
        { _tag: 'ByClaim', claim: 'agent:vec:1' },
        { _tag: 'ByClaim', claim: 'account:1:eve' },
        { _tag: 'ById', kind: 'user_point', id: 'p7' },
        { _tag: 'ByClaim', claim: 'user_point:p7' },
        { _tag: 'ByClaim', claim: 'agent:udp:1' }
      ]
    ])
    expect(repository.writes).toMatchObject([
      [{ kind: 'user_point', id: 'p1', expected: 1, claim: ['account:1:eve'], release: ['agent:udp:1', 'agent:vec:1'] }]
    ])
  })

  it('commits nothing where nothing changed', async () => {
    const { outcome, repository } = await run({}, [remove])
    expect(outcome).toEqual(['NoOp'])
    expect(repository.calls).toEqual(['load'])
  })

  it('asks the store nothing where there is nothing to ask', async () => {
    const strange: Command = { _tag: 'DeleteUserPoint', reference: userPoint('no id: é') }
    for (const commands of [[], [strange]]) {
      const { outcome, repository } = await run({ loads: [[stored(ada)]] }, commands)
      expect(outcome).toEqual(commands.map(() => 'NoOp'))
      expect(repository.calls).toEqual([])
    }
  })

  it('keeps the body that was decided, and its claims', async () => {
    const { repository } = await run({}, [upsert('h9')])
    expect(repository.writes).toEqual([
      [
        {
          kind: 'user_point',
          id: '00000000-0000-7000-8000-000000000001',
          expected: 0,
          body: {
            moment: 1_000_000,
            emailHashes: [{ hash: 'h9' }],
            profiles: [{ compartment: '0', properties: { a: 1 } }]
          },
          claim: ['email_hash:h9'],
          release: []
        }
      ]
    ])
  })
})

describe('a conflict', () => {
  it('is met with a fresh load and a fresh decision', async () => {
    const eve = person('p2', { emails: ['h1'] })
    const { outcome, repository } = await run(
      { loads: [[stored(ada, 4)], [stored(ada, 5)], [stored(eve, 8)]], commits: ['Conflict', 'Conflict'] },
      [upsert('h1')]
    )
    expect(outcome).toEqual(['Applied'])
    expect(repository.calls).toEqual(['load', 'commit', 'load', 'commit', 'load', 'commit'])
    expect(repository.writes.map(([write]) => [write?.id, write?.expected])).toEqual([
      ['p1', 4],
      ['p1', 5],
      ['p2', 8]
    ])
  })

  it('may change the verdict', async () => {
    const { outcome, repository } = await run({ loads: [[stored(ada)], []], commits: ['Conflict'] }, [remove])
    expect(outcome).toEqual(['NoOp'])
    expect(repository.calls).toEqual(['load', 'commit', 'load'])
  })

  it('is waited out between attempts, the longer the more there were', async () => {
    const waits: number[] = []
    const sleep = async (milliseconds: number) => void waits.push(milliseconds)
    const commits = Array.from({ length: 4 }, () => 'Conflict' as const)
    const { outcome } = await run({ commits }, [upsert('h1')], { sleep, random: () => 0.5 })
    expect(outcome).toEqual(['Applied'])
    expect(waits).toEqual([2, 4, 8, 16])
    expect(waits).toEqual([1, 2, 3, 4].map((attempt) => backOffMilliseconds(attempt) / 2))
  })

  it('is never waited out longer than a second', () => {
    for (const attempt of [9, 10, 20, 50, 1_000]) expect(backOffMilliseconds(attempt)).toBe(1_000)
  })

  it('becomes Contention after so many attempts, with no wait after the last', async () => {
    const waits: number[] = []
    const commits = Array.from({ length: 50 }, () => 'Conflict' as const)
    const { outcome, repository } = await run({ commits }, [upsert('h1')], {
      attempts: 3,
      sleep: (milliseconds) => void waits.push(milliseconds)
    })
    expect(outcome).toEqual({ _tag: 'Contention', attempts: 3 })
    expect(repository.calls).toEqual(['load', 'commit', 'load', 'commit', 'load', 'commit'])
    expect(waits).toHaveLength(2)
    expect(await run({ commits }, [upsert('h1')])).toMatchObject({ outcome: { _tag: 'Contention', attempts: 20 } })
  })
})

describe('a failing store', () => {
  it('that cannot load is StoreFailed, and nothing is committed', async () => {
    const cause = new Error('gone')
    const { outcome, repository } = await run({ loads: [cause] }, [upsert('h1')])
    expect(outcome).toEqual({ _tag: 'StoreFailed', operation: 'load', cause })
    expect(repository.calls).toEqual(['load'])
  })

  it('that cannot load again after a conflict is StoreFailed', async () => {
    const cause = new Error('gone')
    const { outcome } = await run({ loads: [[], cause], commits: ['Conflict'] }, [upsert('h1')])
    expect(outcome).toEqual({ _tag: 'StoreFailed', operation: 'load', cause })
  })

  it.each([
    new StoreFault('full', { applied: false }),
    { applied: false },
    Object.assign(new Error('full'), { applied: false })
  ])('that says that nothing was written is StoreFailed: %s', async (throws) => {
    const { outcome, repository } = await run({ commits: [{ throws }] }, [upsert('h1')])
    expect(outcome).toEqual({ _tag: 'StoreFailed', operation: 'commit', cause: throws })
    expect(repository.calls).toEqual(['load', 'commit'])
  })

  it.each([
    new StoreFault('lost'),
    new Error('lost'),
    { applied: undefined },
    { applied: true },
    'lost',
    undefined,
    null
  ])('that says nothing of it is Indeterminate, and is not tried again: %s', async (throws) => {
    const { outcome, repository } = await run({ commits: [{ throws }] }, [upsert('h1')])
    expect(outcome).toEqual({ _tag: 'Indeterminate', cause: throws })
    expect(repository.calls).toEqual(['load', 'commit'])
  })

  it('may throw at once, where it is no promise', async () => {
    const cause = new Error('closed')
    const fail = (): never => {
      throw cause
    }
    const engine = createEngine({
      dialect: mediarithmics,
      repository: { ...fakeRepository(), load: fail },
      ...countingRuntime()
    })
    expect(await engine.find(email('h1'))).toEqual(E.left({ _tag: 'StoreFailed', operation: 'load', cause }))
    const other = createEngine({
      dialect: mediarithmics,
      repository: besideClock(fakeRepository(), { commit: fail }),
      ...countingRuntime()
    })
    expect(await other.execute([upsert('h1')])).toEqual(E.left({ _tag: 'Indeterminate', cause }))
  })
})

describe('the other calls of an engine', () => {
  it('runOne applies one line, and says what is wrong with it', async () => {
    const repository = fakeRepository()
    const engine = createEngine({
      dialect: mediarithmics,
      repository,
      ...countingRuntime(),
      policies: { systemVersion: 'v201901' }
    })
    const line = { operation: 'UPSERT', email_hash: 'h1', force_replace: true, user_profile: {}, note: 1 }
    expect(await engine.runOne('USER_PROFILE', line)).toMatchObject({
      right: { _tag: 'Applied', warnings: [{ code: 'UNKNOWN_FIELD', path: 'note' }] }
    })
    expect(await engine.runOne('USER_PROFILE', [line])).toMatchObject({
      right: { _tag: 'Rejected', code: 'EXPECTED_NDJSON' }
    })
    expect(repository.calls).toEqual(['load', 'commit'])
  })

  it('[A-36] runOne rejects a line of a document that needs a newer datamart', async () => {
    const engine = createEngine({
      dialect: mediarithmics,
      repository: fakeRepository(),
      ...countingRuntime(),
      policies: { systemVersion: 'v201901' }
    })
    expect(await engine.runOne('USER_POINTS_DELETION', { type: 'USER_EMAIL', hash: 'h1' })).toMatchObject({
      right: { _tag: 'Rejected', code: 'UNSUPPORTED_SYSTEM_VERSION' }
    })
    expect(await engine.runOne('USER_IDENTIFIERS_DELETION', { type: 'USER_EMAIL', hash: 'h1' })).toMatchObject({
      right: { _tag: 'NoOp' }
    })
  })

  it('find gives the user point that a reference leads to, or none', async () => {
    const engine = createEngine({
      dialect: mediarithmics,
      repository: fakeRepository({ loads: [[stored(ada)]] }),
      ...countingRuntime()
    })
    expect(await engine.find(email('h1'))).toEqual(E.right(ada))
    expect(await engine.find(userPoint('p1'))).toEqual(E.right(ada))
    expect(await engine.find(email('h2'))).toEqual(E.right(undefined))
  })

  it('userPoints gives them all, as the store scans them', async () => {
    const eve = person('p2', { emails: ['h2'] })
    const engine = createEngine({
      dialect: mediarithmics,
      repository: fakeRepository({ loads: [[stored(ada), stored(eve)]] }),
      ...countingRuntime()
    })
    const ids: string[] = []
    for await (const subject of engine.userPoints()) ids.push(subject.id)
    expect(ids).toEqual(['p1', 'p2'])
  })
})

describe('a runtime', () => {
  it('[A-30] makes user point ids in lower case, and device point ids of digits', () => {
    const ids = ['0190ABCD-0000-7000-8000-00000000000F', '0190ABCD-0000-7000-8000-000000000010']
    const runtime = createRuntime({ clock: () => 0, newId: () => ids.shift() as string }, defaultPolicies)
    expect(runtime.newUserPointId()).toBe('0190abcd-0000-7000-8000-00000000000f')
    expect(runtime.newDevicePointId()).toBe(`udp:${0x0190abcd000070008000n * 2n ** 48n + 16n}`)
  })

  it('refuses a source of ids that gives no UUIDs, or one twice in a row', () => {
    const from = (newId: () => string) => createRuntime({ clock: () => 0, newId }, defaultPolicies)
    expect(() => from(() => 'not a uuid é').newUserPointId()).toThrow('newId must return UUIDs')
    const constant = from(() => '0190abcd-0000-7000-8000-00000000000f')
    constant.newUserPointId()
    expect(() => constant.newDevicePointId()).toThrow('newId returned the same id twice')
  })

  it('refuses settings that make no sense', () => {
    const options = { repository: fakeRepository(), ...countingRuntime() }
    for (const attempts of [0, -1, 1.5, Number.NaN])
      expect(() => createEngine({ dialect: mediarithmics, ...options, attempts })).toThrow('attempts')
    for (const maxDepth of [0, 1_001, Number.NaN]) {
      expect(() => createEngine({ dialect: mediarithmics, ...options, bounds: { maxDepth } })).toThrow('maxDepth')
    }
    expect(() => createEngine({ dialect: mediarithmics, ...options, bounds: { maxLineLength: 0 } })).toThrow(
      'maxLineLength'
    )
  })
})
