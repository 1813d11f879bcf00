/**
 * The CommonJS copy of a package, in `dist/cjs`. It is built when the package is packed; the workspace itself has no use for
 * it. Why there is one: docs/adr/0024-a-commonjs-copy.md.
 */
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { tsc } from './installation.mjs'
import { Failed, root, run } from './process.mjs'

/**
 * @typedef {object} Manifest
 * @property {Record<string, unknown>} [bin]
 * @property {Record<string, string | { default?: string, import?: string }>} [exports]
 */

/**
 * Returns the entries of a package, each with the path of its module below `dist`, and whether it can be required. An
 * entry that names `import` instead of `default` cannot.
 *
 * @param {Manifest} manifest
 */
const entriesOf = ({ exports = {} }) =>
  Object.entries(exports).flatMap(([name, target]) => {
    if (typeof target === 'string') return []
    const { default: both, import: importOnly } = target
    const path = (both ?? importOnly ?? '').replace('./dist/', '')
    return [{ name, path, isRequirable: both !== undefined }]
  })

/**
 * Returns whether a package has a CommonJS copy: every library has, and no program.
 *
 * @param {Manifest} manifest
 */
export const hasCommonJs = (manifest) => manifest.bin === undefined && entriesOf(manifest).length > 0

/**
 * Returns the fields with which a library is published. `main`, `types` and `typesVersions` are for compilers that do not read
 * `exports`, as in the default project of older versions of Nest.
 *
 * @param {Manifest} manifest
 */
export const publishedEntries = (manifest) => {
  const entries = entriesOf(manifest)
  const typesOf = (/** @type {string} */ path) => `./dist/cjs/${path.replace(/\.js$/, '.d.ts')}`
  // A file that is no module, such as a schema, is published as it is.
  const files = Object.entries(manifest.exports ?? {}).filter(([, target]) => typeof target === 'string')
  const others = entries.filter(({ name, isRequirable }) => name !== '.' && isRequirable)
  return {
    main: './dist/cjs/index.js',
    types: typesOf('index.js'),
    ...(others.length > 0 && {
      typesVersions: { '*': Object.fromEntries(others.map(({ name, path }) => [name.slice(2), [typesOf(path)]])) }
    }),
    exports: Object.fromEntries([
      ...entries.map(({ name, path, isRequirable }) => [
        name,
        isRequirable ? { require: `./dist/cjs/${path}`, default: `./dist/${path}` } : `./dist/${path}`
      ]),
      ...files
    ])
  }
}

const outputOf = (/** @type {string} */ folder) => join(root, folder, 'dist', 'cjs')

/** Removes the CommonJS copy of a package. */
export const dropCommonJs = (/** @type {string} */ folder) => rmSync(outputOf(folder), { recursive: true, force: true })

/** Replaces the address of each module, which CommonJS has as a path. */
const replaceAddresses = (/** @type {string} */ output) => {
  for (const name of readdirSync(output, { recursive: true, encoding: 'utf8' })) {
    if (!name.endsWith('.js')) continue
    const text = readFileSync(join(output, name), 'utf8')
    if (!text.includes('import.meta')) continue
    const replaced = text.replaceAll('import.meta.url', "require('node:url').pathToFileURL(__filename).href")
    if (replaced.includes('import.meta')) throw new Failed(`${name} uses more of import.meta than its url`)
    writeFileSync(join(output, name), replaced)
  }
}

/**
 * Builds the CommonJS copy of a package that is built already, as are those that it imports.
 *
 * @param {string} folder relative to the workspace
 */
export const buildCommonJs = async (folder) => {
  dropCommonJs(folder)
  const output = outputOf(folder)
  const options = [
    ['--outDir', output],
    ['--module', 'commonjs'],
    ['--moduleResolution', 'bundler'],
    ['--verbatimModuleSyntax', 'false'],
    ['--composite', 'false'],
    ['--tsBuildInfoFile', 'null'],
    // The other packages as they are built: their sources belong to no program but their own.
    ['--customConditions', 'none']
  ]
  const compiled = await run(process.execPath, [tsc(), '-p', folder, '--pretty', 'false', ...options.flat()], {
    output: 'capture'
  })
  // `import.meta` is written as it stands, and replaced below.
  const faults = compiled.text.split('\n').filter((line) => line.includes('error TS') && !line.includes('error TS1343'))
  if (faults.length > 0) throw new Failed(faults.join('\n'))
  replaceAddresses(output)
  writeFileSync(join(output, 'package.json'), '{ "type": "commonjs" }\n')
}
