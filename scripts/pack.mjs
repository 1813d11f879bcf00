/**
 * Prepares a package's documents for its archive, in which no link leads to a neighbouring folder. pnpm runs this in the
 * package's folder before and after it packs.
 *
 * - `before` makes the links of README.md absolute, copies the documents that ship with the package, and builds its CommonJS
 *   copy.
 * - `after` restores README.md, and removes the copies.
 *
 * Usage: node ../../scripts/pack.mjs before|after
 */
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { basename, dirname, join, posix, relative, resolve, sep } from 'node:path'
import { buildCommonJs, dropCommonJs, hasCommonJs } from './commonjs.mjs'
import { exitWith, Failed, root } from './process.mjs'

/** The documents that ship with a package, by its folder. */
const shipped = /** @type {Readonly<Record<string, ReadonlyArray<string>>>} */ ({
  'packages/conformance': ['docs/writing-an-adapter.md']
})

const slashed = (/** @type {string} */ path) => path.split(sep).join('/')

/** The address of the repository's page. */
const page = () => {
  const { repository } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
  return repository.url.replace(/^git\+|\.git$/g, '')
}

/**
 * Returns a document whose relative links are absolute ones to the repository's main branch.
 *
 * @param {string} file relative to the workspace
 */
const withAbsoluteLinks = (file) => {
  const absolute = (/** @type {string} */ target) => {
    if (target.startsWith('#') || /^[a-z][a-z+.-]*:/i.test(target)) return target
    const [path = '', anchor] = target.split('#')
    const to = posix.join(posix.dirname(file), path)
    if (!existsSync(join(root, to))) throw new Failed(`${file}: ${target} leads nowhere`)
    const kind = statSync(join(root, to)).isDirectory() ? 'tree' : 'blob'
    return `${page()}/${kind}/main/${to}${anchor === undefined ? '' : `#${anchor}`}`
  }
  return readFileSync(join(root, file), 'utf8').replace(
    /(\]\()([^)\s]+)(\))/g,
    (_, open, target, close) => open + absolute(target) + close
  )
}

exitWith(async () => {
  const folder = slashed(relative(root, resolve('.')))
  const readme = join(root, folder, 'README.md')
  const saved = join(root, 'node_modules', '.userpoint', 'packing', folder, 'README.md')
  const copies = (shipped[folder] ?? []).map((file) => ({ file, copy: join(root, folder, basename(file)) }))

  /** Undoes `before`, also that of a run that was killed. */
  const restore = () => {
    if (existsSync(saved)) renameSync(saved, readme)
    for (const { copy } of copies) rmSync(copy, { force: true })
    dropCommonJs(folder)
  }

  const [moment] = process.argv.slice(2)
  if (moment !== 'before' && moment !== 'after') throw new Failed('Usage: node ../../scripts/pack.mjs before|after')
  restore()
  if (moment === 'after') return
  const text = withAbsoluteLinks(`${folder}/README.md`)
  mkdirSync(dirname(saved), { recursive: true })
  renameSync(readme, saved)
  writeFileSync(readme, text)
  for (const { file, copy } of copies) writeFileSync(copy, withAbsoluteLinks(file))
  if (hasCommonJs(JSON.parse(readFileSync(join(root, folder, 'package.json'), 'utf8')))) await buildCommonJs(folder)
})
