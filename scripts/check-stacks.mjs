/**
 * Tries the packed packages as strangers use them: compilers with strict options, versions of Node, Bun, Deno, workerd, a
 * browser's bundle, Jest and Nest as they are set up by default. Each project is a folder of tests/stacks, copied to a
 * temporary folder, where npm installs the archives. Without a registry this is skipped, loudly; in the
 * workflow it fails then.
 */
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { packAll } from './archives.mjs'
import { ensureBuilt, npm } from './installation.mjs'
import { exitWith, Failed, root, run, say } from './process.mjs'

/** The largest bundles for a browser, in bytes after gzip, as docs/jobs/embed-in-a-worker.md says. */
const largestBundles = { browser: 58_000, 'browser-door': 122_000 }

const stacks = join(root, 'tests', 'stacks')

/** @type {Array<string>} */
const faults = []

/**
 * Runs a step in a project, and notes a fault if it does not end as it should.
 *
 * @param {string} project
 * @param {ReadonlyArray<string>} command
 * @param {{ says?: string, fails?: boolean }} [expected] what it prints somewhere, and whether it fails
 */
const step = async (project, [program = '', ...args], { says = '', fails = false } = {}) => {
  const local = join(project, 'node_modules', '.bin', program)
  const { code, text } = await run(program === 'npx' || program === 'node' ? program : local, args, {
    cwd: project,
    output: 'capture',
    shell: process.platform === 'win32'
  })
  const isRight = (code === 0) !== fails && text.includes(says)
  const name = [program, ...args].join(' ')
  say(`  ${isRight ? 'passed' : 'FAILED'} ${name}`)
  if (!isRight) faults.push(`${name} ended with ${code}:\n${text}`)
}

/** Copies a project, and installs the archives of these packages in it. */
const prepare = async (
  /** @type {string} */ place,
  /** @type {string} */ name,
  /** @type {ReadonlyArray<string>} */ archives
) => {
  const project = join(place, name)
  cpSync(join(stacks, name), project, { recursive: true })
  if (name === 'modules') cpSync(join(root, 'examples', 'embed-in-a-worker.ts'), join(project, 'embed-in-a-worker.ts'))
  if (name === 'commonjs') {
    cpSync(join(root, 'examples', 'nest'), join(project, 'nest'), { recursive: true })
    mkdirSync(join(project, 'program'))
    for (const file of ['program.ts', 'run.ts', 'csv.ts'])
      cpSync(join(stacks, 'modules', file), join(project, 'program', file))
  }
  await npm(['install', '--no-audit', '--no-fund', ...archives], { cwd: project, output: 'capture' })
  return project
}

const said = '1 person is left'
const csvSaid = '1 applied, 1 rejected'

/** Programs that are ES modules: compilers, runtimes, bundles, and the lint rule that finds a forgotten `await`. */
const tryModules = async (/** @type {string} */ project) => {
  await step(project, ['tsc', '-p', '.'])
  const bundler = ['--module', 'esnext', '--moduleResolution', 'bundler', '--outDir', 'out/bundler']
  await step(project, ['tsc', '-p', '.', ...bundler])
  await step(project, ['node', 'node_modules/typescript-5/bin/tsc', '-p', '.'])
  for (const runtime of [['node'], ['npx', '-y', 'node@22'], ['npx', '-y', 'node@24'], ['bun']]) {
    await step(project, [...runtime, 'out/nodenext/run.js'], { says: said })
    await step(project, [...runtime, 'out/nodenext/csv.js'], { says: csvSaid })
  }
  await step(project, ['deno', 'run', '--allow-env', '--allow-read', '--allow-write', 'out/nodenext/run.js'], {
    says: said
  })
  const bundle = ['--bundle', '--minify', '--format=esm', '--platform=browser', '--log-level=error']
  await step(project, ['esbuild', 'out/nodenext/worker.js', ...bundle, '--outfile=out/worker.mjs'])
  await step(project, ['workerd', 'test', 'worker.capnp'], { says: `${said}\nPUT 200, GET 200, DELETE 200, GET 404` })
  // CSV is read with streams of Node, which a worker has under another name.
  const forServer = [...bundle, '--alias:stream=node:stream', '--external:node:*']
  await step(project, ['esbuild', 'out/nodenext/worker-server.js', ...forServer, '--outfile=out/worker-server.mjs'])
  await step(project, ['workerd', 'test', 'worker-server.capnp'], { says: 'PENDING, then SUCCEEDED' })
  for (const [name, largest] of Object.entries(largestBundles)) {
    await step(project, ['esbuild', `out/nodenext/${name}.js`, ...bundle, `--outfile=out/${name}.mjs`])
    const size = gzipSync(readFileSync(join(project, 'out', `${name}.mjs`)), { level: 9 }).length
    say(`  ${name}.ts has ${size} bytes after gzip`)
    if (size > largest) faults.push(`${name}.ts has ${size} bytes after gzip; ${largest} are promised`)
  }
  await step(project, ['eslint', 'forgotten-await.ts'], { fails: true, says: 'no-floating-promises' })
}

/** Programs and tests that are CommonJS. */
const tryCommonJs = async (/** @type {string} */ project) => {
  await step(project, ['tsc', '-p', '.'])
  await step(project, ['node', 'out/run.js'], { says: said })
  await step(project, ['node', 'out/csv.js'], { says: csvSaid })
  await step(project, ['jest'], { says: '1 passed' })
  await step(project, ['jest', '-c', 'jest-nest.config.js'], { says: '2 passed' })
}

exitWith(async () => {
  const reached = await npm(['ping'], { output: 'capture' }).then(
    () => true,
    () => false
  )
  if (!reached) {
    const message = 'SKIPPED: the registry of npm cannot be reached, so no stack is tried'
    if (process.env.GITHUB_ACTIONS) throw new Failed(message)
    say(message)
    return
  }
  await ensureBuilt()
  const place = mkdtempSync(join(tmpdir(), 'userpoint-stacks-'))
  try {
    const packed = join(place, 'archives')
    mkdirSync(packed)
    const { archives } = await packAll(packed)
    const used = archives.filter((path) =>
      /userpoint(-core|-adapter-memory|-conformance|-settings|-http)?-\d/.test(path)
    )
    await tryModules(await prepare(place, 'modules', used))
    await tryCommonJs(await prepare(place, 'commonjs', used))
    if (faults.length > 0) throw new Failed(faults.join('\n'))
    process.stdout.write('the packed packages work in every stack\n')
  } finally {
    rmSync(place, { recursive: true, force: true })
  }
})
