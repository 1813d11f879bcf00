/**
 * The vendor's own samples, read from its documents where they are at hand. They are not ours to copy, so that these tests
 * are skipped elsewhere; `vectors.test.ts` has the same with data of our own.
 */
import { existsSync, readFileSync } from 'node:fs'
import type { Engine, JsonObject, UserPoint } from '@userpoint/core'
import { type DevicePointId, parseCompartmentId, parseUserAgentId } from '@userpoint/core/command'
import { claimsOf } from '@userpoint/core/user-point'
import { encodeUserPoint, type DocumentType } from '@userpoint/core/mediarithmics'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { importText, memoryStore, sqliteStore, type TestStore } from './laws/store.ts'

const folder = new URL('../../../shared/vendor/', import.meta.url)
const isHere = existsSync(folder)

/** Returns the text between the quotes of `-d '…'` after the n-th upload of the document. */
const uploaded = (name: string, n = 0): string => {
  const text = readFileSync(new URL(name, folder), 'utf8')
  const bodies = [...text.matchAll(/executions \\\n(?:(?!-d ')[\s\S])*-d '([^']*)'/g)]
  const body = bodies[n]?.[1]
  if (body === undefined) throw new Error(`${name} has no upload ${n}`)
  return body
}

const pointDeletions = '000_a63291f916417057.txt'
const identifierDeletions = '001_063b5845e787df9a.txt'
const profiles = '003_665e4f0a6b875622.txt'

/** Objects that stand one after the other, read without the code under test. */
const objectsIn = (text: string): ReadonlyArray<Readonly<Record<string, string>>> =>
  JSON.parse(`[${text.replaceAll(/\}\s*\{/g, '},{')}]`)

const exported = async (engine: Engine<DocumentType>): Promise<ReadonlyArray<JsonObject>> => {
  const all: JsonObject[] = []
  for await (const subject of engine.userPoints()) all.push(encodeUserPoint(subject))
  return all
}

/** A user point that all these typed identifiers lead to, put into the store as it is. */
const put = async ({ repository }: TestStore, references: ReadonlyArray<Readonly<Record<string, string>>>) => {
  const createdAt = 1
  const values = (field: string) => references.flatMap((each) => each[field] ?? [])
  const agents = values('user_agent_id').flatMap((id) => parseUserAgentId(id, 'open') ?? [])
  const [device] = agents.flatMap((agent) => (agent._tag === 'DevicePoint' ? agent.id : []))
  const point: UserPoint = {
    createdAt,
    accounts: references.flatMap(({ compartment_id, user_account_id }) => {
      const compartment = parseCompartmentId(compartment_id)
      return compartment && user_account_id ? { compartment, accountId: user_account_id, createdAt } : []
    }),
    emailHashes: values('hash').map((hash) => ({ hash, createdAt })),
    devicePoints: [
      {
        id: device ?? ('udp:1' as DevicePointId),
        createdAt,
        agents: agents.flatMap((agent) => (agent._tag === 'Technical' ? { id: agent.id, createdAt } : []))
      }
    ],
    named: [],
    profiles: [],
    segments: [],
    scenarios: [],
    choices: [],
    mergedAt: [],
    formerIds: []
  }
  await repository.commit([
    {
      kind: 'user_point',
      id: values('user_point_id')[0] ?? 'p1',
      expected: 0,
      body: point,
      claim: claimsOf(point),
      release: []
    }
  ])
}

const stores: ReadonlyArray<readonly [string, () => TestStore]> = [
  ['memory', memoryStore],
  ['SQLite', sqliteStore]
]

describe.skipIf(!isHere)("the vendor's samples (skipped where its documents are not beside the checkout)", () => {
  describe.each(stores)('%s', (_name, createStore) => {
    let store: TestStore
    beforeEach(() => {
      store = createStore()
    })
    afterEach(() => store.close())

    it('vector 4: the identifiers deletion as printed is three commands, and all are understood', async () => {
      const text = uploaded(identifierDeletions)
      const unknown = await importText(store.engine, 'USER_IDENTIFIERS_DELETION', text)
      expect(unknown.report).toMatchObject({ status: 'Completed', lines: 3, noOp: 3, warned: 0 })
      await put(store, objectsIn(text))
      const known = await importText(store.engine, 'USER_IDENTIFIERS_DELETION', text)
      expect(known.report).toMatchObject({ status: 'Completed', lines: 3, applied: 3 })
      expect(await exported(store.engine)).toMatchObject([{ identifiers: [{ user_agent_id: 'udp:1' }], profiles: [] }])
    })

    it('vector 5: with a udp: line the job is rejected, and nothing changed', async () => {
      const text = uploaded(identifierDeletions)
      await put(store, objectsIn(text))
      const before = await exported(store.engine)
      const device = JSON.stringify(
        objectsIn(uploaded(pointDeletions)).find((each) => each['user_agent_id']?.startsWith('udp:'))
      )
      for (const [i, document] of [`${device}\n${text}`, text + device].entries()) {
        const { report } = await importText(store.engine, 'USER_IDENTIFIERS_DELETION', document)
        expect(report).toMatchObject({ status: 'JobRejected', lines: 4, jobRejection: { indices: [i * 3] } })
        expect(await exported(store.engine)).toEqual(before)
      }
    })

    it('vector 6: the points deletion as printed deletes the user point once, and the store is empty', async () => {
      const text = uploaded(pointDeletions)
      expect(objectsIn(text)).toHaveLength(5)
      await put(store, objectsIn(text))
      expect(await exported(store.engine)).toHaveLength(1)
      const { verdicts, report } = await importText(store.engine, 'USER_POINTS_DELETION', text)
      expect(verdicts.map(({ verdict }) => verdict._tag)).toEqual(['Applied', 'NoOp', 'NoOp', 'NoOp', 'NoOp'])
      expect(report).toMatchObject({ status: 'Completed', applied: 1, noOp: 4, warned: 0 })
      expect(await exported(store.engine)).toEqual([])
    })

    it('vector 1: the profile merge, its JSON repaired, gives just what is printed', async () => {
      const text = readFileSync(new URL(profiles, folder), 'utf8')
      /** The object that follows a heading, with commas where they are missing and without the comments. */
      const repaired = (source: string): Record<string, unknown> =>
        JSON.parse(source.replaceAll(/#.*$/gm, '').replaceAll(/(["\]}])([ \t]*\n\s*")/g, '$1,$2'))
      const under = (heading: string): Record<string, unknown> => {
        const [, body] = text.split(heading)
        return repaired((body ?? '').slice(0, (body ?? '').indexOf('\n}\n') + 2))
      }
      const command = repaired(uploaded(profiles, 1))
      const first = { ...command, force_replace: true, merge_objects: null, user_profile: under('# Stored profile:\n') }
      // The account is a placeholder in the document; its compartment is no number.
      const lines = [first, command].map((line) => JSON.stringify({ ...line, compartment_id: '1' })).join('\n')
      const { report } = await importText(store.engine, 'USER_PROFILE', lines)
      expect(report).toMatchObject({ lines: 2, applied: 2 })
      const [profile] = (await exported(store.engine)).flatMap(
        (point) => point['profiles'] as ReadonlyArray<JsonObject>
      )
      const properties = Object.entries(profile ?? {}).filter(([key]) => !key.startsWith('$'))
      const printed = under('# New saved profile:\n')
      expect(Object.keys(printed)).toHaveLength(6)
      expect(Object.fromEntries(properties)).toEqual(printed)
    })
  })
})
