/**
 * Keeps rules and tests in step. The title of a test cites the rules that it checks: `[L-07]`, `[PO-3]`, `[A-12, B-04]`.
 *
 * - Laws are the headings `L-nn` of docs/semantics/*.md; each must be cited.
 * - Duties of a store are the numbers `PO-n` in the port's docstrings; each must be cited.
 * - Rules are the rows of docs/semantics/rules.md, whose table has the columns Rule (`A-nn`, `B-nn`) and Status
 *   (`implemented`, `planned` or `out of scope`); a rule must be cited exactly if it is implemented.
 * - Every rule, law or duty that a test or a source file cites must exist.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { exitWith, Failed, mustRun, root } from './process.mjs'

const semantics = join(root, 'docs', 'semantics')
const statuses = ['implemented', 'planned', 'out of scope']

/** Returns the first group of each match of a pattern in a text. */
const matches = (/** @type {string} */ text, /** @type {RegExp} */ pattern) =>
  [...text.matchAll(pattern)].flatMap(([, group]) => (group === undefined ? [] : [group]))

const readLaws = () =>
  readdirSync(semantics)
    .filter((name) => name.endsWith('.md'))
    .flatMap((name) => matches(readFileSync(join(semantics, name), 'utf8'), /^#{1,6} \W*(L-\d+)\b/gm))

const readDuties = () => [
  ...new Set(matches(readFileSync(join(root, 'packages/core/src/repository/repository.ts'), 'utf8'), /\b(PO-\d+)\b/g))
]

/**
 * The rows of the table of rules, and their status.
 *
 * @param {Array<string>} faults
 */
const readRules = (faults) => {
  const path = join(semantics, 'rules.md')
  if (!existsSync(path)) throw new Failed('docs/semantics/rules.md is missing: the table of rules and their status')
  /** @type {Map<string, string>} */
  const rules = new Map()
  let statusColumn = -1
  for (const line of readFileSync(path, 'utf8').split('\n')) {
    const cells = line
      .trim()
      .replace(/^\||\|$/g, '')
      .split(/(?<!\\)\|/)
      .map((cell) => cell.trim())
    if (!line.trim().startsWith('|')) {
      statusColumn = -1
    } else if (cells.includes('Status')) {
      statusColumn = cells.indexOf('Status')
    } else {
      const [rule] = matches(cells[0] ?? '', /^\W*([AB]-\d+)\b/g)
      if (rule === undefined) continue
      const status = cells[statusColumn] ?? ''
      if (rules.has(rule)) faults.push(`${rule} has two rows in docs/semantics/rules.md`)
      if (!statuses.includes(status))
        faults.push(`${rule} has the status "${status}", not one of: ${statuses.join(', ')}`)
      rules.set(rule, status)
    }
  }
  return rules
}

/** Returns each id in the source files, and the file that cites it. */
const readSources = async () => {
  const paths = await mustRun('git', ['ls-files', '*.ts', '*.mjs'], { cwd: root, output: 'capture' })
  return paths
    .split('\n')
    .filter((path) => path !== '' && existsSync(join(root, path)))
    .flatMap((path) =>
      matches(readFileSync(join(root, path), 'utf8'), /\b([ABL]-\d\d|PO-\d+)\b/g).map((id) => ({ id, path }))
    )
}

/** The full titles of all tests, as vitest collects them without running any. */
const readTitles = async () => {
  const folder = join(root, 'node_modules', '.userpoint')
  const list = join(folder, 'titles.json')
  mkdirSync(folder, { recursive: true })
  rmSync(list, { force: true })
  await mustRun(process.execPath, [join(root, 'node_modules/vitest/vitest.mjs'), 'list', `--json=${list}`], {
    output: 'capture'
  })
  /** @type {ReadonlyArray<{ name: string, file: string }>} */
  const tests = JSON.parse(readFileSync(list, 'utf8'))
  return tests.map(({ name }) => name)
}

exitWith(async () => {
  if (!existsSync(semantics)) throw new Failed('docs/semantics is missing: the numbered laws and the table of rules')
  /** @type {Array<string>} */
  const faults = []
  const laws = readLaws()
  const duties = readDuties()
  const rules = readRules(faults)
  if (laws.length === 0) faults.push('docs/semantics has no heading that begins with a law, like "## L-01 …"')
  if (duties.length === 0) faults.push('the port names no duty, like PO-1')
  for (const id of laws) if (laws.indexOf(id) !== laws.lastIndexOf(id)) faults.push(`${id} is stated twice`)
  const known = new Set([...laws, ...duties, ...rules.keys()])
  /** @type {Map<string, string>} */
  const cited = new Map()
  const titles = await readTitles()
  for (const title of titles) {
    for (const citation of matches(title, /\[((?:L|PO|A|B)-\d+[^\]]*)\]/g)) {
      for (const id of matches(citation, /\b((?:L|PO|A|B)-\d+)\b/g)) cited.set(id, title)
    }
  }
  for (const id of [...laws, ...duties]) if (!cited.has(id)) faults.push(`${id} is cited by no test`)
  for (const [id, status] of rules) {
    if (status === 'implemented' && !cited.has(id)) faults.push(`${id} is marked implemented and cited by no test`)
    if (status !== 'implemented' && cited.has(id))
      faults.push(`${id} is marked ${status}, and cited by: ${cited.get(id)}`)
  }
  for (const [id, title] of cited) if (!known.has(id)) faults.push(`${id} does not exist, and is cited by: ${title}`)
  for (const { id, path } of await readSources())
    if (!known.has(id)) faults.push(`${id} does not exist, and ${path} cites it`)
  if (faults.length > 0) throw new Failed([...new Set(faults)].join('\n'))
  process.stdout.write(
    `${laws.length} laws, ${duties.length} duties, ${rules.size} rules, ${titles.length} tests: in step\n`
  )
})
