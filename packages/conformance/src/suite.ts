/** The suite: all requirements, and their tests on a store. */
import type { Awaitable, Manifest } from '@userpoint/core/repository'
import { differentialRequirements } from './behaviour/digest.ts'
import { peopleRequirements } from './behaviour/histories.ts'
import { feedRequirements } from './behaviour/feed.ts'
import { scenarioRequirements } from './behaviour/scenarios/index.ts'
import { obligationRequirements } from './behaviour/obligations.ts'
import { receiptRequirements } from './behaviour/receipts.ts'
import { retentionRequirements } from './behaviour/retention.ts'
import { suppressionRequirements } from './behaviour/suppression.ts'
import { traceRequirements } from './behaviour/traces.ts'
import { faultRequirements } from './faults/requirements.ts'
import type { Harness, OpenStore } from './harness.ts'
import {
  type Budget,
  longestTimer,
  type Need,
  type Requirement,
  RequirementViolated,
  shrinkTimeOf,
  timeoutOf
} from './requirement.ts'
import { answerRequirements } from './requirements/answers.ts'
import { checkRequirements } from './requirements/checks.ts'
import { commitRequirements } from './requirements/commits.ts'
import { erasureRequirements } from './requirements/erasure.ts'
import { failureRequirements } from './requirements/failures.ts'
import { harnessRequirements } from './requirements/harness.ts'
import { historyRequirements } from './requirements/histories.ts'
import { killRequirements } from './requirements/kills.ts'
import { largeRequirements } from './requirements/large.ts'
import { lifecycleRequirements } from './requirements/lifecycle.ts'
import { lineRequirements } from './requirements/lines.ts'
import { linearizabilityRequirements } from './requirements/linearizability.ts'
import { raceRequirements } from './requirements/races.ts'
import { scanRequirements } from './requirements/scans.ts'

const lawNumber = ({ law }: Requirement): number => (law === 'harness' ? 0 : Number(law.slice('PO-'.length)))

/** The requirements of the port, in the order of the laws. */
const portRequirements: ReadonlyArray<Requirement> = [
  ...harnessRequirements,
  ...answerRequirements,
  ...commitRequirements,
  ...largeRequirements,
  ...scanRequirements,
  ...raceRequirements,
  ...linearizabilityRequirements,
  ...killRequirements,
  ...lifecycleRequirements,
  ...lineRequirements,
  ...erasureRequirements,
  ...failureRequirements,
  ...checkRequirements,
  ...historyRequirements
].toSorted((a, b) => lawNumber(a) - lawNumber(b))

/** All requirements: of the port, and of the documented behaviour through an engine. */
export const requirements: ReadonlyArray<Requirement> = [
  ...portRequirements,
  ...scenarioRequirements,
  ...peopleRequirements,
  ...traceRequirements,
  ...obligationRequirements,
  ...feedRequirements,
  ...suppressionRequirements,
  ...receiptRequirements,
  ...retentionRequirements,
  ...faultRequirements,
  ...differentialRequirements
]

/** A violation that is known of a store. It must be seen; when the requirement passes, delete the entry. */
export interface KnownGap {
  readonly key: string
  /** Words of the observation, the line `seen` of the failure. Any other violation of the requirement fails the run. */
  readonly seen: string
  readonly reason: string
}

export interface ConformanceOptions extends Partial<Budget> {
  readonly knownGaps?: ReadonlyArray<KnownGap>
}

/** The outcome of a requirement that did not fail the run. */
export type Outcome =
  | { readonly _tag: 'Passed' }
  | { readonly _tag: 'Gap'; readonly reason: string }
  | { readonly _tag: 'NotClaimed'; readonly reason: string }
  /** The budget leaves it out. */
  | { readonly _tag: 'NotRun'; readonly reason: string }

/** One test, for any runner. */
export interface ConformanceTest {
  readonly title: string
  readonly requirement: Requirement
  /** Rejects if the store violates the requirement, or keeps one that is listed as a gap. */
  readonly run: () => Promise<Outcome>
}

/** Thrown if the list of known gaps does not match the suite or the store. */
export class GapListWrong extends Error {
  override readonly name = 'GapListWrong'
}

const checkGaps = (gaps: ReadonlyArray<KnownGap>): void => {
  for (const [index, { key, reason, seen }] of gaps.entries()) {
    if (!requirements.some((one) => one.key === key))
      throw new GapListWrong(`unknown requirement ${key} in the list of known gaps`)
    if (gaps.findIndex((one) => one.key === key) !== index) throw new GapListWrong(`${key} is listed twice`)
    if (seen.trim() === '') throw new GapListWrong(`the gap ${key} does not say what is seen`)
    if (reason.trim() === '') throw new GapListWrong(`the gap ${key} has no reason`)
  }
}

/** Rejects a budget without any cases, whose run would seem to pass. */
const checkBudget = (budget: Budget): void => {
  const { runs, seed, replay } = budget
  if (!Number.isFinite(runs) || runs <= 0) throw new RangeError('`runs` must be a number above 0')
  if (!Number.isSafeInteger(seed)) throw new RangeError('`seed` must be a whole number')
  for (const [name, milliseconds] of [
    ['timeout', timeoutOf(budget)],
    ['shrinkTime', shrinkTimeOf(budget)]
  ] as const) {
    // A longer timer would end at once.
    if (!(milliseconds > 0 && milliseconds <= longestTimer))
      throw new RangeError(`\`${name}\` must be a number of milliseconds above 0 and up to ${longestTimer}`)
  }
  if (replay !== undefined && !requirements.some((one) => one.key === replay.key))
    throw new RangeError(`unknown requirement ${replay.key} to replay`)
}

/** Opens a store, returns what `look` finds, and disposes of the store. */
const lookAt = async <A>(harness: Harness, look: (store: OpenStore) => Awaitable<A>): Promise<A> => {
  const store = await harness.open()
  try {
    return await look(store)
  } finally {
    // PO-16 tests the closing of handles.
    await Promise.resolve(store.repository.close?.()).catch(() => undefined)
    await store.dispose()
  }
}

/** Opens a store and returns its manifest. */
export const manifestOf = (harness: Harness): Promise<Manifest> =>
  lookAt(harness, ({ repository }) => repository.manifest)

/** Opens a store and returns the names of the files that the requirements on erasure search. */
export const searchedOf = (harness: Harness): Promise<ReadonlyArray<string>> =>
  lookAt(harness, async (store) => [...((await store.dump?.()) ?? [])].map(({ name }) => name))

/** Returns a test for each requirement. Throws at once if the list of known gaps or the budget is invalid. */
export const conformance = (harness: Harness, options: ConformanceOptions = {}): ReadonlyArray<ConformanceTest> => {
  const { knownGaps = [], ...given } = options
  checkGaps(knownGaps)
  const budget: Budget = { runs: 1, seed: 1, shrink: true, ...given }
  const { replay } = budget
  checkBudget(budget)
  return requirements.map((requirement) => ({
    title: `[${requirement.law}] ${requirement.sentence} (${requirement.key})`,
    requirement,
    run: async () => {
      if (budget.extent === 'quick' && requirement.extent !== 'quick' && replay?.key !== requirement.key)
        return { _tag: 'NotRun', reason: 'the quick budget leaves it out' }
      const gap = knownGaps.find((one) => one.key === requirement.key)
      const unmet: Need | undefined =
        requirement.needs.length === 0 ? undefined : await firstUnmet(harness, requirement.needs)
      if (unmet !== undefined) {
        if (gap !== undefined)
          throw new GapListWrong(`${gap.key} does not apply to this store; delete it from the list of known gaps`)
        return { _tag: 'NotClaimed', reason: reasons[unmet] }
      }
      try {
        await requirement.run(harness, budget)
      } catch (error) {
        if (gap === undefined || !(error instanceof RequirementViolated)) throw error
        const { violation } = error
        if (violation.what.includes(gap.seen)) return { _tag: 'Gap', reason: gap.reason }
        throw new RequirementViolated({ ...violation, note: `the known gap is another violation: ${gap.seen}` })
      }
      if (gap !== undefined) throw new GapListWrong(`${gap.key} passes now; delete it from the list of known gaps`)
      return { _tag: 'Passed' }
    }
  }))
}

const manifestSays = (ability: string): string => `the manifest says that the store is not ${ability}`

const reasons: Readonly<Record<Need, string>> = {
  durable: manifestSays('durable'),
  handles: manifestSays('for several handles at once'),
  processes: manifestSays('for several processes at once'),
  overlapping: manifestSays('for several calls at once on one handle'),
  check: 'the repository has no `check`',
  refuse: 'the harness has no `refuse`',
  hinder: 'the harness has no `hinder`',
  endpoint: 'the harness has no `endpoint`',
  erasure: 'the harness has no `dump`, so that erasure is not claimed',
  plain: 'the harness has no `dump` of texts as they are'
}

const meets = (store: OpenStore, need: Need): boolean => {
  const { durable, concurrent, overlapping = false } = store.repository.manifest
  switch (need) {
    case 'durable':
      return durable
    case 'handles':
    case 'processes':
      return concurrent === 'processes' || concurrent === need
    case 'overlapping':
      return overlapping
    case 'check':
      return store.repository.check !== undefined
    case 'refuse':
      return store.refuse !== undefined
    case 'hinder':
      return store.hinder !== undefined
    case 'endpoint':
      return store.endpoint !== undefined
    case 'erasure':
      return store.dump !== undefined
    case 'plain':
      return store.dump !== undefined && store.looks === undefined
  }
}

const firstUnmet = (harness: Harness, needs: ReadonlyArray<Need>): Promise<Need | undefined> =>
  lookAt(harness, (store) => needs.find((need) => !meets(store, need)))
