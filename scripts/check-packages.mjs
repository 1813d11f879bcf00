/**
 * Checks the packages as published: packs them, checks the archives, installs them in an empty project and imports them with
 * plain Node. There an import of `fp-ts/Either`, for example, fails although TypeScript accepts it.
 */
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { packAll, readManifest } from './archives.mjs'
import { ensureBuilt, npm } from './installation.mjs'
import { exitWith, Failed, root, run } from './process.mjs'

/** @typedef {import('./archives.mjs').Manifest} Manifest */

/** The address of the repository's page. */
const page = String(JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).repository.url).replace(
  /^git\+|\.git$/g,
  ''
)

const tool = (/** @type {string} */ path) => join(root, 'node_modules', path)

/** Checks the files of an installed package. */
const contentFaults = (/** @type {string} */ folder, /** @type {Manifest} */ { name }) => {
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).map((path) => path.replaceAll('\\', '/'))
  return [
    ...['LICENSE', 'README.md'].filter((wanted) => !files.includes(wanted)).map((wanted) => `${name} lacks ${wanted}`),
    ...files
      .filter((path) => /\.[a-z]+$/.test(path))
      .filter(
        (path) =>
          !/^(dist\/.*\.js|dist\/.*\.d\.ts|(dist\/cjs\/)?package\.json|userpoint\.schema\.json|template\/.*|[A-Za-z-]+\.md)$/.test(
            path
          )
      )
      .map((path) => `${name} contains ${path}`)
  ]
}

/** Checks that the links of an installed package's documents are absolute, and that those to the repository lead somewhere. */
const linkFaults = (/** @type {string} */ folder, /** @type {Manifest} */ { name }) =>
  readdirSync(folder)
    .filter((file) => file.endsWith('.md'))
    .flatMap((file) =>
      [...readFileSync(join(folder, file), 'utf8').matchAll(/\]\(([^)#\s][^)\s]*)\)/g)].flatMap(([, target = '']) => {
        if (!/^https?:/.test(target)) return [`${name}: ${file} has the relative link ${target}`]
        const [, path = ''] = /^\/(?:blob|tree)\/main\/([^#]*)/.exec(target.replace(page, '')) ?? []
        return target.startsWith(page) && !existsSync(join(root, path))
          ? [`${name}: ${file}: ${target} leads nowhere`]
          : []
      })
    )

/** Imports and requires every entry point of a package; prints nothing when all is well. */
const useOf = (/** @type {Manifest} */ { name, exports = {} }) =>
  Object.keys(exports)
    .filter((path) => !path.endsWith('.json') && !path.includes('*'))
    .map((path) => `await use('${name}${path.slice(1)}')`)

exitWith(async () => {
  await ensureBuilt()
  const place = mkdtempSync(join(tmpdir(), 'userpoint-packages-'))
  try {
    /** @type {Array<string>} */
    const faults = []
    const { folders: packed, archives } = await packAll(place)

    for (const archive of archives) {
      for (const judge of [
        [tool('publint/src/cli.js'), 'run', archive, '--strict'],
        // vitest cannot be required, so neither can its binding.
        [tool('@arethetypeswrong/cli/dist/index.js'), archive, '--exclude-entrypoints', 'vitest', '--no-emoji']
      ]) {
        const { code, text } = await run(process.execPath, judge, { output: 'capture' })
        if (code !== 0) faults.push(text)
      }
    }

    const project = join(place, 'project')
    mkdirSync(project)
    writeFileSync(join(project, 'package.json'), '{ "private": true, "type": "module" }\n')
    const manifests = packed.map((folder) => readManifest(join(root, folder)))
    const peers = manifests
      .flatMap(({ peerDependencies = {} }) => Object.entries(peerDependencies))
      // Its archive is installed.
      .filter(([name]) => !manifests.some((one) => one.name === name))
    await npm(
      [
        'install',
        '--ignore-scripts',
        '--no-audit',
        '--no-fund',
        ...archives,
        ...peers.map(([name, range]) => `${name}@${range}`)
      ],
      { cwd: project, output: 'capture' }
    )
    for (const manifest of manifests) {
      const folder = join(project, 'node_modules', manifest.name)
      faults.push(...contentFaults(folder, manifest), ...linkFaults(folder, manifest))
      if (/"(workspace|catalog):/.test(readFileSync(join(folder, 'package.json'), 'utf8'))) {
        faults.push(`${manifest.name} depends on a version that only this workspace knows`)
      }
    }
    writeFileSync(
      join(project, 'use.mjs'),
      [
        "import { createRequire } from 'node:module'",
        'const require = createRequire(import.meta.url)',
        'const use = async (name) => {',
        '  const namesOf = (loaded) => Object.keys(loaded).filter((key) => key !== "module.exports").sort()',
        '  const [imported, required] = [namesOf(await import(name)), namesOf(require(name))]',
        '  if (String(imported) !== String(required)) throw new Error(`${name} differs when it is required`)',
        '}',
        // Its own manifest as packed: publishConfig.exports has become exports.
        ...manifests.flatMap(({ name }) => useOf(readManifest(join(project, 'node_modules', name)))),
        ''
      ].join('\n')
    )
    const used = await run(process.execPath, ['--no-warnings', 'use.mjs'], { cwd: project, output: 'capture' })
    if (used.code !== 0) faults.push(used.text)

    for (const { name, version, bin = {} } of manifests) {
      for (const path of Object.values(bin)) {
        const program = join(project, 'node_modules', name, path)
        const { code, text } = existsSync(program)
          ? await run(process.execPath, [program, '--version'], { cwd: project, output: 'capture' })
          : { code: 1, text: `${path} is not in the archive` }
        if (code !== 0 || text.trim() !== version)
          faults.push(`${name} --version, which is ${version}, ended with ${code}: ${text}`)
      }
    }
    if (faults.length > 0) throw new Failed(faults.join('\n'))
    process.stdout.write(`${archives.length} packages pack, install and run\n`)
  } finally {
    rmSync(place, { recursive: true, force: true })
  }
})
