/**
 * Mutation testing of core's pure part: makes one small change to the code at a time, and runs the tests on each of these
 * mutants. A mutant survives if every test passes; the script prints its place and change. The script fails if fewer than
 * nine in ten mutants are killed. docs/mutation.md explains the survivors.
 *
 * Usage: node scripts/mutation.mjs [place…]   without places: all of domain, command and decide, which takes an hour
 *
 * A place is a file or a folder of packages/core/src, with lines if need be: domain, domain/patch.ts, decide/view.ts:3-9
 */
import { existsSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, relative, resolve, sep } from 'node:path'
import { ensureInstalled, requireNode } from './installation.mjs'
import { exitWith, Failed, root } from './process.mjs'

const sources = 'packages/core/src'
const layers = ['domain', 'command', 'decide']

/** A place as a glob below the workspace's folder. */
const globOf = (/** @type {string} */ place) => {
  const [, path = '', lines = ''] = /^(.*?)(:\d+-\d+)?$/.exec(place) ?? []
  const found = [join(root, sources, path), resolve(root, path)].find((candidate) => existsSync(candidate))
  if (found === undefined) throw new Failed(`no such file or folder: ${path}; give a path below packages/core/src`)
  const below = relative(join(root, sources), found).split(sep)
  if (!layers.includes(below[0] ?? '')) throw new Failed(`${path} is not in one of the layers ${layers.join(', ')}`)
  return [sources, ...below, ...(found.endsWith('.ts') ? [] : ['**', '*.ts'])].join('/') + lines
}

exitWith(async () => {
  requireNode()
  const places = process.argv.slice(2)
  const mutate = (places.length > 0 ? places : layers).map(globOf)
  await ensureInstalled()
  const { Stryker } = await import('@stryker-mutator/core')
  await new Stryker({
    mutate,
    // The mutated copy is outside the workspace, hidden from other tools, and has only the files that these tests need.
    tempDirName: join(tmpdir(), 'userpoint-mutation'),
    ignorePatterns: [
      '/*',
      '!/tsconfig*.json',
      '!/packages',
      '/packages/*',
      '!/packages/core',
      '!/packages/conformance',
      'dist',
      '!/scripts',
      '/scripts/*',
      '!/scripts/mutation'
    ],
    plugins: [import.meta.resolve('@stryker-mutator/vitest-runner')],
    testRunner: 'vitest',
    vitest: { configFile: 'scripts/mutation/vitest.config.ts', related: false },
    coverageAnalysis: 'perTest',
    timeoutMS: 10_000,
    reporters: ['progress-append-only', 'clear-text', 'json'],
    clearTextReporter: { reportTests: false, logTests: false },
    jsonReporter: { fileName: 'node_modules/.userpoint/mutation.json' },
    allowConsoleColors: process.stdout.isTTY === true,
    thresholds: { high: 95, low: 90, break: 90 }
  }).runMutationTest()
  // Stryker does not throw if the score is below the threshold.
  return Number(process.exitCode ?? 0)
})
