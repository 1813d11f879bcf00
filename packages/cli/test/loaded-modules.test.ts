/** The modules that the program loads: each costs time at every start, and memory until the end. */
import { spawnSync } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { afterAll, expect, it } from 'vitest'
import { createFolder, upsert } from './program.ts'

const folder = createFolder()
afterAll(folder.remove)
folder.writeLines('people.ndjson', [upsert('hash-1')])

const program = fileURLToPath(new URL('../src/main.ts', import.meta.url))
const typescript = new URL('../../../scripts/typescript.mjs', import.meta.url).href

interface Coverage {
  readonly result: ReadonlyArray<{ readonly url: string }>
}

let runs = 0

/** Returns the paths of the modules, without those of Node, that the program loads. */
const loadedBy = (...argv: ReadonlyArray<string>): ReadonlyArray<string> => {
  const coverage = `coverage-${runs++}`
  const { status, stderr } = spawnSync(
    process.execPath,
    ['--conditions=userpoint-source', '--import', typescript, program, ...argv],
    // Node lists there every module that it has evaluated, of either kind, one file for each thread.
    { cwd: folder.path('.'), env: { ...process.env, NODE_V8_COVERAGE: folder.path(coverage) }, encoding: 'utf8' }
  )
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
  const threads = readdirSync(folder.path(coverage)).map((name) =>
    (JSON.parse(folder.read(`${coverage}/${name}`)) as Coverage).result.map(({ url }) => url)
  )
  // The other thread compiles the sources, which are published compiled.
  const own = threads.filter((urls) => urls.some((url) => url.endsWith('/packages/cli/src/main.ts'))).flat()
  return own.filter((url) => url.startsWith('file:') && url !== typescript).map((url) => fileURLToPath(url))
}

/** Returns the package that a module belongs to. */
const packageOf = (path: string): string => {
  const [, installed] = /.*\/node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(path) ?? []
  const [, own] = /\/packages\/([^/]+)\/src\//.exec(path) ?? []
  return installed ?? `@userpoint/${own}`
}

const packagesOf = (paths: ReadonlyArray<string>): ReadonlyArray<string> => [...new Set(paths.map(packageOf))].sort()

it('are those of the command line for --version', () => {
  const loaded = loadedBy('--version')
  expect(packagesOf(loaded)).toEqual(['@userpoint/cli', '@userpoint/core', 'commander'])
  expect(loaded.length).toBeLessThan(30)
})

it('are no store and no schema for the help of a command', () => {
  const loaded = loadedBy('import', '--help')
  expect(packagesOf(loaded)).toEqual([
    '@noble/hashes',
    '@userpoint/cli',
    '@userpoint/core',
    '@userpoint/settings',
    'commander',
    'fp-ts',
    'immer',
    'io-ts'
  ])
  expect(loaded.length).toBeLessThan(240)
})

it('are one store and no schema, table, bar or server for an import', () => {
  const loaded = loadedBy(
    'import',
    'people.ndjson',
    '--type',
    'USER_PROFILE',
    '--json',
    '--driver',
    '@photostructure/sqlite'
  )
  expect(packagesOf(loaded)).toEqual([
    '@noble/hashes',
    '@photostructure/sqlite',
    '@userpoint/adapter-sqlite',
    '@userpoint/cli',
    '@userpoint/core',
    '@userpoint/keys',
    '@userpoint/settings',
    'commander',
    'fp-ts',
    'immer',
    'io-ts',
    'node-gyp-build'
  ])
  expect(loaded.length).toBeLessThan(280)
})

it('include the schema for an option that it checks', () => {
  expect(packagesOf(loadedBy('import', '--arrays', 'union', '--help'))).toContain('zod')
})
