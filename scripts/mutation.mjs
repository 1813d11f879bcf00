/**
 * Mutation testing of core's pure part: changes its code in one small way after the other, and runs the tests on each of
 * these mutants. One that no test fails on survives: its place is printed, and what was changed there. Fails where fewer
 * than nine in ten are killed. docs/mutation.md says what the survivors are.
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
  if (found === undefined) throw new Failed(`no such file or folder: ${path}`)
  const below = relative(join(root, sources), found).split(sep)
  if (!layers.includes(below[0] ?? '')) throw new Failed(`${path} is in none of the layers: ${layers.join(', ')}`)
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
    // The copy that is mutated stands outside, where no other tool meets it, and holds no more than these tests need.
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
  // A score under the threshold is not thrown.
  return Number(process.exitCode ?? 0)
})
