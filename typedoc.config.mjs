/** Checks that everything public has a docstring: what the entry points of the published packages export. */
import { readFileSync } from 'node:fs'
import { packageFolders } from './scripts/installation.mjs'

/** @typedef {{ private?: boolean, exports?: Record<string, string | Record<string, string>> }} Manifest */

const entryPoints = packageFolders().flatMap((folder) => {
  /** @type {Manifest} */
  const manifest = JSON.parse(readFileSync(new URL(`${folder}/package.json`, import.meta.url), 'utf8'))
  if (manifest.private) return []
  return Object.values(manifest.exports ?? {}).flatMap((entry) => {
    const source = typeof entry === 'string' ? undefined : entry['userpoint-source']
    return source === undefined ? [] : [`${folder}/${source.replace(/^\.\//, '')}`]
  })
})

export default {
  name: 'userpoint',
  entryPoints,
  tsconfig: 'tsconfig.check.json',
  emit: 'none',
  readme: 'none',
  excludeInternal: true,
  validation: { notExported: false, invalidLink: true, notDocumented: true },
  requiredToBeDocumented: ['Variable', 'Function', 'Class', 'Interface', 'TypeAlias', 'Enum', 'Namespace'],
  treatValidationWarningsAsErrors: true,
  skipErrorChecking: true
}
