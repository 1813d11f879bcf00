/**
 * Lints the description of the HTTP interface with Redocly and Spectral. Both are large and needed nowhere else, so npx
 * fetches the versions that the catalog pins.
 *
 * Usage: node scripts/check-openapi.mjs
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { exitWith, Failed, mustRun, root } from './process.mjs'

const catalog = readFileSync(join(root, 'pnpm-workspace.yaml'), 'utf8')

/** Returns a package with its version in the catalog. */
const pinned = (/** @type {string} */ name) => {
  const version = catalog
    .split('\n')
    .find((line) => line.startsWith(`  '${name}': `))
    ?.split(': ')[1]
  if (version === undefined) throw new Failed(`the catalog does not pin ${name}`)
  return `${name}@${version}`
}

exitWith(async () => {
  const folder = mkdtempSync(join(tmpdir(), 'userpoint-openapi-'))
  const npx = (/** @type {ReadonlyArray<string>} */ args) =>
    mustRun('npx', ['--yes', ...args], { cwd: folder, output: 'capture', shell: process.platform === 'win32' })
  try {
    await mustRun(
      process.execPath,
      [
        '--conditions=userpoint-source',
        '--import',
        pathToFileURL(join(root, 'scripts/typescript.mjs')).href,
        'packages/http/test/description.ts',
        join(folder, 'openapi.json')
      ],
      { output: 'capture' }
    )
    writeFileSync(join(folder, '.spectral.yaml'), 'extends: ["spectral:oas"]\n')
    await npx([pinned('@redocly/cli'), 'lint', 'openapi.json'])
    await npx([pinned('@stoplight/spectral-cli'), 'lint', '--fail-severity=error', 'openapi.json'])
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
})
