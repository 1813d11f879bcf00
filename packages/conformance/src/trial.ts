/**
 * One run of one requirement: opens stores, disposes of them, and turns a failure into a `RequirementViolated`, or into a
 * `HarnessFailed` where the harness failed. It ends in time, even if the store does not answer.
 */
import fc from 'fast-check'
import { fail, Mismatch } from './compare.ts'
import { asFailure, createGuard, Failure, type Guard, HarnessError } from './failure.ts'
import type { Harness, OpenStore } from './harness.ts'
import {
  type Budget,
  type Extent,
  HarnessFailed,
  type Need,
  ReplayWrong,
  type Requirement,
  RequirementViolated,
  timeoutOf
} from './requirement.ts'
import { createScript, type Script } from './script.ts'
import { createSearch, type Search } from './search.ts'
import type { TrialStore } from './trial-store.ts'
import { closeAll, type Opened, watchedStore } from './watched-store.ts'

export type { Handle, TrialLine, TrialStore } from './trial-store.ts'

export interface Trial {
  /** Returns the part of a count that the budget allows: fewer below one run, never more. */
  part(count: number): number
  /** Opens a new store, and always disposes of it. */
  withStore<A>(use: (store: TrialStore) => Promise<A>): Promise<A>
  /** Asserts `holds` for generated values. Called at most once per requirement, so that a path identifies the case. */
  forAll<A>(runs: number, arbitrary: fc.Arbitrary<A>, holds: (value: A) => Promise<void>): Promise<void>
}

/** The definition of a requirement: its key, sentence, needs and check. */
export interface Definition {
  readonly key: string
  readonly sentence: string
  readonly needs?: ReadonlyArray<Need>
  /** Default: `quick` for the laws of the port, `whole` for documented behaviour. */
  readonly extent?: Extent
  readonly check: (trial: Trial) => Promise<void>
}

/** A store that is open. */
interface OpenTrial {
  readonly store: OpenStore
  readonly opened: Opened
  readonly script: Script
}

/** The state of one run of a requirement. */
interface Run {
  readonly harness: Harness
  readonly budget: Budget
  readonly key: string
  readonly guard: Guard
  readonly open: Set<OpenTrial>
  readonly search: Search
  isOver: boolean
}

const demandTime = (run: Run): void => {
  if (run.isOver) throw new Error('the requirement has ended')
}

const giveBack = async ({ guard }: Run, { store, opened: { handles, processes } }: OpenTrial): Promise<void> => {
  try {
    await Promise.all(processes.map((one) => one.kill()))
    // Only PO-16 tests the closing of handles.
    await closeAll(handles).catch(() => undefined)
  } finally {
    await guard.call('open.dispose', () => store.dispose())
  }
}

const withStore =
  (run: Run): Trial['withStore'] =>
  async (use) => {
    demandTime(run)
    const script = createScript()
    const opened: Opened = { handles: [], processes: [] }
    const store = await run.guard.call('harness.open', () => run.harness.open())
    const trial: OpenTrial = { store, opened, script }
    run.open.add(trial)
    let outcome: { readonly value: Awaited<ReturnType<typeof use>> } | Failure
    try {
      const watch = { script, guard: run.guard, opened, demandTime: () => demandTime(run) }
      outcome = { value: await use(watchedStore(store, watch)) }
    } catch (error) {
      outcome = asFailure(error, script.print())
    }
    // A run whose time is up gives back what is open by itself.
    if (!run.open.delete(trial)) throw new Error('the requirement has ended')
    try {
      await giveBack(run, trial)
    } catch (error) {
      // A failed disposal is a failure too, but report the first one.
      if (!(outcome instanceof Failure)) outcome = asFailure(error, script.print())
    }
    if (outcome instanceof Failure) throw outcome
    return outcome.value
  }

const forAll =
  (run: Run): Trial['forAll'] =>
  async (runs, arbitrary, holds) => {
    const { budget, search, key } = run
    const replay = budget.replay?.key === key ? budget.replay : undefined
    const property = fc.asyncProperty(arbitrary, (value) => search.attempt(() => holds(value)))
    const parameters = {
      seed: budget.seed,
      numRuns: Math.max(1, Math.round(runs * budget.runs)),
      endOnFailure: !budget.shrink,
      ...(replay === undefined ? {} : { path: replay.path })
    }
    let details: Pick<fc.RunDetails<unknown>, 'failed' | 'numRuns' | 'errorInstance'>
    try {
      details = await fc.check(property, parameters)
    } catch (cause) {
      if (replay === undefined) throw cause
      throw new ReplayWrong(replay, { cause })
    }
    if (replay !== undefined && details.numRuns === 0) throw new ReplayWrong(replay)
    if (details.failed) throw search.best()?.failure ?? asFailure(details.errorInstance)
  }

/** The longest wait for a store to be given back whose requirement did not end. */
const longestGiveBack = 5_000

const seconds = (milliseconds: number): string => `${Number((milliseconds / 1_000).toFixed(2))} s`

/** Returns what a run that did not end in time was about: the best counterexample, a call without an answer, or the harness. */
const overdue = (run: Run, timeout: number): Failure => {
  const best = run.search.best()
  if (best !== undefined) return best.failure
  const [last] = [...run.open].slice(-1)
  const code = last?.script.print() ?? ''
  const what = `it did not end within ${seconds(timeout)}`
  const [ability] = [...run.guard.running]
  if (ability !== undefined) return new Failure(new HarnessError(ability, new Error(what)), code)
  return new Failure(new Mismatch(`${what}${last?.script.isWaiting() === true ? '; a call has no answer' : ''}`), code)
}

/** Returns what a promise gives; after the time it rejects with what `late` returns. */
const inTime = async <A>(promise: Promise<A>, milliseconds: number, late: () => unknown): Promise<A> => {
  let timer: ReturnType<typeof setTimeout> | undefined
  const tooLate = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(late()), milliseconds)
  })
  promise.catch(() => undefined)
  try {
    return await Promise.race([promise, tooLate])
  } finally {
    clearTimeout(timer)
  }
}

/** Ends a run whose time is up: nothing of it goes on, and its stores are given back as far as they can be. */
const end = async (run: Run): Promise<void> => {
  run.isOver = true
  const left = [...run.open]
  run.open.clear()
  const given = Promise.allSettled(left.map((one) => giveBack(run, one)))
  await inTime(given, longestGiveBack, () => undefined).catch(() => undefined)
}

/** The failure of a run, and whether its time was up. */
interface Ended {
  readonly failure: Failure
  readonly isOverdue: boolean
}

const runOnce = async (run: Run, check: Definition['check']): Promise<Ended | undefined> => {
  const timeout = timeoutOf(run.budget)
  const { runs } = run.budget
  const trial: Trial = {
    part: (count) => Math.ceil(count * Math.min(1, runs)),
    withStore: withStore(run),
    forAll: forAll(run)
  }
  let isOverdue = false
  try {
    await inTime(check(trial), timeout, () => {
      isOverdue = true
      return overdue(run, timeout)
    })
    if (run.open.size !== 0) fail(`${run.open.size} stores are still open at the end`)
    return undefined
  } catch (error) {
    if (error instanceof ReplayWrong) throw error
    return { failure: asFailure(error), isOverdue }
  } finally {
    if (isOverdue) await end(run)
  }
}

/** Returns the requirement for a definition. */
export const requirement = ({ key, sentence, needs = [], extent, check }: Definition): Requirement => {
  const law = key.slice(0, key.indexOf('.'))
  const isOfPort = law === 'harness' || law.startsWith('PO-')
  const run = async (harness: Harness, budget: Budget): Promise<void> => {
    const search = createSearch(budget, budget.replay?.key === key ? budget.replay.path : undefined)
    const guard = createGuard()
    const ended = await runOnce({ harness, budget, key, guard, open: new Set(), search, isOver: false }, check)
    if (ended === undefined) return
    const { failure, isOverdue } = ended
    const best = search.best()
    const isCase = best?.failure === failure
    const violation = {
      requirement: { key, law, sentence },
      harness: harness.name,
      seed: budget.seed,
      what: failure.message,
      code: failure.code,
      cause: failure.cause,
      ...(isCase && { path: best.path }),
      ...(isCase && (isOverdue || search.isCut()) && { note: 'its time was up, so that a smaller case may fail, too' })
    }
    throw failure.isOfHarness ? new HarnessFailed(violation) : new RequirementViolated(violation)
  }
  return { key, law, sentence, needs, extent: extent ?? (isOfPort ? 'quick' : 'whole'), run }
}
