/**
 * Prepares a job: installs the dependencies, compiles the SQLite driver, builds the packages. A step whose result is up to
 * date is skipped in milliseconds and needs no network.
 */
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { Failed, mustRun, root, run, say } from './process.mjs'

const notes = join(root, 'node_modules', '.userpoint')
const readText = (/** @type {string} */ path) => (existsSync(path) ? readFileSync(path, 'utf8') : '')

/** The packages that lie in a folder, relative to the workspace's root. */
const packagesIn = (/** @type {string} */ parent) =>
  (existsSync(join(root, parent)) ? readdirSync(join(root, parent)) : [])
    .map((name) => `${parent}/${name}`)
    .filter((folder) => existsSync(join(root, folder, 'package.json')))

/** The folders of the workspace's packages, relative to its root. */
export const packageFolders = () => [
  ...packagesIn('packages'),
  ...['tests', 'examples', 'benchmarks'].filter((folder) => existsSync(join(root, folder, 'package.json'))),
  ...packagesIn('examples')
]

const manifest = (/** @type {string} */ folder) => JSON.parse(readText(join(root, folder, 'package.json')))

/** Stops on an unsupported version of Node, before a less readable failure. */
export const requireNode = () => {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)
  if (major < 20 || (major === 20 && minor < 19)) {
    throw new Failed(`userpoint needs Node 20.19 or newer; this is ${process.versions.node}`)
  }
}

/**
 * Runs npm, of which nothing is known but that it came with Node. npm tells its own scripts where it is; elsewhere it is
 * looked for on the path, where on Windows it is a command file.
 *
 * @param {ReadonlyArray<string>} args
 * @param {import('./process.mjs').RunOptions} [options]
 */
export const npm = async (args, options = {}) => {
  const path = process.env.npm_execpath
  const quiet = { ...options, env: { npm_config_loglevel: 'error', ...options.env } }
  if (path !== undefined && /npm-cli\.[cm]?js$/.test(path)) return mustRun(process.execPath, [path, ...args], quiet)
  const windows = process.platform === 'win32'
  return mustRun(windows ? 'npm.cmd' : 'npm', args, { ...quiet, shell: windows })
}

/**
 * Runs the pinned pnpm, which npm brings where it is not there yet.
 *
 * @param {ReadonlyArray<string>} args
 * @param {import('./process.mjs').RunOptions} [options]
 */
export const pnpm = async (args, options = {}) =>
  npm(['exec', '--yes', '--', manifest('.').packageManager, ...args], options)

/** Returns the folder of Node's headers if npm's configuration has one; without a network they cannot be downloaded. */
const headers = async () => {
  const value =
    process.env.npm_config_nodedir ?? (await npm(['config', 'get', 'nodedir'], { output: 'capture' })).trim()
  return value === '' || value === 'undefined' || value === 'null' ? {} : { npm_config_nodedir: value }
}

/** A digest of what should be installed together with what pnpm says is installed. */
const installedState = () => {
  const digest = createHash('sha256')
  for (const path of ['package.json', ...packageFolders().map((folder) => `${folder}/package.json`)]) {
    digest.update(path).update(readText(join(root, path)))
  }
  for (const path of ['pnpm-lock.yaml', 'pnpm-workspace.yaml', 'node_modules/.pnpm/lock.yaml']) {
    digest.update(path).update(readText(join(root, path)))
  }
  return digest.digest('hex')
}

const isInstalled = () =>
  readText(join(notes, 'installed')) === installedState() &&
  packageFolders().every((folder) => {
    const { dependencies = {}, devDependencies = {} } = manifest(folder)
    return [dependencies, devDependencies].every((wanted) =>
      Object.keys(wanted).every((name) => existsSync(join(root, folder, 'node_modules', name)))
    )
  })

/** Installs the versions of the lockfile, without install scripts, which may need a compiler. */
export const ensureInstalled = async () => {
  if (isInstalled()) return
  say('userpoint: installing dependencies')
  await pnpm(['install', '--frozen-lockfile', '--ignore-scripts', '--reporter=append-only', '--loglevel=info'], {
    output: 'to-stderr',
    env: { CI: 'true' }
  })
  mkdirSync(notes, { recursive: true })
  writeFileSync(join(notes, 'installed'), installedState())
}

const sqliteFolder = join(root, 'packages', 'adapter-sqlite')
const opensDatabase = "new (require('better-sqlite3'))(':memory:').close()"

const isDriverBuilt = async () =>
  (await run(process.execPath, ['-e', opensDatabase], { cwd: sqliteFolder, output: 'capture' })).code === 0

/** Builds better-sqlite3, one of the SQLite drivers that the tests run on, unless it already opens a database. */
export const ensureDriverBuilt = async () => {
  if (await isDriverBuilt()) return
  say('userpoint: building better-sqlite3 for the tests; where no prebuilt binary can be downloaded it is compiled,')
  say('           once, which takes two or three minutes')
  await pnpm(['--recursive', 'rebuild', 'better-sqlite3', '--reporter=append-only', '--loglevel=info'], {
    output: 'to-stderr',
    env: await headers()
  })
  if (!(await isDriverBuilt())) throw new Failed('better-sqlite3 was built but does not open a database')
}

/** Every file under a folder that passes, as absolute paths. */
const filesUnder = (/** @type {string} */ folder) =>
  existsSync(folder)
    ? readdirSync(folder, { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map((entry) => join(entry.parentPath, entry.name))
    : []

const builtFolders = () => packageFolders().filter((folder) => folder.startsWith('packages/'))

const builtStamp = join(notes, 'built')

const isBuilt = () => {
  if (!existsSync(builtStamp)) return false
  const builtAt = statSync(builtStamp).mtimeMs
  return builtFolders().every((folder) => {
    const sources = filesUnder(join(root, folder, 'src'))
    return (
      existsSync(join(root, folder, 'dist')) &&
      [...sources, join(root, folder, 'tsconfig.json')].every((path) => statSync(path).mtimeMs <= builtAt)
    )
  })
}

/** `tsc -b` leaves the output of sources that are gone; it must not be packed or imported. */
const dropOrphans = () => {
  for (const folder of builtFolders()) {
    const dist = join(root, folder, 'dist')
    for (const path of filesUnder(dist)) {
      const source = path.replace(dist, join(root, folder, 'src')).replace(/\.(d\.ts|js)(\.map)?$/, '.ts')
      if (/\.(ts|js|map)$/.test(path) && !existsSync(source)) rmSync(path)
    }
  }
}

/** The path of the TypeScript compiler. */
export const tsc = () =>
  join(dirname(createRequire(join(root, 'package.json')).resolve('typescript/package.json')), 'bin', 'tsc')

/**
 * Builds one package, and those that it needs.
 *
 * @param {string} folder relative to the workspace
 */
export const buildOne = async (folder) => {
  await mustRun(process.execPath, [tsc(), '-b', folder], { output: 'to-stderr' })
  dropOrphans()
}

/**
 * Builds every package, unless nothing changed since the last build.
 *
 * @param {{ always?: boolean }} [options]
 */
export const ensureBuilt = async ({ always = false } = {}) => {
  if (!always && isBuilt()) return
  say('userpoint: building the packages')
  const startedAt = new Date()
  await mustRun(process.execPath, [tsc(), '-b'], { output: 'to-stderr' })
  dropOrphans()
  mkdirSync(notes, { recursive: true })
  writeFileSync(builtStamp, '')
  // A source that was saved while the compiler ran counts as newer.
  utimesSync(builtStamp, startedAt, startedAt)
}
