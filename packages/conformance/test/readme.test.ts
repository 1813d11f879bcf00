import { readFileSync } from 'node:fs'
import { requirements } from '@userpoint/conformance'
import { expect, test } from 'vitest'
import { brokenStores } from './broken/index.ts'

const rows = requirements.map(({ key, sentence, needs }) => {
  const caught = brokenStores.filter((one) => one.breaks === key).map((one) => one.name)
  return `| \`${key}\` | ${sentence} | ${needs.join(', ')} | ${caught.join(', ')} |`
})

test('the table of requirements is in step with the suite', () => {
  const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8')
  const found = readme.split('\n').filter((line) => /^\| `(?:PO-|harness)/.test(line))
  expect(found).toEqual(rows)
})
