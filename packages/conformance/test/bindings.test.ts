/**
 * Runs each binding with its own runner: both must have the same outcomes for a store, and write the same report.
 *
 * Slow: the whole suite runs three times, twice in a process of its own.
 */
import { execFile } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type ConformanceReport, requirements, runConformance } from '@userpoint/conformance'
import { afterAll, expect, test, vi } from 'vitest'
import { harness, options } from './bound/harness.ts'

const root = fileURLToPath(new URL('../../..', import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'userpoint-report-'))
afterAll(() => rmSync(folder, { recursive: true }))

/** Returns the output of a runner, which fails because the store does. */
const printed = (runner: string, ...args: ReadonlyArray<string>): Promise<string> =>
  new Promise((resolve, reject) => {
    // A runner within a runner must not take itself for a part of it.
    const { NODE_TEST_CONTEXT: _, VITEST: __, NODE_OPTIONS: ___, ...inherited } = process.env
    const env = { ...inherited, USERPOINT_REPORT: join(folder, runner) }
    execFile(process.execPath, args, { cwd: root, env }, (error, stdout, stderr) =>
      error?.code === 1 ? resolve(stdout) : reject(new Error(`${runner}: ${stdout}${stderr}`, { cause: error }))
    )
  })

const reported = (runner: string): ConformanceReport =>
  JSON.parse(readFileSync(join(folder, runner, 'bound.json'), 'utf8')) as ConformanceReport

const bound = (runner: string): string => fileURLToPath(new URL(`bound/${runner}.bound.ts`, import.meta.url))

const { counts } = await runConformance(harness, options)

test('the store shows every outcome', () => {
  const { 'harness failed': ofHarness, 'not run': notRun, ...others } = counts
  expect(counts.passed + counts.failed + counts.gap + counts['not claimed'] + ofHarness).toBe(requirements.length)
  expect(Math.min(...Object.values(others))).toBeGreaterThan(0)
  expect([ofHarness, notRun]).toEqual([1, 0])
})

test('the environment variables also apply without a runner', async () => {
  vi.stubEnv('USERPOINT_RUNS', 'many')
  await expect(runConformance(harness, options)).rejects.toThrow('USERPOINT_RUNS')
  vi.unstubAllEnvs()
})

test('node:test has the same counts as the suite', { timeout: 180_000 }, async () => {
  const hooks = new URL('../../../scripts/typescript.mjs', import.meta.url).href
  const flags = ['--conditions=userpoint-source', '--import', hooks, '--test-reporter=tap']
  const tap = await printed('node-test', ...flags, bound('node-test'))
  const number = (name: string) => Number(new RegExp(`^# ${name} (\\d+)$`, 'm').exec(tap)?.[1])
  expect(number('pass')).toBe(counts.passed)
  expect(number('todo')).toBe(counts.gap)
  expect(tap).toContain('# TODO known gap: ids are compared as in a dictionary')
  expect(number('fail')).toBe(counts.failed + counts['harness failed'])
  expect(number('skipped')).toBe(counts['not claimed'])
})

test('vitest has the same counts as the suite', { timeout: 180_000 }, async () => {
  const config = fileURLToPath(new URL('bound/vitest.config.ts', import.meta.url))
  const vitest = join(root, 'node_modules/vitest/vitest.mjs')
  const json = await printed('vitest', vitest, 'run', '--config', config, '--reporter=json')
  const { numPassedTests, numFailedTests, numPendingTests } = JSON.parse(json) as Record<string, number>
  expect(numPassedTests).toBe(counts.passed)
  expect(numFailedTests).toBe(counts.failed + counts['harness failed'])
  expect(numPendingTests).toBe(counts['not claimed'] + counts.gap)
})

test('both write the same report, as JSON and as Markdown', () => {
  expect(reported('node-test')).toEqual(reported('vitest'))
  expect(reported('vitest').counts).toEqual(counts)
  const page = readFileSync(join(folder, 'vitest', 'bound.md'), 'utf8')
  for (const { key } of requirements) expect(page).toContain(`| \`${key}\` | `)
  expect(page).toContain(`${counts.passed} passed, ${counts.failed} failed, 1 gaps, `)
  expect(page).toContain('`open.hinder` failed: there is no lock')
})
