// Slow: the whole suite runs on a made adapter, in a process of its own.
import { execFile } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, describe, expect, test } from 'vitest'
import { CannotCreate, createAdapter, versionOf } from '../src/create-adapter.ts'

const own = fileURLToPath(new URL('..', import.meta.url))
const place = mkdtempSync(join(tmpdir(), 'userpoint-create-'))
afterAll(() => rmSync(place, { recursive: true }))

/** Makes an adapter with the workspace's packages. */
const made = (name: string): string => {
  const folder = createAdapter(join(place, name))
  symlinkSync(join(own, 'node_modules'), join(folder, 'node_modules'), 'dir')
  return folder
}

interface Counts {
  readonly numPassedTests: number
  readonly numFailedTests: number
  readonly numPendingTests: number
}

interface Ran extends Counts {
  readonly code: number
  readonly messages: ReadonlyArray<string>
}

/** Runs the suite of a made adapter. */
const suiteOf = (folder: string): Promise<Ran> =>
  new Promise((resolve, reject) => {
    const { NODE_TEST_CONTEXT: _, VITEST: __, NODE_OPTIONS: ___, ...inherited } = process.env
    const env = { ...inherited, USERPOINT_RUNS: '0.05', USERPOINT_REPORT: join(folder, 'reports') }
    const vitest = join(own, 'node_modules/vitest/vitest.mjs')
    const config = join(own, 'test/made.vitest.config.ts')
    const args = [vitest, 'run', '--root', folder, '--config', config, '--reporter=json']
    execFile(process.execPath, args, { cwd: folder, env, maxBuffer: 2 ** 28 }, (error, stdout, stderr) => {
      try {
        const found = JSON.parse(stdout) as Counts & {
          readonly testResults: ReadonlyArray<{
            readonly assertionResults: ReadonlyArray<{ readonly failureMessages?: ReadonlyArray<string> }>
          }>
        }
        const messages = found.testResults.flatMap(({ assertionResults }) =>
          assertionResults.flatMap(({ failureMessages = [] }) => failureMessages)
        )
        resolve({ ...found, code: error === null ? 0 : Number(error.code), messages })
      } catch (cause) {
        reject(new Error(`${stdout}${stderr}`, { cause }))
      }
    })
  })

/** The reference store, which replaces what the author writes. */
const memoryStore = `
import { createMemoryRepository, createMemoryStore, type MemoryStore } from '@userpoint/adapter-memory'

const stores = new Map<string, MemoryStore>()

export const openRepository = (place: string) => {
  const store = stores.get(place) ?? createMemoryStore()
  stores.set(place, store)
  return createMemoryRepository(store)
}
`

describe('a made adapter', { timeout: 240_000 }, () => {
  test('fails its suite, and each failure is one of the store', async () => {
    const { code, numPassedTests, numFailedTests, messages } = await suiteOf(made('red-store'))
    expect(code).toBe(1)
    expect(numFailedTests).toBeGreaterThan(100)
    // Only those of the harness itself do not need a store that works.
    expect(numPassedTests).toBeLessThan(5)
    // Through an engine the message of a store is not told.
    expect(messages.filter((one) => one.includes('is not written yet')).length).toBeGreaterThan(25)
    expect(messages.filter((one) => one.includes('the harness red-store failed'))).toEqual([])
  })

  test('passes it with the memory store filled in', async () => {
    const folder = made('filled-store')
    writeFileSync(join(folder, 'src/repository.ts'), memoryStore)
    const { code, numPassedTests, numFailedTests, messages } = await suiteOf(folder)
    expect(messages).toEqual([])
    expect([code, numFailedTests]).toEqual([0, 0])
    expect(numPassedTests).toBeGreaterThan(150)
    expect(readdirSync(join(folder, 'reports')).toSorted()).toEqual([
      'filled-store.badge.json',
      'filled-store.json',
      'filled-store.md'
    ])
  })
})

describe('the program', { timeout: 60_000 }, () => {
  const hooks = new URL('../../../scripts/typescript.mjs', import.meta.url).href
  const main = join(own, 'src/main.ts')
  const told = (...args: ReadonlyArray<string>): Promise<readonly [code: number, text: string]> =>
    new Promise((resolve) => {
      execFile(process.execPath, ['--import', hooks, main, ...args], (error, stdout, stderr) =>
        resolve([error === null ? 0 : Number(error.code), `${stdout}${stderr}`])
      )
    })

  test('makes an adapter, says its version, and refuses what it cannot do', async () => {
    const folder = join(place, 'from-the-program')
    expect(await told(folder)).toEqual([0, expect.stringContaining('npm test')])
    expect(readdirSync(folder)).toContain('package.json')
    expect(await told(folder)).toEqual([1, 'the folder is not empty\n'])
    expect(await told('--version')).toEqual([0, `${versionOf()}\n`])
    expect(await told('--help')).toEqual([0, expect.stringContaining('Usage')])
    for (const args of [[], ['a', 'b'], ['--unknown']]) {
      expect(await told(...args)).toEqual([2, expect.stringContaining('Usage')])
    }
  })
})

describe('creating', () => {
  test('names core and the suite in this version, and the adapter by its folder', () => {
    const folder = createAdapter(join(place, 'deep/within/some-store'))
    const read = (file: string): string => readFileSync(join(folder, file), 'utf8')
    const { version } = JSON.parse(readFileSync(join(own, 'package.json'), 'utf8')) as { readonly version: string }
    const manifest = JSON.parse(read('package.json')) as Readonly<Record<string, Readonly<Record<string, string>>>>
    expect(manifest['name']).toBe('some-store')
    expect(manifest['devDependencies']?.['@userpoint/core']).toBe(`^${version}`)
    expect(manifest['devDependencies']?.['@userpoint/conformance']).toBe(`^${version}`)
    expect(manifest['peerDependencies']?.['@userpoint/core']).toBe(`^${version}`)
    for (const file of ['README.md', 'src/repository.ts', 'test/conformance.test.ts']) {
      expect(read(file), file).toContain('some-store')
      expect(read(file), file).not.toContain('my-store')
    }
  })

  test.each(['', '.hidden', 'Upper', 'two words', 'ä', 'x'.repeat(101), 'node_modules', 'favicon.ico'])(
    'refuses the name %j',
    (name) => {
      const folder = join(place, 'names')
      mkdirSync(folder, { recursive: true })
      expect(() => createAdapter(`${folder}/${name === '' ? '%' : name}`)).toThrow(CannotCreate)
      expect(readdirSync(folder)).toEqual([])
    }
  )

  test('makes TypeScript that compiles with its own settings', async () => {
    const root = fileURLToPath(new URL('../../..', import.meta.url))
    // The workspace's packages may not be built. Their sources have settings of their own, so only what was made counts.
    const sources = ['--customConditions', 'userpoint-source']
    const args = ['-p', made('typed-store'), '--typeRoots', join(root, 'node_modules/@types'), ...sources]
    const printed = await new Promise<string>((resolve) => {
      execFile(process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), ...args], (_, stdout) =>
        resolve(stdout)
      )
    })
    expect(printed.split('\n').filter((line) => line.includes('typed-store'))).toEqual([])
  })

  test('refuses a folder that is not empty, and changes nothing in it', () => {
    const folder = join(place, 'full')
    mkdirSync(folder)
    writeFileSync(join(folder, 'package.json'), '{}')
    expect(() => createAdapter(folder)).toThrow('not empty')
    expect(readdirSync(folder)).toEqual(['package.json'])
    expect(readFileSync(join(folder, 'package.json'), 'utf8')).toBe('{}')
  })
})
