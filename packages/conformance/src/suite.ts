/** The suite: which requirements there are, and what becomes of each on one store. */
import type { Manifest } from '@userpoint/core/repository'
import type { Harness } from './harness.ts'
import { type Budget, type Need, type Requirement, RequirementViolated } from './requirement.ts'
import { answerRequirements } from './requirements/answers.ts'
import { commitRequirements } from './requirements/commits.ts'
import { erasureRequirements } from './requirements/erasure.ts'
import { harnessRequirements } from './requirements/harness.ts'
import { historyRequirements } from './requirements/histories.ts'
import { lifecycleRequirements } from './requirements/lifecycle.ts'
import { raceRequirements } from './requirements/races.ts'
import { scanRequirements } from './requirements/scans.ts'

const lawNumber = ({ law }: Requirement): number => (law === 'harness' ? 0 : Number(law.slice('PO-'.length)))

/** Every requirement, in the order of the laws. */
export const requirements: ReadonlyArray<Requirement> = [
  ...harnessRequirements,
  ...answerRequirements,
  ...commitRequirements,
  ...scanRequirements,
  ...raceRequirements,
  ...lifecycleRequirements,
  ...erasureRequirements,
  ...historyRequirements
].toSorted((a, b) => lawNumber(a) - lawNumber(b))

/** A requirement that a store is known not to keep. It must fail: once it holds, the gap must be taken off the list. */
export interface KnownGap {
  readonly key: string
  readonly reason: string
}

export interface ConformanceOptions extends Partial<Budget> {
  readonly knownGaps?: ReadonlyArray<KnownGap>
}

/** What became of a requirement that did not fail the run. */
export type Outcome =
  | { readonly _tag: 'Held' }
  | { readonly _tag: 'Gap'; readonly reason: string }
  | { readonly _tag: 'NotApplicable'; readonly reason: string }

/** One test, for any runner. */
export interface ConformanceTest {
  readonly title: string
  readonly requirement: Requirement
  /** Rejects where the store breaks the requirement, or keeps one that is listed as a gap. */
  readonly run: () => Promise<Outcome>
}

/** The list of known gaps and the suite, or the store, have drifted apart. */
export class GapListWrong extends Error {
  override readonly name = 'GapListWrong'
}

const checkGaps = (gaps: ReadonlyArray<KnownGap>): void => {
  for (const [index, { key, reason }] of gaps.entries()) {
    if (!requirements.some((one) => one.key === key)) throw new GapListWrong(`no requirement is called ${key}`)
    if (gaps.findIndex((one) => one.key === key) !== index) throw new GapListWrong(`${key} is listed twice`)
    if (reason.trim() === '') throw new GapListWrong(`the gap ${key} has no reason`)
  }
}

const manifestOf = async (harness: Harness): Promise<Manifest> => {
  const store = await harness.open()
  try {
    return store.repository.manifest
  } finally {
    await store.dispose()
  }
}

/** One test for each requirement; a list of known gaps that cannot be right throws at once. */
export const conformance = (harness: Harness, options: ConformanceOptions = {}): ReadonlyArray<ConformanceTest> => {
  const { knownGaps = [], runs = 1, seed = 1, replay } = options
  checkGaps(knownGaps)
  const budget: Budget = { runs, seed, ...(replay === undefined ? {} : { replay }) }
  return requirements.map((requirement) => ({
    title: `[${requirement.law}] ${requirement.sentence} (${requirement.key})`,
    requirement,
    run: async () => {
      const gap = knownGaps.find((one) => one.key === requirement.key)
      const missing: Need | undefined =
        requirement.needs.length === 0 ? undefined : await firstMissing(harness, requirement.needs)
      if (missing !== undefined) {
        if (gap !== undefined) throw new GapListWrong(`${gap.key} does not apply to this store, and is listed as a gap`)
        return { _tag: 'NotApplicable', reason: `the manifest says that the store is not ${missing}` }
      }
      try {
        await requirement.run(harness, budget)
      } catch (error) {
        if (gap === undefined || !(error instanceof RequirementViolated)) throw error
        return { _tag: 'Gap', reason: gap.reason }
      }
      if (gap !== undefined) throw new GapListWrong(`${gap.key} holds now: take it off the list of known gaps`)
      return { _tag: 'Held' }
    }
  }))
}

const firstMissing = async (harness: Harness, needs: ReadonlyArray<Need>): Promise<Need | undefined> => {
  const manifest = await manifestOf(harness)
  return needs.find((need) => !manifest[need])
}
