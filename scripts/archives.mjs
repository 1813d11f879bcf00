/** Archives of the packages as they would be published. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { packageFolders, pnpm } from './installation.mjs'
import { Failed, root } from './process.mjs'

/**
 * @typedef {object} Manifest
 * @property {string} name
 * @property {string} version
 * @property {boolean} [private]
 * @property {Record<string, string>} [bin]
 * @property {Record<string, unknown>} [exports]
 * @property {Record<string, string>} [peerDependencies]
 */

export const readManifest = (/** @type {string} */ folder) =>
  /** @type {Manifest} */ (JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')))

/**
 * Packs every package that is published, built before, into an empty folder.
 *
 * @param {string} place
 * @returns {Promise<{ folders: Array<string>, archives: Array<string> }>} The packages' folders, and the paths of the archives.
 */
export const packAll = async (place) => {
  const folders = packageFolders().filter((folder) => !readManifest(join(root, folder)).private)
  for (const folder of folders)
    await pnpm(['pack', '--pack-destination', place], { cwd: join(root, folder), output: 'capture' })
  const archives = readdirSync(place).map((name) => join(place, name))
  if (archives.length !== folders.length) throw new Failed(`${folders.length} packages, ${archives.length} archives`)
  return { folders, archives }
}
