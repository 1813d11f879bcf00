/**
 * Runs a job in a checkout that may be fresh: brings the pinned pnpm, installs and builds what the job needs, then runs
 * it. Needs nothing but Node and npm.
 *
 * Usage: node scripts/with-tools.mjs <job> [arguments]
 */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { buildOne, ensureBuilt, ensureDriverBuilt, ensureInstalled, pnpm, requireNode } from './installation.mjs'
import { exitWith, Failed, root, run, say } from './process.mjs'

/** Runs a script of this Node, and nothing after it. */
const runNode = async (/** @type {string} */ path, /** @type {ReadonlyArray<string>} */ args, cwd = root) => {
  if (!existsSync(path)) throw new Failed(`userpoint: ${path} is missing`)
  return (await run(process.execPath, [path, ...args], { cwd })).code
}

/** @type {Record<string, (args: ReadonlyArray<string>) => Promise<number | void>>} */
const jobs = {
  build: async ([folder]) => {
    await ensureInstalled()
    if (folder === undefined) await ensureBuilt({ always: true })
    else await buildOne(folder)
  },
  start: async (args) => {
    await ensureInstalled()
    await ensureBuilt()
    return runNode(join(root, 'scripts', 'start.mjs'), args)
  },
  test: async (args) => {
    await ensureInstalled()
    say('userpoint: running the tests')
    // pnpm passes on the dashes that end its own options.
    return runNode(join(root, 'node_modules', 'vitest', 'vitest.mjs'), ['run', ...args.filter((each) => each !== '--')])
  },
  bench: async (args) => {
    await ensureInstalled()
    await ensureDriverBuilt()
    await ensureBuilt()
    return runNode(join(root, 'benchmarks', 'bench.mjs'), args)
  },
  // Writes the next version into every manifest, and the changesets into the changelogs.
  version: async (args) => {
    await ensureInstalled()
    await pnpm(['exec', 'changeset', 'version', ...args])
    await pnpm(['exec', 'biome', 'format', '--write'])
  },
  // Publishes what npm does not have yet; with --dry-run it only shows what that would be.
  release: async (args) => {
    await ensureInstalled()
    await ensureBuilt({ always: true })
    if (args.includes('--dry-run')) await pnpm(['--recursive', 'publish', '--no-git-checks', ...args])
    else await pnpm(['exec', 'changeset', 'publish', ...args])
  },
  // npm runs scripts in the workspace's folder; the caller's paths are relative to where the caller is.
  userpoint: async (args) => {
    await ensureInstalled()
    await ensureBuilt()
    return runNode(join(root, 'packages', 'cli', 'dist', 'main.js'), args, process.env.INIT_CWD ?? process.cwd())
  }
}

exitWith(async () => {
  requireNode()
  const [name = '', ...args] = process.argv.slice(2)
  const job = Object.hasOwn(jobs, name) ? jobs[name] : undefined
  if (job === undefined)
    throw new Failed(`Usage: node scripts/with-tools.mjs ${Object.keys(jobs).join('|')} [arguments]`)
  return job(args)
})
