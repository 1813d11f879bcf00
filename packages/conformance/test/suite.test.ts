import {
  badgeOf,
  budgetFrom,
  conformance,
  HarnessFailed,
  requirements,
  RequirementViolated,
  runConformance
} from '@userpoint/conformance'
import { env } from 'node:process'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { hostileClaims, hostileIds, hostileKinds, hostileTexts } from '../src/hostile.ts'
import { print } from '../src/code.ts'
import { requirement } from '../src/trial.ts'
import { heirlessClaim } from './broken/heirless-claim.ts'
import { lateClaim } from './broken/late-claim.ts'
import { harnessOf } from './broken/small-store.ts'

const testOf = (key: string, ...[harness, options]: Parameters<typeof conformance>) => {
  const found = conformance(harness, options).find((one) => one.requirement.key === key)
  if (found === undefined) throw new Error(`no requirement is called ${key}`)
  return found
}

const violationOf = async (run: Promise<unknown>): Promise<RequirementViolated> => {
  const error: unknown = await run.then(
    () => undefined,
    (reason: unknown) => reason
  )
  if (!(error instanceof RequirementViolated)) throw new Error('no requirement was violated', { cause: error })
  return error
}

describe('requirements', () => {
  test('have unique keys, which start with their law', () => {
    expect(new Set(requirements.map((one) => one.key)).size).toBe(requirements.length)
    for (const { key, law } of requirements) expect(key.startsWith(`${law}.`), key).toBe(true)
  })

  test('cover every law of the port', () => {
    const laws = Array.from({ length: 18 }, (_, index) => `PO-${index + 1}`)
    const found = new Set(requirements.map((one) => one.law).filter((law) => /^(?:PO-|harness)/.test(law)))
    expect(found).toEqual(new Set(['harness', ...laws]))
  })
})

describe('hostile values', () => {
  test('are all different and legal', () => {
    for (const values of [hostileClaims, hostileIds, hostileKinds, hostileTexts]) {
      expect(new Set(values).size).toBe(values.length)
      for (const value of values) expect(value.isWellFormed() && !value.includes('\0'), print(value)).toBe(true)
    }
    for (const claim of hostileClaims) expect(claim.length >= 1 && claim.length <= 1_100, print(claim)).toBe(true)
    for (const id of hostileIds) expect(id, print(id)).toMatch(/^[!-~]{1,512}$/)
    for (const kind of hostileKinds) expect(kind).toMatch(/^[a-z_]{1,40}$/)
  })
})

describe('known gaps', () => {
  const small = harnessOf({ name: 'small' })
  const broken = harnessOf(lateClaim)
  const gap = { key: 'PO-8.claim-race', seen: 'the claim that was raced for', reason: 'claims are checked beforehand' }

  test('are expected to fail', async () => {
    const { run } = testOf(gap.key, broken, { knownGaps: [gap] })
    await expect(run()).resolves.toEqual({ _tag: 'Gap', reason: gap.reason })
  })

  test('are another failure where another violation is seen', async () => {
    const other = { ...gap, seen: 'both of two deletions landed' }
    const { violation, message } = await violationOf(testOf(gap.key, broken, { knownGaps: [other] }).run())
    expect(violation.what).toContain(gap.seen)
    expect(message).toContain('the known gap is another violation: both of two deletions landed')
  })

  test('do not cover a failure of the harness', async () => {
    const lost = {
      ...broken,
      open: async () => ({
        ...(await broken.open()),
        peer: () => {
          throw new Error(gap.seen)
        }
      })
    }
    await expect(testOf(gap.key, lost, { knownGaps: [gap] }).run()).rejects.toThrow(HarnessFailed)
  })

  test('fail the run when they pass', async () => {
    await expect(testOf(gap.key, small, { knownGaps: [gap] }).run()).rejects.toThrow('PO-8.claim-race passes now')
  })

  test('must be known, have a reason and be listed once', () => {
    expect(() => conformance(small, { knownGaps: [{ ...gap, key: 'PO-8.nothing' }] })).toThrow('unknown requirement')
    expect(() => conformance(small, { knownGaps: [{ ...gap, reason: ' ' }] })).toThrow('has no reason')
    expect(() => conformance(small, { knownGaps: [{ ...gap, seen: '' }] })).toThrow('does not say what is seen')
    expect(() => conformance(small, { knownGaps: [gap, gap] })).toThrow('listed twice')
  })

  test('must apply to the store', async () => {
    const single = harnessOf({
      name: 'single',
      wrap: (correct) => ({ ...correct, manifest: { ...correct.manifest, concurrent: false } })
    })
    await expect(testOf(gap.key, single).run()).resolves.toMatchObject({ _tag: 'NotClaimed' })
    await expect(testOf(gap.key, single, { knownGaps: [gap] }).run()).rejects.toThrow('does not apply')
  })
})

describe('a failure', () => {
  test('is replayed with its printed seed', async () => {
    const first = await violationOf(testOf('PO-10.histories', harnessOf(heirlessClaim), { seed: 7 }).run())
    const printed = /USERPOINT_SEED='(?<seed>[^']+)'/.exec(first.message)?.groups?.['seed']
    const again = await violationOf(
      testOf('PO-10.histories', harnessOf(heirlessClaim), budgetFrom({ USERPOINT_SEED: printed })).run()
    )
    expect(again.violation.code).toBe(first.violation.code)
    expect(again.violation.what).toBe(first.violation.what)
  })

  test('is shrunk to the calls that matter', async () => {
    const { violation } = await violationOf(testOf('PO-10.histories', harnessOf(heirlessClaim)).run())
    expect(violation.code.match(/commit\(/g)).toHaveLength(3)
  })

  // Slow: it runs the whole suite.
  test('disposes of every store', { timeout: 240_000 }, async () => {
    let open = 0
    const harness = harnessOf(lateClaim)
    const counted = {
      ...harness,
      open: async () => {
        const store = await harness.open()
        open += 1
        return {
          ...store,
          dispose: () => {
            open -= 1
          }
        }
      }
    }
    for (const { run } of conformance(counted, { shrink: false, ...budgetFrom(env) }))
      await run().catch((error: unknown) => error)
    expect(open).toBe(0)
  })

  test('is not reported if the path to replay has no case', async () => {
    for (const path of ['0:77777:99', '0:2:99999']) {
      const replay = { key: 'PO-10.histories', path }
      await expect(testOf(replay.key, harnessOf({ name: 'small' }), { replay }).run()).rejects.toThrow(
        'leads to no case'
      )
    }
  })

  test('to dispose of a store is one of the harness', async () => {
    const harness = harnessOf({ name: 'small' })
    const stuck = {
      ...harness,
      open: async () => ({
        ...(await harness.open()),
        dispose: () => {
          throw new Error('the directory is not empty')
        }
      })
    }
    const error: unknown = await testOf('PO-1.order', stuck)
      .run()
      .catch((thrown: unknown) => thrown)
    expect(error).toBeInstanceOf(HarnessFailed)
    expect(error).toMatchObject({
      message: expect.stringContaining('`open.dispose` failed: the directory is not empty')
    })
  })
})

describe('the environment', () => {
  test('sets runs and seed', () => {
    expect(budgetFrom({})).toEqual({})
    expect(budgetFrom({ USERPOINT_RUNS: '20', USERPOINT_SEED: '-5' })).toEqual({ runs: 20, seed: -5 })
    expect(budgetFrom({ USERPOINT_RUNS: '0.25' })).toEqual({ runs: 0.25 })
    expect(budgetFrom({ USERPOINT_RUNS: 'quick' })).toEqual({ runs: 0.02, extent: 'quick' })
    const replay = { key: 'PO-7.freed-first', path: '3:0:1' }
    expect(budgetFrom({ USERPOINT_SEED: '5/PO-7.freed-first/3:0:1' })).toEqual({ seed: 5, replay })
  })

  test.each(['', '0', '0.0', '-1', '1.5', '0.0001', '1e3', 'many', '100000'])('rejects %j runs', (runs) => {
    expect(() => budgetFrom({ USERPOINT_RUNS: runs })).toThrow('USERPOINT_RUNS')
  })

  test.each(['', 'x', '1/2', '1/PO-7', '1/PO-7.a/', '99999999999'])('rejects the seed %j', (seed) => {
    expect(() => budgetFrom({ USERPOINT_SEED: seed })).toThrow('USERPOINT_SEED')
  })
})

describe('a budget', () => {
  const small = harnessOf({ name: 'small' })

  test.each([0, -1, Number.POSITIVE_INFINITY, Number.NaN])('of %j runs is rejected', (runs) => {
    expect(() => conformance(small, { runs })).toThrow('`runs`')
  })

  test.each([
    [2, 80],
    [0.2, 8],
    [0.001, 1]
  ])('of %j runs multiplies the cases of a property, with at least one', async (runs, cases) => {
    let tried = 0
    const property = requirement({
      key: 'PO-1.counted',
      sentence: 'is tried so often',
      check: ({ forAll }) =>
        forAll(40, fc.nat(), async () => {
          tried += 1
        })
    })
    await property.run(small, { runs, seed: 1, shrink: true })
    expect(tried).toBe(cases)
  })

  test.each([0, -1, Number.NaN, 2 ** 31])('with %j milliseconds is rejected', (milliseconds) => {
    expect(() => conformance(small, { timeout: milliseconds })).toThrow('`timeout`')
    expect(() => conformance(small, { shrinkTime: milliseconds })).toThrow('`shrinkTime`')
  })

  test('that is quick runs most laws of the port, and says what it leaves out', async () => {
    const { counts, results } = await runConformance(small, { ...budgetFrom({ USERPOINT_RUNS: 'quick' }) })
    expect([counts.failed, counts['harness failed']]).toEqual([0, 0])
    expect(counts.passed).toBeGreaterThan(25)
    expect(counts.passed + counts['not run']).toBe(requirements.length)
    const laws = (outcome: string) => results.filter((one) => one.outcome === outcome).map(({ law }) => law)
    const without = new Set(laws('not run').filter((law) => law.startsWith('PO-')))
    for (const law of laws('passed')) without.delete(law)
    expect([...without]).toEqual(['PO-2', 'PO-14', 'PO-18'])
    expect(results.find(({ key }) => key === 'PO-5.killed')?.reason).toBe('the quick budget leaves it out')
  })

  test('that is quick runs what is to be replayed', async () => {
    const replay = { key: 'PO-5.killed', path: '0' }
    await expect(testOf(replay.key, small, { extent: 'quick', replay }).run()).resolves.toEqual({ _tag: 'Passed' })
  })

  test('must have a whole seed and replay a known requirement', () => {
    expect(() => conformance(small, { seed: 0.5 })).toThrow('`seed`')
    expect(() => conformance(small, { replay: { key: 'PO-7.freed', path: '0' } })).toThrow('unknown requirement')
  })
})

describe('a badge', () => {
  const sound = { passed: requirements.length, failed: 0, gap: 0, 'not claimed': 0, 'not run': 0, 'harness failed': 0 }
  const badge = (counts: Partial<typeof sound>, ran = requirements) =>
    badgeOf({
      harness: 'small',
      manifest: { name: 'small', durable: false, concurrent: false },
      searched: [],
      runs: 1,
      seed: 1,
      counts: { ...sound, ...counts },
      results: ran.map(({ key, law, sentence }) => ({ key, law, sentence, outcome: 'passed' }))
    })

  test.each([
    [{}, 'brightgreen', `${sound.passed} passed`],
    [{ passed: 7, gap: 1 }, 'yellow', '7 passed, 1 gap'],
    [{ passed: 7, gap: 2 }, 'yellow', '7 passed, 2 gaps'],
    [{ passed: 7, 'not run': 3 }, 'lightgrey', '7 passed, 3 not run'],
    [{ failed: 1, gap: 1, 'not run': 3 }, 'red', `1 of ${sound.passed} failed`],
    [{ failed: 1, 'harness failed': 2 }, 'red', `3 of ${sound.passed} failed`]
  ])('of %j is %s', (counts, color, message) => {
    expect(badge(counts)).toEqual({ schemaVersion: 1, label: 'userpoint conformance', message, color })
  })

  test('of a part of the suite, as with a filter, is never green', () => {
    expect(badge({ passed: 2 }, requirements.slice(0, 2)).color).toBe('lightgrey')
  })
})

test('the check of a claim leaves no handle open', async () => {
  let open = 0
  const counted = harnessOf({
    name: 'small',
    wrap: (correct) => {
      open += 1
      return {
        ...correct,
        manifest: { ...correct.manifest, concurrent: false },
        close: () => {
          open -= 1
        }
      }
    }
  })
  await testOf('PO-3.peer', counted).run()
  expect(open).toBe(0)
})

describe('printed code', () => {
  const values = [
    { a: ['k', 'e\u0301', "it's", '"', '\\', '\u2028'], '': null, 'a-b': true, ['__proto__']: { x: 1 } },
    [5e-324, 1e21, -1, 'x'.repeat(500)]
  ]
  test.each(values)('evaluates to the value', (value) => {
    expect(new Function(`return (${print(value)})`)()).toEqual(value)
  })

  test('truncates long values, and stays valid code', () => {
    const long = Array.from({ length: 5_000 }, (_, index) => ({
      id: `id-${index}`,
      body: { text: 'ab'.repeat(400 + index) }
    }))
    expect(print(long).length).toBeLessThan(3_000)
    expect(() => new Function(`return (${print(long)})`)).not.toThrow()
  })
})
