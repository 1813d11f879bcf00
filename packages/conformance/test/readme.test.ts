import { readFileSync } from 'node:fs'
import { requirements } from '@userpoint/conformance'
import { expect, test } from 'vitest'
import { brokenStores } from './broken/index.ts'

const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8')
const rows = readme.split('\n').flatMap((line) => {
  const [, key, sentence, needs, caught = ''] = /^\| `([^`]+)` \| (.*) \| ([a-z, ]*) \| (.*) \|$/.exec(line) ?? []
  return key === undefined ? [] : [{ key, sentence, needs, caught: caught.split(', ') }]
})

test('the table of requirements is in step with the suite', () => {
  expect(rows.map(({ key, sentence, needs }) => ({ key, sentence, needs }))).toEqual(
    requirements.map(({ key, sentence, needs }) => ({
      key,
      sentence: sentence.replaceAll('|', '\\|'),
      needs: needs.join(', ')
    }))
  )
})

test('the table lists every broken store at the requirement that must catch it', () => {
  for (const { name, breaks } of brokenStores) {
    expect(
      rows.filter(({ caught }) => caught.includes(`**${name}**`)).map(({ key }) => key),
      name
    ).toEqual([breaks])
  }
})
