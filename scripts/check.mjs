/**
 * Runs the checks of the project one after the other, and continues after a failure. Ends with "N passed, N failed".
 *
 * Usage: node scripts/check.mjs [name…]   without names: every check but the tests and the campaign
 *        node scripts/check.mjs all       every check, as continuous integration does
 */
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { ensureBuilt, ensureDriverBuilt, ensureInstalled, npm, tsc } from './installation.mjs'
import { exitWith, Failed, mustRun, root, say } from './process.mjs'

const tool = (/** @type {string} */ path) => join(root, 'node_modules', path)
const script = (/** @type {string} */ name) => join(root, 'scripts', name)

/** Runs a script of this Node, and shows what it printed only if it fails. */
const node = async (/** @type {ReadonlyArray<string>} */ args, /** @type {NodeJS.ProcessEnv} */ env = {}) =>
  mustRun(process.execPath, args, { output: 'capture', env })

const vitest = (/** @type {string} */ runs, /** @type {ReadonlyArray<string>} */ ...args) =>
  node([tool('vitest/vitest.mjs'), 'run', ...args], { USERPOINT_RUNS: runs })

/** @type {Record<string, () => Promise<unknown>>} */
const campaign = {
  // Every test, on every driver, with five times as many random cases as `npm test` has.
  campaign: async () => {
    await ensureDriverBuilt()
    await vitest(process.env.USERPOINT_RUNS ?? '1')
  },
  // 100,000 malformed requests.
  fuzz: () => vitest('10', 'packages/http/test/fuzz.test.ts'),
  // The packed packages in other projects: runtimes, compilers, bundlers, Jest, Nest.
  stacks: () => mustRun(process.execPath, [script('check-stacks.mjs')], { output: 'show' }),
  // Every requirement on every broken store.
  catches: () =>
    node([
      '--conditions=userpoint-source',
      '--import',
      pathToFileURL(script('typescript.mjs')).href,
      'packages/conformance/test/catches.ts'
    ]),
  // The suite on a cluster of three nodes, and imports while nodes are killed, cut off and frozen. It says if it cannot run here.
  cluster: () => npm(['run', '--silent', 'cluster'], { output: 'show' }),
  // Over 200 faults of servers, disks, processes, clocks and inputs.
  faults: () => npm(['run', '--silent', 'faults'], { output: 'show' }),
  // Writers and followers of the feed, killed 200 times on SQLite, PostgreSQL and MariaDB.
  followers: () => npm(['run', '--silent', 'followers'], { output: 'show' })
}

/**
 * Measurements of a running server. `all` leaves them out, since their bounds are seconds of the clock, which other programs on
 * the machine use up too.
 *
 * @type {Record<string, () => Promise<unknown>>}
 */
const measurements = {
  // Servers that are started and stopped over each other 50 times under load, kills included.
  rolling: () => npm(['run', '--silent', 'rolling']),
  // A server under slow, hostile, oversized and ordinary clients.
  load: () => npm(['run', '--silent', 'load']),
  // The latency law while hostile and heavy requests are at work; its table is worth reading.
  latency: () => npm(['run', '--silent', 'latency'])
}

/** @type {Record<string, () => Promise<unknown>>} */
const others = {
  build: () => ensureBuilt({ always: true }),
  format: () => node([tool('@biomejs/biome/bin/biome'), 'ci', '--max-diagnostics=200', '--colors=off']),
  lint: () => node([tool('oxlint/bin/oxlint')]),
  types: () => node([tsc(), '-p', 'tsconfig.check.json', '--pretty', 'false']),
  architecture: () => node([script('check-architecture.mjs')]),
  unused: () => node([tool('knip/bin/knip.js'), '--no-progress']),
  docs: () => node([script('check-docs.mjs')]),
  docstrings: () => node([tool('typedoc/bin/typedoc')]),
  citations: () => node([script('check-citations.mjs')]),
  prose: () => node([script('check-prose.mjs')]),
  openapi: () => node([script('check-openapi.mjs')]),
  patterns: () => node([script('check-patterns.mjs')]),
  commits: () => node([script('check-commits.mjs')]),
  manifests: () => node([script('check-manifests.mjs')]),
  schema: () => node([script('check-schema.mjs')]),
  packages: () => node([script('check-packages.mjs')])
}

/** @type {Record<string, () => Promise<unknown>>} */
const checks = {
  // Before the build: in a fresh clone the tests must not need it.
  test: () => npm(['test'], { output: 'show' }),
  ...campaign,
  ...others
}

const known = { ...checks, ...measurements }

const wanted = (/** @type {ReadonlyArray<string>} */ names) => {
  if (names.includes('all')) return Object.keys(checks)
  return names.length > 0 ? names : Object.keys(others)
}

/**
 * The last lines of what each failed check printed. They are repeated at the end, since a log may be cut in the middle.
 *
 * @type {Array<string>}
 */
const failures = []

const repeatedLines = 40

/** A signal ends the check at work, and no other one begins. */
let isStopped = false
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
  process.on(signal, () => {
    isStopped = true
  })
}

/** Runs one check and says how it went. */
const passes = async (/** @type {string} */ name, /** @type {() => Promise<unknown>} */ check) => {
  say(`running ${name}`)
  const startedAt = performance.now()
  const time = () => `${((performance.now() - startedAt) / 1000).toFixed(1)} s`
  try {
    await check()
    say(`passed  ${name} (${time()})`)
    return true
  } catch (error) {
    const message = error instanceof Error ? error.message.trimEnd() : String(error)
    say(message)
    say(`FAILED  ${name} (${time()})`)
    const printed = (error instanceof Failed && error.printed.trimEnd()) || message
    failures.push(`\nThe end of what ${name} printed:\n${printed.split('\n').slice(-repeatedLines).join('\n')}`)
    return false
  }
}

exitWith(async () => {
  const names = wanted(process.argv.slice(2))
  const unknown = names.filter((name) => !Object.hasOwn(known, name))
  if (unknown.length > 0)
    throw new Failed(`no such check: ${unknown.join(', ')}; there are: ${Object.keys(known).join(', ')}`)
  let passed = 0
  let failed = 0
  // Without the dependencies no check can tell anything.
  if (await passes('install', ensureInstalled)) {
    passed += 1
    for (const name of names) {
      if (isStopped) break
      if (await passes(name, known[name] ?? (async () => {}))) passed += 1
      else failed += 1
    }
  } else {
    failed += 1
  }
  if (names.length > 1) for (const failure of failures) say(failure)
  if (isStopped) say('stopped by a signal')
  process.stdout.write(`${passed} passed, ${failed} failed\n`)
  return failed === 0 ? 0 : 1
})
