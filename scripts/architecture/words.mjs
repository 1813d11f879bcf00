/**
 * Words that the neutral parts of core may not have, in code or in comments: a dialect is handed to them, and HTTP is a
 * package of its own.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { join, relative } from 'node:path'

const neutral = ['domain', 'command', 'decide', 'repository', 'engine']

/** @type {ReadonlyArray<{ rule: string, pattern: RegExp }>} */
const bans = [
  { rule: 'core-names-no-vendor', pattern: /insider|mediarithmics|\bvendors?\b|vendor(?=[A-Z])|idenifiers/i },
  { rule: 'core-knows-no-http', pattern: /\bhttps?\b|\bbearer\b|\bpartners?\b|rate.?limit|\bstatus code/i }
]

/**
 * Returns the uses of banned words in a workspace, as `rule file`.
 *
 * @param {string} ground
 * @returns {ReadonlyArray<string>}
 */
export const wordViolations = (ground) => {
  const source = join(ground, 'packages/core/src')
  return neutral
    .flatMap((folder) => readdirSync(join(source, folder), { recursive: true, withFileTypes: true }))
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .flatMap((path) => {
      const text = readFileSync(path, 'utf8')
      return bans.flatMap(({ rule, pattern }) => (pattern.test(text) ? [`${rule} ${relative(ground, path)}`] : []))
    })
}
