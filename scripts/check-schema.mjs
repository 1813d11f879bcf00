/**
 * Checks that the JSON Schema of settings, which is published for editors, is that of the code.
 *
 * Usage: node scripts/check-schema.mjs [--write]   `--write` writes the schema anew
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { ensureBuilt } from './installation.mjs'
import { exitWith, Failed, root } from './process.mjs'

const name = 'packages/settings/userpoint.schema.json'
const path = join(root, name)

exitWith(async () => {
  await ensureBuilt()
  const { jsonSchema } = await import(pathToFileURL(join(root, 'packages/settings/dist/index.js')).href)
  const text = `${JSON.stringify(jsonSchema(), undefined, 2)}\n`
  if (process.argv.includes('--write')) writeFileSync(path, text)
  if (readFileSync(path, 'utf8').replaceAll('\r\n', '\n') !== text)
    throw new Failed(`${name} is not that of the code; the same command with --write makes it anew`)
  process.stdout.write(`${name} is that of the code\n`)
})
