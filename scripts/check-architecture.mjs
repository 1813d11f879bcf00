/**
 * Checks the imports between modules (.dependency-cruiser.mjs) and the words of core's neutral parts (architecture/words.mjs),
 * and tests every rule: in a generated workspace each planted violation must be reported under its rule, and nothing must be
 * reported before the planting.
 */
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import rules from '../.dependency-cruiser.mjs'
import { importPlants, lintPlants, soil, wordPlants } from './architecture/plants.mjs'
import { wordViolations } from './architecture/words.mjs'
import { packageFolders } from './installation.mjs'
import { entryViolations } from './architecture/entries.mjs'
import { exitWith, Failed, mustRun, root, run } from './process.mjs'

const tool = (/** @type {string} */ path) => join(root, 'node_modules', path)
const depcruise = tool('dependency-cruiser/bin/dependency-cruise.mjs')
const oxlint = tool('oxlint/bin/oxlint')

/** Links the installed dependencies into the generated workspace; workspace packages link to the generated ones. */
const linkInstalled = (/** @type {string} */ from, /** @type {string} */ to, /** @type {string} */ ground) => {
  mkdirSync(to, { recursive: true })
  for (const name of existsSync(from) ? readdirSync(from) : []) {
    if (name === '@userpoint') {
      mkdirSync(join(to, name))
      for (const own of readdirSync(join(from, name))) symlinkSync(join(ground, 'packages', own), join(to, name, own))
    } else if (!name.startsWith('.')) {
      symlinkSync(join(from, name), join(to, name))
    }
  }
}

const write = (/** @type {string} */ ground, /** @type {Record<string, string>} */ files) => {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(ground, path)), { recursive: true })
    writeFileSync(join(ground, path), text)
  }
}

/** Generates a workspace with the structure, dependencies and configuration of this one. */
const prepareGround = () => {
  const ground = mkdtempSync(join(realpathSync(tmpdir()), 'userpoint-architecture-'))
  symlinkSync(tool('.'), join(ground, 'node_modules'))
  for (const folder of packageFolders()) {
    for (const name of ['package.json', 'tsconfig.json']) {
      const path = join(root, folder, name)
      if (existsSync(path)) write(ground, { [join(folder, name)]: readFileSync(path, 'utf8') })
    }
    linkInstalled(join(root, folder, 'node_modules'), join(ground, folder, 'node_modules'), ground)
  }
  for (const name of [
    'package.json',
    'tsconfig.base.json',
    'tsconfig.check.json',
    '.dependency-cruiser.mjs',
    '.oxlintrc.json'
  ]) {
    write(ground, { [name]: readFileSync(join(root, name), 'utf8') })
  }
  write(ground, soil)
  return ground
}

/**
 * Returns the violations of the import rules in a workspace, as `rule file`.
 *
 * @param {string} ground
 * @returns {Promise<ReadonlyArray<string>>}
 */
const importViolations = async (ground) => {
  const folders = ['packages', 'tests'].filter((folder) => existsSync(join(ground, folder)))
  const { text } = await run(
    process.execPath,
    [depcruise, ...folders, '--config', '.dependency-cruiser.mjs', '--output-type', 'json'],
    { cwd: ground, output: 'capture' }
  )
  /** @type {{ summary: { violations: ReadonlyArray<{ from: string, rule: { name: string } }> } }} */
  const report = JSON.parse(text)
  return report.summary.violations.map(({ from, rule }) => `${rule.name} ${from}`)
}

/**
 * Returns the violations of lint rules in a workspace, as `rule file`.
 *
 * @param {string} ground
 * @returns {Promise<ReadonlyArray<string>>}
 */
const lintViolations = async (ground) => {
  const { text } = await run(process.execPath, [oxlint, '--format', 'json', 'packages'], {
    cwd: ground,
    output: 'capture'
  })
  /** @type {{ diagnostics: ReadonlyArray<{ code: string, filename: string }> }} */
  const report = JSON.parse(text)
  return report.diagnostics.map(({ code, filename }) => `${code.replace(/^.*\((.*)\)$/, '$1')} ${filename}`)
}

const named = (/** @type {import('./architecture/plants.mjs').Plant} */ { rule, at }) => `${rule} ${at}`

const checkPlants = async () => {
  const ground = prepareGround()
  try {
    /** @type {Array<string>} */
    const faults = []
    for (const seen of [
      ...(await importViolations(ground)),
      ...(await lintViolations(ground)),
      ...wordViolations(ground)
    ]) {
      faults.push(`reported without a plant: ${seen}`)
    }
    for (const [plants, violations] of /** @type {const} */ ([
      [importPlants, importViolations],
      [lintPlants, lintViolations],
      [wordPlants, async (/** @type {string} */ at) => wordViolations(at)]
    ])) {
      write(ground, Object.fromEntries(plants.map(({ at, text }) => [at, text])))
      const seen = new Set(await violations(ground))
      for (const plant of plants) if (!seen.has(named(plant))) faults.push(`planted, not reported: ${named(plant)}`)
      for (const { at } of plants) rmSync(join(ground, at))
      write(ground, soil)
    }
    const planted = new Set(importPlants.map(({ rule }) => rule))
    for (const { name = '' } of rules.forbidden ?? []) {
      if (!planted.has(name)) faults.push(`no violation is planted for the rule ${name}`)
    }
    if (faults.length > 0) throw new Failed(faults.join('\n'))
    process.stdout.write(
      `${importPlants.length + lintPlants.length + wordPlants.length} planted violations, each reported by its rule\n`
    )
  } finally {
    rmSync(ground, { recursive: true, force: true })
  }
}

exitWith(async () => {
  const folders = ['packages', 'tests', 'scripts', 'examples', 'benchmarks'].filter((name) =>
    existsSync(join(root, name))
  )
  const entries = entryViolations(root)
  if (entries.length > 0) throw new Failed(entries.join('\n'))
  const words = wordViolations(root)
  if (words.length > 0) throw new Failed(`banned words (scripts/architecture/words.mjs):\n${words.join('\n')}`)
  await mustRun(process.execPath, [
    depcruise,
    ...folders,
    '--config',
    '.dependency-cruiser.mjs',
    '--output-type',
    'err-long'
  ])
  await checkPlants()
})
