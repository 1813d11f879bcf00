/** Measures the growth of a line's cost with the person's identifiers, with the profile, and with the size of the store. */
import { join } from 'node:path'
import { createSqliteRepository } from '@userpoint/adapter-sqlite'
import { createEngine } from '@userpoint/core'
import { mediarithmics } from '@userpoint/core/mediarithmics'
import Database from 'better-sqlite3'
import { median } from './figures.mjs'
import { newId } from './ids.mjs'
import { removeStore } from './store-files.mjs'
import { profileLine } from './workloads.mjs'

/** @typedef {import('@userpoint/core/mediarithmics').DocumentType} DocumentType */

/**
 * @typedef {object} Growth
 * @property {string} title
 * @property {number} at
 * @property {DocumentType} before The type of the lines that are not measured.
 * @property {(at: number) => Iterable<object>} given
 * @property {DocumentType} type
 * @property {(at: number) => Iterable<object>} lines
 */

const bytesOf = (/** @type {Iterable<object>} */ lines) =>
  new TextEncoder().encode(Array.from(lines, (line) => JSON.stringify(line)).join('\n'))

const people = 500

function* each(/** @type {number} */ count, /** @type {(at: number) => object} */ lineOf) {
  for (let at = 0; at < count; at++) yield lineOf(at)
}

const account = (/** @type {string} */ id) => ({ type: 'USER_ACCOUNT', compartment_id: 1, user_account_id: id })

const withIdentifiers = (/** @type {number} */ count) =>
  each(people, (person) => ({
    identifiers: Array.from({ length: count }, (_, i) => account(`${person}-${i}`))
  }))

const upsertByAccount = (/** @type {number} */ person, /** @type {object} */ profile) => ({
  operation: 'UPSERT',
  compartment_id: 1,
  user_account_id: `${person}-0`,
  force_replace: false,
  merge_objects: true,
  user_profile: profile
})

const small = () => each(people, (person) => upsertByAccount(person, profileLine(person, 1).user_profile))

const profileOf = (/** @type {number} */ groups) =>
  Object.fromEntries(Array.from({ length: groups }, (_, i) => [`group_${i}`, profileLine(i, 0).user_profile]))

/** @type {ReadonlyArray<Growth>} */
const growths = [
  ...[1, 10, 100].map((at) => ({
    title: 'identifiers of a person',
    at,
    before: /** @type {const} */ ('USER_IDENTIFIERS_ASSOCIATION_DECLARATIONS'),
    given: withIdentifiers,
    type: /** @type {const} */ ('USER_PROFILE'),
    lines: small
  })),
  ...[1, 10, 100].map((at) => ({
    title: 'profile, × 200 bytes',
    at,
    before: /** @type {const} */ ('USER_PROFILE'),
    given: (/** @type {number} */ groups) => each(people, (person) => upsertByAccount(person, profileOf(groups))),
    type: /** @type {const} */ ('USER_PROFILE'),
    lines: small
  })),
  ...[1_000, 2_000, 4_000].map((at) => ({
    title: 'identifiers of one person, deleted one by one',
    at,
    before: /** @type {const} */ ('USER_IDENTIFIERS_ASSOCIATION_DECLARATIONS'),
    given: (/** @type {number} */ count) => [
      { identifiers: Array.from({ length: count }, (_, i) => account(`one-${i}`)) }
    ],
    type: /** @type {const} */ ('USER_IDENTIFIERS_DELETION'),
    lines: (/** @type {number} */ count) => each(count, (i) => account(`one-${i}`))
  })),
  ...[2_000, 20_000].map((at) => ({
    title: 'identifiers of one person, added one by one',
    at,
    before: /** @type {const} */ ('USER_IDENTIFIERS_ASSOCIATION_DECLARATIONS'),
    given: () => [{ identifiers: [account('one')] }],
    type: /** @type {const} */ ('USER_IDENTIFIERS_ASSOCIATION_DECLARATIONS'),
    lines: (/** @type {number} */ count) => each(count, (i) => ({ identifiers: [account('one'), account(`one-${i}`)] }))
  })),
  ...[2_000, 20_000].map((at) => ({
    title: 'people, each merged into the same one',
    at,
    before: /** @type {const} */ ('USER_PROFILE'),
    given: (/** @type {number} */ count) => each(count + 1, (person) => upsertByAccount(person, { visits: person })),
    type: /** @type {const} */ ('USER_IDENTIFIERS_ASSOCIATION_DECLARATIONS'),
    lines: (/** @type {number} */ count) =>
      each(count, (i) => ({ identifiers: [account(`${i}-0`), account(`${i + 1}-0`)] }))
  }))
]

const measureOne = async (/** @type {string} */ folder, /** @type {Growth} */ { at, before, given, type, lines }) => {
  const store = join(folder, 'growing')
  removeStore(store)
  const database = new Database(store)
  const repository = createSqliteRepository(database)
  const engine = createEngine({
    dialect: mediarithmics,
    repository,
    clock: Date.now,
    newId,
    purge: 'manual'
  })
  await engine.importDocument(before, bytesOf(given(at)))
  const input = bytesOf(lines(at))
  const used = process.cpuUsage()
  const outcome = await engine.importDocument(type, input)
  const { user, system } = process.cpuUsage(used)
  if (outcome._tag === 'Left') throw new Error(outcome.left.error._tag)
  database.close()
  removeStore(store)
  return (user + system) / outcome.right.lines
}

/** @param {{ folder: string, rounds: number }} options */
export const measureGrowth = async ({ folder, rounds }) => {
  const rows = []
  for (const growth of growths) {
    const figures = []
    for (let round = -1; round < rounds; round++) {
      const figure = await measureOne(folder, growth)
      if (round >= 0) figures.push(figure)
    }
    rows.push({ 'grows with': growth.title, of: growth.at, 'cpu µs/line': median(figures) })
  }
  return rows
}
