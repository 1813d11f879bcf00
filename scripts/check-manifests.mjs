/**
 * Checks that the packages' manifests agree with the root package.json, the one place for the author, the repository, the
 * license and the versions of Node; that libraries are published as modules and as CommonJS; that each package has its
 * scripts, and its entry in tsconfig.json; and that the first published version is 0.1.0.
 *
 * Usage: node scripts/check-manifests.mjs [--write]   `--write` corrects the manifests first
 */
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { hasCommonJs, publishedEntries } from './commonjs.mjs'
import { packageFolders } from './installation.mjs'
import { exitWith, Failed, root } from './process.mjs'

/** @typedef {Record<string, unknown>} Manifest */

const readJson = (/** @type {string} */ path) =>
  /** @type {Manifest} */ (JSON.parse(readFileSync(join(root, path), 'utf8')))
const print = (/** @type {unknown} */ value) => `${JSON.stringify(value, undefined, 2)}\n`

const own = readJson('package.json')
const repository = /** @type {{ type: string, url: string }} */ (own.repository)
const page = repository.url.replace(/^git\+|\.git$/g, '')
const isPublished = (/** @type {string} */ folder) => readJson(`${folder}/package.json`).private !== true

/** Returns the fields that follow from the root's manifest and the folder. */
const derived = (/** @type {string} */ folder) => {
  const up = folder
    .split('/')
    .map(() => '..')
    .join('/')
  const job = (/** @type {string} */ name, /** @type {string} */ args) =>
    `node ${up}/scripts/with-tools.mjs ${name} ${args}`
  const test = existsSync(join(root, folder, 'test'))
    ? { test: job('test', `--project ${folder.replace('packages/', '')}`) }
    : {}
  if (!isPublished(folder)) return { license: own.license, scripts: test }
  const manifest = readJson(`${folder}/package.json`)
  const { access } = /** @type {{ access?: string }} */ (manifest.publishConfig ?? {})
  return {
    ...(hasCommonJs(manifest) && { publishConfig: { access, ...publishedEntries(manifest) } }),
    license: own.license,
    author: own.author,
    homepage: `${page}/tree/main/${folder}#readme`,
    repository: { ...repository, directory: folder },
    bugs: own.bugs,
    engines: own.engines,
    scripts: {
      ...test,
      build: job('build', folder),
      prepack: `node ${up}/scripts/pack.mjs before`,
      postpack: `node ${up}/scripts/pack.mjs after`
    }
  }
}

const order = [
  'name version private description keywords license author homepage repository bugs',
  'type sideEffects engines bin files exports publishConfig scripts'
].flatMap((line) => line.split(' '))

/** Returns a package's manifest with the derived fields, in the usual order. */
const corrected = (/** @type {string} */ folder) => {
  /** @type {Manifest} */
  const manifest = { ...readJson(`${folder}/package.json`), ...derived(folder) }
  const place = (/** @type {string} */ key) => (order.includes(key) ? order.indexOf(key) : order.length)
  return Object.fromEntries(
    Object.entries(manifest)
      .filter(([key, value]) => key !== 'scripts' || Object.keys(/** @type {object} */ (value)).length > 0)
      .toSorted(([a], [b]) => place(a) - place(b))
  )
}

const difference = (/** @type {string} */ folder) => {
  const [is, shall] = [readJson(`${folder}/package.json`), corrected(folder)]
  const keys = Object.keys({ ...is, ...shall }).filter((key) => print(is[key]) !== print(shall[key]))
  if (keys.length > 0) return `differs from the root's manifest in: ${keys.join(', ')}`
  return print(is) === print(shall) ? undefined : 'has its fields in another order'
}

/** Returns what a published package lacks that cannot be derived. */
const gaps = (/** @type {string} */ folder) => {
  const { keywords, description, publishConfig } = readJson(`${folder}/package.json`)
  const { access } = /** @type {{ access?: string }} */ (publishConfig ?? {})
  return [
    ...(Array.isArray(keywords) && keywords.length >= 3 && keywords.includes('userpoint')
      ? []
      : ['needs three keywords, one of them userpoint']),
    ...(description === undefined ? ['needs a description'] : []),
    ...(access === 'public' ? [] : ['needs publishConfig.access, public'])
  ]
}

/** All packages are released together, for the first time as 0.1.0: from 0.0.0, by a changeset with a minor change. */
const versionFaults = (/** @type {ReadonlyArray<string>} */ published) => {
  const versions = [...new Set(published.map((folder) => String(readJson(`${folder}/package.json`).version)))]
  if (versions.length !== 1) return [`the packages have different versions: ${versions.join(', ')}`]
  if (versions[0] !== '0.0.0') return []
  const changesets = readdirSync(join(root, '.changeset'))
    .filter((name) => name.endsWith('.md') && name !== 'README.md')
    .map((name) => readFileSync(join(root, '.changeset', name), 'utf8').split('---')[1] ?? '')
  const changes = changesets.join('').match(/: *(major|minor|patch)/g) ?? []
  return changes.some((change) => change.endsWith('minor')) && !changes.some((change) => change.endsWith('major'))
    ? []
    : ['the changesets lead to a first version other than 0.1.0']
}

/** The text of tsconfig.json, which builds every published package. */
const buildOf = (/** @type {ReadonlyArray<string>} */ published) =>
  `{\n  "files": [],\n  "references": [\n${published.map((path) => `    { "path": "${path}" }`).join(',\n')}\n  ]\n}\n`

/** Documents outside the packages that have the repository's address. */
const documents = [
  ...readdirSync(root).filter((name) => name.endsWith('.md')),
  ...readdirSync(join(root, '.github'), { recursive: true, encoding: 'utf8' })
    .map((name) => `.github/${name.replaceAll('\\', '/')}`)
    .filter((name) => /\.(md|yml)$/.test(name))
]

const address = /https:\/\/github\.com\/[\w-]+\/userpoint\b/g
const withAddress = (/** @type {string} */ path) => readFileSync(join(root, path), 'utf8').replaceAll(address, page)

exitWith(async () => {
  const folders = packageFolders()
  const published = folders.filter(isPublished)
  if (process.argv.includes('--write')) {
    for (const folder of folders) writeFileSync(join(root, folder, 'package.json'), print(corrected(folder)))
    for (const path of documents) writeFileSync(join(root, path), withAddress(path))
    writeFileSync(join(root, 'tsconfig.json'), buildOf(published))
  }
  const faults = [
    ...folders.flatMap((folder) => difference(folder)?.replace(/^/, `${folder}/package.json `) ?? []),
    ...published.flatMap((folder) => gaps(folder).map((gap) => `${folder}/package.json ${gap}`)),
    ...versionFaults(published),
    ...documents
      .filter((path) => withAddress(path) !== readFileSync(join(root, path), 'utf8'))
      .map((path) => `${path} has another address of the repository`),
    ...(readFileSync(join(root, 'tsconfig.json'), 'utf8') === buildOf(published)
      ? []
      : ['tsconfig.json builds other packages'])
  ]
  if (faults.length > 0)
    throw new Failed(
      [...faults, '`node scripts/check-manifests.mjs --write` corrects what follows from package.json'].join('\n')
    )
  process.stdout.write(`${folders.length} manifests say the same as package.json\n`)
})
