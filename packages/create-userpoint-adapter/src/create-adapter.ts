/** Makes the folder of a new adapter from the template. */
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { basename, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

/** Thrown if no adapter can be made there; nothing was written. */
export class CannotCreate extends Error {
  override readonly name = 'CannotCreate'
}

// npm takes these for its own folder and for a file of a browser.
const taken: ReadonlySet<string> = new Set(['node_modules', 'favicon.ico'])

const template = fileURLToPath(new URL('../template', import.meta.url))

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null

/** Returns the version of this package, which all packages of userpoint share. */
export const versionOf = (): string => {
  const manifest: unknown = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'))
  if (!isRecord(manifest) || typeof manifest['version'] !== 'string')
    throw new CannotCreate('this package has no version')
  return manifest['version']
}

/** Returns the range of the packages that belong to this one. */
const range = (): string => `^${versionOf()}`

/** Core and the suite have one range, since a version of the suite tests the port of the same version of core. */
const manifestOf = (name: string): object => ({
  name,
  version: '0.0.0',
  type: 'module',
  engines: { node: '>=20.19' },
  exports: './src/repository.ts',
  scripts: {
    test: 'vitest run',
    watch: 'USERPOINT_RUNS=quick vitest',
    report: 'USERPOINT_REPORT=reports vitest run'
  },
  peerDependencies: { '@userpoint/core': range() },
  devDependencies: {
    '@types/node': '^20.19.0',
    '@userpoint/core': range(),
    '@userpoint/conformance': range(),
    'fast-check': '^4.10.0',
    vitest: '^4.1.0'
  }
})

/**
 * Makes an adapter's skeleton, whose suite fails until it is written.
 *
 * @param folder The new folder, or an empty one. Its last part is the adapter's name.
 * @returns The folder's full path.
 * @throws {CannotCreate} The name cannot be one of a package, or the folder is not empty.
 */
export const createAdapter = (folder: string): string => {
  const path = resolve(folder)
  const name = basename(path)
  if (!/^[a-z0-9][a-z0-9._-]{0,99}$/.test(name)) {
    throw new CannotCreate('the name must begin with a-z or 0-9 and have only a-z, 0-9, ".", "_" and "-"')
  }
  if (taken.has(name)) throw new CannotCreate('no package can have this name')
  if (existsSync(path) && readdirSync(path).length > 0) throw new CannotCreate('the folder is not empty')
  mkdirSync(path, { recursive: true })
  cpSync(template, path, { recursive: true })
  writeFileSync(join(path, 'package.json'), `${JSON.stringify(manifestOf(name), undefined, 2)}\n`)
  for (const file of ['README.md', 'src/repository.ts', 'test/conformance.test.ts']) {
    const text = readFileSync(join(path, file), 'utf8')
    writeFileSync(join(path, file), text.replaceAll('my-store', name))
  }
  return path
}
