/** The layouts that docs/postgres.md gives, as they stand there. */
import { readFileSync } from 'node:fs'

const guide = readFileSync(new URL('../../../docs/postgres.md', import.meta.url), 'utf8')

/** The first statements under a heading. */
export const firstUnder = (heading: string): string => {
  const [, text = ''] = guide.split(`\n## ${heading}\n`)
  const statements = /```sql\n(.*?)```/s.exec(text)?.[1]
  if (statements === undefined) throw new Error(`docs/postgres.md has no statements under ${heading}`)
  return statements
}

/** The tables under a heading, and the function, for another schema than `userpoint`. */
export const layoutUnder = (heading: string, schema: string): string =>
  [firstUnder(heading), firstUnder('The function')].join('\n').replaceAll('userpoint', schema)
