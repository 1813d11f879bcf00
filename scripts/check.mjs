/**
 * Runs the checks of the project one after the other, and goes on after a failure.
 *
 * Usage: node scripts/check.mjs [name…]   without names: every check but the tests
 *        node scripts/check.mjs all       every check, tests included, as continuous integration does
 */
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { ensureBuilt, ensureInstalled, npm, tsc } from './installation.mjs'
import { exitWith, Failed, mustRun, root, say } from './process.mjs'

const node = async (/** @type {ReadonlyArray<string>} */ args) => mustRun(process.execPath, args, { output: 'capture' })
const tool = (/** @type {string} */ path) => join(root, 'node_modules', path)
const script = (/** @type {string} */ name) => join(root, 'scripts', name)

/** @type {Record<string, () => Promise<unknown>>} */
const checks = {
  // Before the build: in a fresh clone the tests must not need it.
  test: () => npm(['test']),
  // Ten times the malformed requests that the tests send, 100,000.
  fuzz: () =>
    mustRun(process.execPath, [tool('vitest/vitest.mjs'), 'run', 'packages/http/test/fuzz.test.ts'], {
      output: 'capture',
      env: { USERPOINT_RUNS: '10' }
    }),
  build: () => ensureBuilt({ always: true }),
  format: () => node([tool('@biomejs/biome/bin/biome'), 'ci', '--max-diagnostics=200', '--colors=off']),
  lint: () => node([tool('oxlint/bin/oxlint')]),
  types: () => node([tsc(), '-p', 'tsconfig.check.json', '--pretty', 'false']),
  architecture: () => node([script('check-architecture.mjs')]),
  unused: () => node([tool('knip/bin/knip.js'), '--no-progress']),
  docs: () => node([script('check-docs.mjs')]),
  docstrings: () => node([tool('typedoc/bin/typedoc')]),
  catches: () =>
    node([
      '--conditions=userpoint-source',
      '--import',
      pathToFileURL(script('typescript.mjs')).href,
      'packages/conformance/test/catches.ts'
    ]),
  citations: () => node([script('check-citations.mjs')]),
  prose: () => node([script('check-prose.mjs')]),
  packages: () => node([script('check-packages.mjs')])
}

const wanted = (/** @type {ReadonlyArray<string>} */ names) => {
  if (names.includes('all')) return Object.keys(checks)
  return names.length > 0 ? names : Object.keys(checks).filter((name) => name !== 'test')
}

/** Runs one check and says how it went. */
const passes = async (/** @type {string} */ name, /** @type {() => Promise<unknown>} */ check) => {
  const startedAt = performance.now()
  const time = () => `${((performance.now() - startedAt) / 1000).toFixed(1)} s`
  try {
    await check()
    say(`passed  ${name} (${time()})`)
    return true
  } catch (error) {
    say(error instanceof Error ? error.message.trimEnd() : String(error))
    say(`FAILED  ${name} (${time()})`)
    return false
  }
}

exitWith(async () => {
  const names = wanted(process.argv.slice(2))
  const unknown = names.filter((name) => !Object.hasOwn(checks, name))
  if (unknown.length > 0)
    throw new Failed(`no such check: ${unknown.join(', ')}; there are: ${Object.keys(checks).join(', ')}`)
  let passed = 0
  let failed = 0
  // Without the dependencies no check can tell anything.
  if (await passes('install', ensureInstalled)) {
    passed += 1
    for (const name of names) {
      if (await passes(name, checks[name] ?? (async () => {}))) passed += 1
      else failed += 1
    }
  } else {
    failed += 1
  }
  process.stdout.write(`${passed} passed, ${failed} failed\n`)
  return failed === 0 ? 0 : 1
})
