/** Files of real-looking people, and what a second implementation in another language makes of them. */
import { readFileSync } from 'node:fs'
import type { Engine } from '@userpoint/core'
import { type DocumentType, encodeUserPoint } from '@userpoint/core/mediarithmics'
import { describe, expect, inject, it } from 'vitest'
import { importText, memoryStore, postgresStore, sqliteStore } from './laws/store.ts'
import { hasPeople, peopleFiles, peopleFolder } from './people-files.ts'

type Tally = { readonly applied: number; readonly no_op: number; readonly rejected: number }
interface Expected {
  readonly tally: Readonly<Record<string, Tally>>
  readonly points: ReadonlyArray<unknown>
}

interface Exported {
  readonly identifiers: ReadonlyArray<Readonly<Record<string, string>>>
  readonly profiles: ReadonlyArray<Readonly<Record<string, unknown>>>
}

/** Returns JSON text that is equal for equal values, in any order of their keys. */
const canonical = (value: unknown): string => {
  if (Array.isArray(value)) return `[${value.map(canonical).join()}]`
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  const entries = Object.entries(value).map(([key, each]) => `${JSON.stringify(key)}:${canonical(each)}`)
  return `{${entries.sort().join()}}`
}

const isSystemField = (key: string): boolean =>
  ['$compartment_id', '$user_account_id', '$creation_ts', '$last_modified_ts'].includes(key)

const identifier = ({
  type,
  compartment_id,
  user_account_id,
  hash,
  user_agent_id
}: Readonly<Record<string, string>>) => {
  if (type === 'USER_ACCOUNT') return ['A', compartment_id, user_account_id]
  return type === 'USER_EMAIL' ? ['E', hash] : ['G', user_agent_id]
}

const byText = (a: unknown, b: unknown): number => {
  const [first, second] = [canonical(a), canonical(b)]
  return first < second ? -1 : first > second ? 1 : 0
}

/** A user point in the form of the expected ones: ids and timestamps are left out, and so are device points. */
const comparable = ({ identifiers, profiles }: Exported): unknown => [
  identifiers
    .filter((each) => each['user_agent_id']?.startsWith('udp:') !== true)
    .map(identifier)
    .sort(byText),
  profiles
    .map((profile) => [
      profile['$compartment_id'],
      profile['$user_account_id'] ?? '',
      Object.fromEntries(Object.entries(profile).filter(([key]) => !isSystemField(key)))
    ])
    .sort(byText)
]

const normalised = (points: ReadonlyArray<unknown>): ReadonlyArray<string> => points.map(canonical).sort()

const pointsOf = async (engine: Engine<DocumentType>): Promise<ReadonlyArray<string>> => {
  const points: unknown[] = []
  for await (const subject of engine.userPoints()) {
    // Through text, as an export would give it.
    points.push(comparable(JSON.parse(JSON.stringify(encodeUserPoint(subject))) as Exported))
  }
  return normalised(points)
}

const stores = [
  ['memory', memoryStore],
  ['SQLite', sqliteStore],
  ['PostgreSQL', () => postgresStore(inject('postgres'))]
] as const
const runs = stores.flatMap(([name, createStore]) =>
  (name === 'PostgreSQL' ? [7, 1_000] : [1, 7, 1_000]).map((linesPerUnit) => ({ name, createStore, linesPerUnit }))
)

describe.skipIf(!hasPeople)('people (skipped where their files are not beside the checkout)', () => {
  it.each(runs)(
    'are what they should be, on $name with $linesPerUnit lines a unit',
    async ({ createStore, linesPerUnit }) => {
      const read = (name: string): string => readFileSync(new URL(name, peopleFolder), 'utf8')
      const expected = JSON.parse(read('expected.json')) as Expected
      const store = await createStore()
      try {
        const tally: Record<string, Tally> = {}
        for (const [name, type] of peopleFiles) {
          const { report } = await importText(store.engine, type, read(`${name}.ndjson`), { linesPerUnit })
          expect(report).toMatchObject({ status: 'Completed', lines: report.applied + report.noOp + report.rejected })
          tally[name] = { applied: report.applied, no_op: report.noOp, rejected: report.rejected }
        }
        expect(tally).toEqual(expected.tally)
        const points = await pointsOf(store.engine)
        expect(points).toHaveLength(expected.points.length)
        expect(points).toEqual(normalised(expected.points))
      } finally {
        await store.close()
      }
    }
  )
})
