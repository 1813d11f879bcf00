/** Tests the end of a run that fails, or does not end: no counterexample is lost, and the harness is told from the store. */
import { fork } from 'node:child_process'
import { conformance, type Harness, HarnessFailed, type OpenStore, RequirementViolated } from '@userpoint/conformance'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { createScript } from '../src/script.ts'
import { createSearch } from '../src/search.ts'
import { requirement } from '../src/trial.ts'
import { byId, land, put, stored } from '../src/writes.ts'
import { heirlessClaim } from './broken/heirless-claim.ts'
import { lateRead } from './broken/late-read.ts'
import { harnessOf } from './broken/small-store.ts'

const small = harnessOf({ name: 'small' })

const runOf = (key: string, ...[harness, options]: Parameters<typeof conformance>) => {
  const found = conformance(harness, options).find((one) => one.requirement.key === key)
  if (found === undefined) throw new Error(`no requirement is called ${key}`)
  return found.run()
}

/** Returns the error of a run that must fail. */
const errorOf = async (run: Promise<unknown>): Promise<RequirementViolated | HarnessFailed> => {
  const error: unknown = await run.then(
    () => undefined,
    (reason: unknown) => reason
  )
  if (error instanceof RequirementViolated || error instanceof HarnessFailed) return error
  throw new Error('the run did not fail', { cause: error })
}

const violationOf = async (run: Promise<unknown>) => {
  const error = await errorOf(run)
  if (error instanceof HarnessFailed) throw error
  return error.violation
}

const never = new Promise<never>(() => undefined)

/** Returns a harness whose stores have other functions. */
const altered = (harness: Harness, alter: (open: OpenStore) => Partial<OpenStore>): Harness => ({
  ...harness,
  open: async () => {
    const open = await harness.open()
    return { ...open, ...alter(open) }
  }
})

describe('a search', () => {
  test('knows the path that fast-check knows, also from a path on', async () => {
    const failing = fc.record({ least: fc.nat(200), items: fc.integer({ min: 0, max: 6 }), seed: fc.integer() })
    await fc.assert(
      fc.asyncProperty(failing, async ({ least, items, seed }) => {
        const run = async (path?: string) => {
          const search = createSearch({ runs: 1, seed, shrink: true }, path)
          const property = fc.asyncProperty(fc.array(fc.nat(300)), (values) =>
            search.attempt(async () => {
              if (values.length >= items && values.every((one) => one >= least)) throw new Error('it fails')
            })
          )
          const details = await fc.check(property, { seed, ...(path !== undefined && { path }) })
          expect(search.best()?.path ?? null).toBe(details.counterexamplePath)
          return search.best()?.path
        }
        const path = await run()
        if (path !== undefined) expect(await run(path)).toBe(path)
      }),
      { numRuns: 200, seed: 1 }
    )
  })

  test('ends when its time is up, with the best case so far', async () => {
    const key = 'PO-10.histories'
    const whole = await violationOf(runOf(key, harnessOf(heirlessClaim)))
    expect(whole.note).toBeUndefined()
    const cut = await violationOf(runOf(key, harnessOf(heirlessClaim), { shrinkTime: 0.001 }))
    expect(cut.note).toMatch(/time was up/)
    expect(cut.code.length).toBeGreaterThan(whole.code.length)
    const replay = { key, path: cut.path ?? '' }
    const again = await violationOf(runOf(key, harnessOf(heirlessClaim), { replay, shrink: false }))
    expect([again.what, again.code]).toEqual([cut.what, cut.code])
  })
})

describe('a run that does not end', () => {
  test('names the call that has no answer, and gives its store back', async () => {
    let disposals = 0
    const harness = altered(
      harnessOf({ name: 'silent', wrap: (correct) => ({ ...correct, load: () => never }) }),
      () => ({
        dispose: () => {
          disposals += 1
        }
      })
    )
    const { what, code } = await violationOf(runOf('PO-1.order', harness, { timeout: 1_000 }))
    expect(what).toBe('it did not end within 1 s; a call has no answer')
    expect(code).toMatch(/await store\.load\(.*\/\/ no answer$/)
    expect(disposals).toBe(1)
  })

  test('does not go on in the background', async () => {
    let loads = 0
    const counting = requirement({
      key: 'PO-1.endless',
      sentence: 'it ends',
      check: async (trial) => {
        await trial.withStore(async ({ handle }) => {
          for (;;) {
            await handle.load([byId('a')])
            loads += 1
            await new Promise((resolve) => setTimeout(resolve, 1))
          }
        })
      }
    })
    const { what } = await violationOf(counting.run(small, { runs: 1, seed: 1, shrink: true, timeout: 50 }))
    expect(what).toBe('it did not end within 0.05 s')
    const soFar = loads
    expect(soFar).toBeGreaterThan(0)
    await new Promise((resolve) => setTimeout(resolve, 50))
    expect(loads).toBe(soFar)
  })

  test('has the best failing case so far', async () => {
    let failures = 0
    const stuck = requirement({
      key: 'PO-1.stuck',
      sentence: 'no array has an item',
      check: async (trial) => {
        await trial.forAll(10, fc.array(fc.nat(), { minLength: 1 }), async (values) => {
          if (failures === 2) await never
          failures += 1
          await trial.withStore(async ({ handle }) => {
            await land(handle, [put(stored(`failure-${failures}`))])
            throw new Error(`there are ${values.length} items`)
          })
        })
      }
    })
    const { what, code, path, note } = await violationOf(
      stuck.run(small, { runs: 1, seed: 1, shrink: true, timeout: 1_000 })
    )
    expect(what).toMatch(/there are \d+ items/)
    expect(code).toContain("id: 'failure-2'")
    expect(path).toMatch(/^0:\d+$/)
    expect(note).toMatch(/time was up/)
  })

  test('in a function of the harness is a failure of the harness', async () => {
    const error = await errorOf(
      runOf(
        'PO-3.peer',
        altered(small, () => ({ peer: () => never })),
        { timeout: 100 }
      )
    )
    expect(error).toBeInstanceOf(HarnessFailed)
    expect(error.message).toContain('`open.peer` failed: it did not end within 0.1 s')
  })
})

describe('a failure of the harness', () => {
  const broken = (): never => {
    throw new Error('the folder is full')
  }
  test.each([
    ['PO-3.peer', 'peer'],
    ['PO-13.reopened', 'reopen'],
    ['PO-14.deleted', 'dump'],
    ['PO-5.killed', 'fork'],
    ['PO-17.refused', 'refuse'],
    ['PO-17.passing', 'hinder'],
    ['PO-5.line', 'endpoint'],
    ['PO-1.order', 'dispose']
  ])('in %s names `open.%s`', async (key, ability) => {
    const error = await errorOf(
      runOf(
        key,
        altered(small, () => ({ [ability]: broken }))
      )
    )
    expect(error).toBeInstanceOf(HarnessFailed)
    expect(error.message).toContain(`\`open.${ability}\` failed: the folder is full`)
  })

  test('shows the exit code and the standard error of a process that does not serve', async () => {
    const script = "console.error('the store cannot be opened'); process.exit(3)"
    const harness = altered(small, () => ({
      fork: () => fork('-e', [script], { execArgv: [], stdio: ['ignore', 'ignore', 'pipe', 'ipc'] })
    }))
    const error = await errorOf(runOf('PO-5.killed', harness))
    expect(error).toBeInstanceOf(HarnessFailed)
    expect(error.message).toContain('the process ended before it served the store (exit code 3)')
    expect(error.message).toContain('the store cannot be opened')
  })
})

describe('a script', () => {
  /** The next event: a call begins, or the given one of the running calls ends. */
  const plan = fc.array(fc.option(fc.nat(), { nil: undefined }), { minLength: 1, maxLength: 24 })

  /** Reads an order in words back. */
  const eventsOf = (order: string): ReadonlyArray<string> =>
    order.split('; ').flatMap((part) => {
      const numbers = (part.match(/\d+/g) ?? []).map(Number)
      const [first = 0, last = first] = numbers
      if (!part.endsWith('in turn')) return numbers.map((one) => `${one} ${part.includes('begin') ? 'begin' : 'end'}`)
      const all = part.includes(' to ') ? Array.from({ length: last - first + 1 }, (_, at) => first + at) : numbers
      return all.flatMap((one) => [`${one} begin`, `${one} end`])
    })

  test('tells in which order overlapping calls began and ended', () => {
    fc.assert(
      fc.property(plan, (steps) => {
        const script = createScript()
        const running: Array<{ readonly number: number; readonly end: () => void }> = []
        const happened: string[] = []
        let calls = 0
        let overlaps = false
        for (const step of steps) {
          const [ended] = step === undefined || running.length === 0 ? [] : running.splice(step % running.length, 1)
          if (ended === undefined) {
            calls += 1
            const { end } = script.call(() => 'call()')
            running.push({ number: calls, end })
            overlaps ||= running.length > 1
            happened.push(`${calls} begin`)
          } else {
            ended.end()
            happened.push(`${ended.number} end`)
          }
        }
        const order = /^\/\/ order: (?<order>.*)$/m.exec(script.print())?.groups?.['order']
        expect(order !== undefined).toBe(overlaps)
        if (order !== undefined) expect(eventsOf(order)).toEqual(happened)
        expect(script.isWaiting()).toBe(running.length > 0)
      }),
      { numRuns: 1_000, seed: 1 }
    )
  })

  test('of a race numbers its calls', async () => {
    const { code } = await violationOf(runOf('PO-8.interleaved', harnessOf(lateRead)))
    expect(code).toMatch(/^\/\* 2 \*\/ await (?:store|peer)\.load/m)
    expect(code.match(/^\/\/ order: .*\d+ and \d+ begin/gm)).toHaveLength(1)
  })
})
