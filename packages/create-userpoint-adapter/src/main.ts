#!/usr/bin/env node
/** `npm create userpoint-adapter <folder>`. */
import { argv, stderr, stdout } from 'node:process'
import { CannotCreate, createAdapter, versionOf } from './create-adapter.ts'

const usage = 'Usage: npm create userpoint-adapter <folder>\n'

const [folder, ...others] = argv.slice(2)

if (folder === '--version') {
  stdout.write(`${versionOf()}\n`)
} else if (folder === undefined || others.length > 0 || folder.startsWith('-')) {
  const isHelp = folder === '--help' || folder === '-h'
  ;(isHelp ? stdout : stderr).write(usage)
  process.exitCode = isHelp ? 0 : 2
} else {
  try {
    const path = createAdapter(folder)
    stdout.write(
      `${path} has an adapter that is not written yet.\n\n  npm install\n  npm test   # fails, and says what is missing\n`
    )
  } catch (error) {
    if (!(error instanceof CannotCreate)) throw error
    stderr.write(`${error.message}\n`)
    process.exitCode = 1
  }
}
