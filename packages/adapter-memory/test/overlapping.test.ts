/** An import into a store whose calls overlap, while another writer writes to the same people. */
import { createEngine } from '@userpoint/core'
import { mediarithmics } from '@userpoint/core/mediarithmics'
import type { Repository } from '@userpoint/core/repository'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import {
  type AccountDocument,
  accountDocuments,
  accountLine,
  settings as counting,
  cycle,
  newStore,
  through,
  turns
} from './slow-store.ts'
import { seed, times } from '../../core/test/laws/law.ts'

const settings = () => ({ ...counting(), policies: { arrays: 'concat' } as const })

/** Returns lines that each add their own name to a list of one person. */
const linesOf = (people: ReadonlyArray<string>, writer: string): Uint8Array =>
  new TextEncoder().encode(
    people
      .map((email_hash, at) => {
        const user_profile = { lines: [`${writer}${at}`] }
        return JSON.stringify({
          operation: 'UPSERT',
          email_hash,
          force_replace: false,
          merge_objects: true,
          user_profile
        })
      })
      .join('\n')
  )

/**
 * Imports lines of these people while others come between, and gives the names that everybody's lists then have.
 *
 * @param delays How many turns of the event loop each call takes, in the order of the calls.
 * @param others Whom another writer changes before the commit of this number.
 * @param pauses How many turns it takes until each line is there; none unless given.
 */
const importBeside = async (
  people: ReadonlyArray<string>,
  linesPerUnit: number,
  delays: ReadonlyArray<number>,
  others: ReadonlyArray<string | undefined>,
  pauses: ReadonlyArray<number> = []
): Promise<{ readonly found: ReadonlyArray<string>; readonly expected: ReadonlyArray<string> }> => {
  const raw = newStore()
  const shared = settings()
  const other = createEngine({ dialect: mediarithmics, repository: raw, ...shared })
  await other.importDocument('USER_PROFILE', linesOf([...new Set(people)], 'before'))
  let commits = 0
  const done: string[] = []
  const delay = cycle(delays)
  const later = () => turns(delay())
  const repository = through(raw, true, {
    load: async (references) => {
      const loaded = raw.load(references)
      await later()
      return loaded
    },
    commit: async (writes) => {
      const person = others[commits++]
      if (person !== undefined) {
        const writer = `other${commits}-`
        await other.importDocument('USER_PROFILE', linesOf([person], writer))
        done.push(`${writer}0`)
      }
      await later()
      return raw.commit(writes)
    }
  })
  const engine = createEngine({ dialect: mediarithmics, repository, ...shared, sleep: later })
  const pause = cycle(pauses)
  const bytes = linesOf(people, 'ours')
  const inLines = async function* () {
    for (let from = 0; from < bytes.length; ) {
      await turns(pause())
      const to = bytes.indexOf(0x0a, from) + 1 || bytes.length
      yield bytes.subarray(from, to)
      from = to
    }
  }
  const ended = await engine.importDocument('USER_PROFILE', inLines, { linesPerUnit })
  expect(ended).toMatchObject({ _tag: 'Right', right: { applied: people.length } })
  const found: string[] = []
  for await (const { point } of engine.userPoints()) {
    for (const { properties } of point.profiles) found.push(...(properties['lines'] as ReadonlyArray<string>))
  }
  const before = [...new Set(people)].map((_, at) => `before${at}`)
  return { found: found.sort(), expected: [...before, ...people.map((_, at) => `ours${at}`), ...done].sort() }
}

it('[PO-6] after a conflict decides on nothing that the next unit was about to write', async () => {
  // The second load is still on its way when the first commit meets a conflict, and the third comes between its attempts.
  const people = ['d', 'd', 'd', 'd', 'd', 'e']
  const { found, expected } = await importBeside(people, 3, [1, 10, 1, 40, 1], ['d', 'd'])
  expect(found).toEqual(expected)
})

it('[PO-6] nor where the next unit is only read while the first is being tried again', async () => {
  const people = ['a', 'a', 'a', 'a', 'c', 'a', 'a', 'a', 'c', 'c']
  const { found, expected } = await importBeside(people, 4, [0, 2, 0], [undefined, 'a', 'c', 'c'], [3, 0])
  expect(found).toEqual(expected)
})

it('[L-01] every line of all writers is applied exactly once, however their calls overlap', async () => {
  const person = fc.constantFrom('a', 'b', 'c')
  await fc.assert(
    fc.asyncProperty(
      fc.array(person, { minLength: 1, maxLength: 16 }),
      fc.integer({ min: 1, max: 4 }),
      fc.array(fc.integer({ min: 0, max: 20 }), { minLength: 1, maxLength: 8 }),
      fc.array(fc.option(person, { nil: undefined, freq: 2 }), { maxLength: 8 }),
      fc.array(fc.nat(40), { maxLength: 6 }),
      async (...args) => {
        const { found, expected } = await importBeside(...args)
        expect(found).toEqual(expected)
      }
    ),
    { numRuns: times(300), seed }
  )
})

/** Imports documents one after the other, and gives all verdicts and the people that are left. */
const importEach = async (
  repository: Repository,
  given: ReadonlyArray<readonly [AccountDocument, ReadonlyArray<ReadonlyArray<string>>]>,
  linesPerUnit: number
) => {
  const engine = createEngine({ dialect: mediarithmics, repository, ...settings() })
  const verdicts: unknown[] = []
  for (const [type, lines] of given) {
    const bytes = new TextEncoder().encode(
      lines.map((each) => JSON.stringify(accountLine(type, each, (account) => ({ seen: [account] })))).join('\n')
    )
    const onVerdicts = (some: ReadonlyArray<unknown>) => void verdicts.push(...some)
    const ended = await engine.importDocument(type, bytes, { linesPerUnit, onVerdicts })
    verdicts.push(ended)
  }
  const people: unknown[] = []
  for await (const each of engine.userPoints()) people.push(each)
  return { verdicts, people }
}

it('[L-01] deciding ahead never shows, with any lines on the people whom earlier lines change', async () => {
  const accounts = fc.array(fc.constantFrom('a', 'b', 'c', 'd'), { minLength: 1, maxLength: 3 })
  const type = fc.constantFrom(...accountDocuments)
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(type, fc.array(accounts, { minLength: 1, maxLength: 12 })), { minLength: 1, maxLength: 4 }),
      fc.integer({ min: 1, max: 3 }),
      fc.array(fc.integer({ min: 0, max: 6 }), { minLength: 1, maxLength: 8 }),
      async (given, linesPerUnit, delays) => {
        const raw = newStore()
        let calls = 0
        const later = () => turns(delays[calls++ % delays.length] ?? 0)
        const slow = through(raw, true, {
          load: async (references) => {
            const isEarly = calls % 2 === 0
            if (!isEarly) await later()
            const loaded = await raw.load(references)
            if (isEarly) await later()
            return loaded
          },
          commit: async (writes) => {
            await later()
            return raw.commit(writes)
          }
        })
        const expected = await importEach(newStore(), given, linesPerUnit)
        expect(await importEach(slow, given, linesPerUnit)).toEqual(expected)
      }
    ),
    { numRuns: times(300), seed }
  )
})
