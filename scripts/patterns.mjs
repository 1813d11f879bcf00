/**
 * Finds the regular expressions of the packages' sources.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import ts from 'typescript'
import { packageFolders } from './installation.mjs'
import { root } from './process.mjs'

/**
 * @typedef {object} Pattern
 * @property {string} place the file and the line
 * @property {string | undefined} source `undefined`: the pattern is built at run time
 * @property {string} flags
 */

const sourcesOf = (/** @type {string} */ folder) =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => join(folder, name))

/**
 * Returns the patterns of a source text.
 *
 * @param {string} name
 * @param {string} text
 * @returns {ReadonlyArray<Pattern>}
 */
export const patternsIn = (name, text) => {
  /** @type {Array<Pattern>} */
  const found = []
  const file = ts.createSourceFile(name, text, ts.ScriptTarget.Latest)
  const visit = (/** @type {ts.Node} */ node) => {
    const place = () => `${name}:${file.getLineAndCharacterOfPosition(node.getStart(file)).line + 1}`
    if (ts.isRegularExpressionLiteral(node)) {
      const end = node.text.lastIndexOf('/')
      found.push({ place: place(), source: node.text.slice(1, end), flags: node.text.slice(end + 1) })
    }
    const isCall = ts.isNewExpression(node) || ts.isCallExpression(node)
    if (isCall && ts.isIdentifier(node.expression) && node.expression.text === 'RegExp')
      found.push({ place: place(), source: undefined, flags: '' })
    ts.forEachChild(node, visit)
  }
  visit(file)
  return found
}

/** Returns every regular expression in the sources of the packages. */
export const patternsOfPackages = () =>
  packageFolders()
    .filter((folder) => folder.startsWith('packages/'))
    .flatMap((folder) => sourcesOf(join(root, folder, 'src')))
    .flatMap((path) => patternsIn(relative(root, path), readFileSync(path, 'utf8')))
