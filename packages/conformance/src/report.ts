/** The report on a store: the outcome of each requirement, as data and as Markdown. */
import type { Manifest } from '@userpoint/core/repository'
import { budgetFrom } from './environment.ts'
import type { Harness } from './harness.ts'
import { HarnessFailed } from './requirement.ts'
import {
  type ConformanceOptions,
  type ConformanceTest,
  conformance,
  manifestOf,
  type Outcome,
  requirements,
  searchedOf
} from './suite.ts'

export interface RequirementResult {
  readonly key: string
  readonly law: string
  readonly sentence: string
  /** `harness failed`: nothing can be said of the store. */
  readonly outcome: 'passed' | 'failed' | 'gap' | 'not claimed' | 'not run' | 'harness failed'
  /** The reason of a gap or an unclaimed requirement; or the message of a failure, with the seed and path that repeat it. */
  readonly reason?: string
}

/** A report as JSON; `results` has every requirement that was run. */
export interface ConformanceReport {
  readonly harness: string
  readonly manifest: Manifest
  /** The files that were searched for deleted data; none: the store does not claim erasure. */
  readonly searched: ReadonlyArray<string>
  readonly runs: number
  readonly seed: number
  readonly counts: Readonly<Record<RequirementResult['outcome'], number>>
  readonly results: ReadonlyArray<RequirementResult>
}

const outcomes: Readonly<Record<Outcome['_tag'], RequirementResult['outcome']>> = {
  Passed: 'passed',
  Gap: 'gap',
  NotClaimed: 'not claimed',
  NotRun: 'not run'
}

/** Returns the outcome of one test; never rejects. */
export const resultOf = async (
  { requirement: { key, law, sentence } }: ConformanceTest,
  run: Promise<Outcome>
): Promise<RequirementResult> => {
  const about = { key, law, sentence }
  try {
    const outcome = await run
    const reason = outcome._tag === 'Passed' ? {} : { reason: outcome.reason }
    return { ...about, outcome: outcomes[outcome._tag], ...reason }
  } catch (error) {
    const outcome = error instanceof HarnessFailed ? 'harness failed' : 'failed'
    return { ...about, outcome, reason: error instanceof Error ? error.message : String(error) }
  }
}

/** Returns a report of the results. */
export const reportOf = async (
  harness: Harness,
  { runs = 1, seed = 1 }: ConformanceOptions,
  results: ReadonlyArray<RequirementResult>
): Promise<ConformanceReport> => {
  const count = (outcome: RequirementResult['outcome']) => results.filter((one) => one.outcome === outcome).length
  return {
    harness: harness.name,
    manifest: await manifestOf(harness),
    searched: await searchedOf(harness),
    runs,
    seed,
    counts: {
      passed: count('passed'),
      failed: count('failed'),
      gap: count('gap'),
      'not claimed': count('not claimed'),
      'not run': count('not run'),
      'harness failed': count('harness failed')
    },
    results
  }
}

/** Returns the budget of the environment; a browser has no environment. */
const givenBudget = (): ConformanceOptions => {
  const { process } = globalThis as { readonly process?: { readonly env?: Record<string, string | undefined> } }
  return budgetFrom(process?.env ?? {})
}

/**
 * Runs the whole suite without a test runner. `USERPOINT_RUNS` and `USERPOINT_SEED` apply, as for the bindings.
 *
 * @returns The outcome of each requirement; a violation is a result, not a rejection. Rejects only if the list of known gaps
 *   or the budget is invalid, or if the harness cannot open a store.
 */
export const runConformance = async (
  harness: Harness,
  options: ConformanceOptions = {}
): Promise<ConformanceReport> => {
  const whole = { ...options, ...givenBudget() }
  const results: Array<RequirementResult> = []
  for (const test of conformance(harness, whole)) results.push(await resultOf(test, test.run()))
  return await reportOf(harness, whole, results)
}

const cell = (text: string): string => text.split('\n', 1).join('').replaceAll('|', '\\|')

/** Returns a report as Markdown: the counts, a table of all requirements, and each failure in full. */
export const markdownOf = ({ harness, manifest, searched, runs, seed, counts, results }: ConformanceReport): string => {
  const isFailed = (outcome: RequirementResult['outcome']) => outcome === 'failed' || outcome === 'harness failed'
  const failures = results.filter((one) => isFailed(one.outcome))
  const concurrent = manifest.concurrent === false ? 'one handle at a time' : `concurrent ${manifest.concurrent}`
  const calls = manifest.overlapping === true ? ', calls overlap' : ''
  return [
    `# ${harness}`,
    '',
    `${manifest.name}: ${manifest.durable ? 'durable' : 'not durable'}, ${concurrent}${calls}. Runs ${runs}, seed ${seed}.`,
    '',
    searched.length === 0 ? 'Erasure: not claimed.' : `Erasure: searched ${searched.join(', ')}.`,
    '',
    `${counts.passed} passed, ${counts.failed} failed, ${counts.gap} gaps, ${counts['not claimed']} not claimed, ${counts['not run']} not run, ${counts['harness failed']} failures of the harness.`,
    '',
    '| requirement | sentence | outcome | reason |',
    '| --- | --- | --- | --- |',
    ...results.map(
      ({ key, sentence, outcome, reason }) =>
        `| \`${key}\` | ${cell(sentence)} | ${outcome} | ${isFailed(outcome) ? 'below' : cell(reason ?? '')} |`
    ),
    ...failures.flatMap(({ key, reason = '' }) => ['', `## ${key}`, '', '```text', reason, '```']),
    ''
  ].join('\n')
}

/** A badge, in the form that shields.io fetches from an address (`endpoint`). */
export interface ConformanceBadge {
  readonly schemaVersion: 1
  readonly label: string
  readonly message: string
  readonly color: 'brightgreen' | 'yellow' | 'red' | 'lightgrey'
}

/**
 * Returns the badge of a report, as JSON for shields.io: red with a failure, grey for a part of the suite, yellow with a gap.
 *
 * @example
 * const badge = badgeOf(await runConformance(harness))
 */
export const badgeOf = ({ counts, results }: ConformanceReport): ConformanceBadge => {
  const label = 'userpoint conformance'
  const failures = counts.failed + counts['harness failed']
  const gaps = counts.gap === 0 ? '' : `, ${counts.gap} ${counts.gap === 1 ? 'gap' : 'gaps'}`
  const passed = `${counts.passed} passed${gaps}`
  if (failures > 0) return { schemaVersion: 1, label, message: `${failures} of ${results.length} failed`, color: 'red' }
  const missing = requirements.length - results.length + counts['not run']
  if (missing > 0) return { schemaVersion: 1, label, message: `${passed}, ${missing} not run`, color: 'lightgrey' }
  return { schemaVersion: 1, label, message: passed, color: counts.gap > 0 ? 'yellow' : 'brightgreen' }
}
