/** Common code of the bindings to test runners: environment variables, titles, and the report. */
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { env } from 'node:process'
import { budgetFrom } from './environment.ts'
import type { Harness } from './harness.ts'
import { badgeOf, markdownOf, type RequirementResult, reportOf, resultOf } from './report.ts'
import { longestTimer, timeoutOf } from './requirement.ts'
import { type ConformanceOptions, conformance, type Outcome } from './suite.ts'

/** A suite for a test runner. */
export interface BoundSuite {
  readonly title: string
  readonly tests: ReadonlyArray<{
    readonly title: string
    /** In milliseconds. */
    readonly timeout: number
    readonly run: () => Promise<Outcome>
  }>
  /** Call it after the last test: writes the report if `USERPOINT_REPORT` names a folder. */
  readonly finish: () => Promise<void>
}

/** The time in which a requirement whose time is up gives back its stores, in milliseconds. */
const longestEnd = 15_000

export const bind = (harness: Harness, options: ConformanceOptions): BoundSuite => {
  const whole = { ...options, ...budgetFrom(env) }
  const results: Array<RequirementResult> = []
  return {
    title: `${harness.name} conforms`,
    tests: conformance(harness, whole).map((test) => ({
      title: test.title,
      // The suite ends a requirement itself, and then says what it knows.
      timeout: Math.min(longestTimer, timeoutOf(whole) + longestEnd),
      run: async () => {
        const run = test.run()
        results.push(await resultOf(test, run))
        return await run
      }
    })),
    finish: async () => {
      const folder = env['USERPOINT_REPORT']
      if (folder === undefined || folder === '') return
      const report = await reportOf(harness, whole, results)
      const file = join(folder, harness.name.replaceAll(/[^A-Za-z0-9]+/g, '-'))
      await mkdir(folder, { recursive: true })
      await writeFile(`${file}.json`, `${JSON.stringify(report, null, 2)}\n`)
      await writeFile(`${file}.md`, markdownOf(report))
      await writeFile(`${file}.badge.json`, `${JSON.stringify(badgeOf(report))}\n`)
    }
  }
}
