/** The size of core's main entry: the rest of core has entries of its own. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'

const mostNames = 60
const mainEntry = 'packages/core/src/index.ts'

/** Returns the names that a module of re-exports exports. */
const namesOf = (/** @type {string} */ text) =>
  [...text.replace(/\/\*[^]*?\*\//g, '').matchAll(/export (?:type )?\{([^}]*)\}/g)].flatMap(([, list = '']) =>
    list
      .split(',')
      .map((name) => name.trim())
      .filter((name) => name !== '')
  )

/** Returns the faults of core's main entry: too many names, or exports of another form, which cannot be counted. */
export const entryViolations = (/** @type {string} */ folder) => {
  const text = readFileSync(join(folder, mainEntry), 'utf8')
  const names = namesOf(text)
  const others = text.match(/^export (?!(type )?\{)/gm) ?? []
  return [
    ...(names.length > mostNames
      ? [`${mainEntry} exports ${names.length} names; at most ${mostNames} are allowed`]
      : []),
    ...(names.length === 0 || others.length > 0 ? [`${mainEntry} has exports that cannot be counted`] : [])
  ]
}
