/** Stores that take their time, and lines for them. */
import { createMemoryRepository, createMemoryStore } from '@userpoint/adapter-memory'
import { createEngine } from '@userpoint/core'
import { mediarithmics } from '@userpoint/core/mediarithmics'
import type { Repository } from '@userpoint/core/repository'
import fc from 'fast-check'

/** A clock and ids that count, the same in every run. */
export const settings = () => {
  let [time, ids] = [0, 0]
  return { clock: () => ++time, newId: () => `00000000-0000-7000-8000-${String(++ids).padStart(12, '0')}` }
}

/** So many turns of the event loop. */
export const turns = async (count: number): Promise<void> => {
  for (let turn = 0; turn < count; turn++) await new Promise((resolve) => setImmediate(resolve))
}

/** Numbers that come again and again. */
export const cycle = (numbers: ReadonlyArray<number>): (() => number) => {
  let at = 0
  return () => numbers[at++ % numbers.length] ?? 0
}

export const upsert = (email_hash: string, $compartment_id: string, n = 0) => ({
  operation: 'UPSERT',
  email_hash,
  force_replace: false,
  merge_objects: true,
  user_profile: { $compartment_id, n }
})

export const remove = (email_hash: string, $compartment_id: string) => ({
  operation: 'DELETE',
  email_hash,
  user_profile: { $compartment_id }
})

const accountOf = (user_account_id: string) => ({ type: 'USER_ACCOUNT', compartment_id: '1', user_account_id })

/** The documents that meet, describe, part and delete people by their accounts. */
export const accountDocuments = [
  'USER_PROFILE',
  'USER_IDENTIFIERS_ASSOCIATION_DECLARATIONS',
  'USER_IDENTIFIERS_DELETION',
  'USER_POINTS_DELETION'
] as const

export type AccountDocument = (typeof accountDocuments)[number]

/** A line of such a document about these accounts, or the first of them, who is given this profile. */
export const accountLine = (
  type: AccountDocument,
  accounts: ReadonlyArray<string>,
  user_profile: (account: string) => object
): object => {
  const [first = ''] = accounts
  if (type === 'USER_IDENTIFIERS_ASSOCIATION_DECLARATIONS') return { identifiers: accounts.map(accountOf) }
  if (type !== 'USER_PROFILE') return accountOf(first)
  return {
    operation: 'UPSERT',
    user_account_id: first,
    compartment_id: '1',
    force_replace: false,
    merge_objects: true,
    user_profile: user_profile(first)
  }
}

export const bytesOf = (lines: ReadonlyArray<object>): Uint8Array =>
  new TextEncoder().encode(lines.map((line) => `${JSON.stringify(line)}\n`).join(''))

/** The same lines, each in a piece of its own, with something before it. */
export const inPieces = (lines: ReadonlyArray<object>, before: (at: number) => Promise<void>) =>
  async function* () {
    for (const [at, line] of lines.entries()) {
      await before(at)
      yield bytesOf([line])
    }
  }

/** Lines that write and delete profiles of three people. */
export const someLines = fc.array(
  fc.oneof(
    fc.tuple(fc.constantFrom('a', 'b', 'c'), fc.constantFrom('7', '8'), fc.nat(2)).map((given) => upsert(...given)),
    fc.tuple(fc.constantFrom('a', 'b', 'c'), fc.constantFrom('7', '8')).map((given) => remove(...given))
  ),
  { minLength: 1, maxLength: 12 }
)

export const newStore = (): Repository => createMemoryRepository(createMemoryStore())

/** Everybody's e-mail hashes, profiles and their values. */
export const peopleIn = async (repository: Repository): Promise<ReadonlyArray<string>> => {
  const found: string[] = []
  for await (const { point } of createEngine({ dialect: mediarithmics, repository, ...settings() }).userPoints()) {
    const profiles = point.profiles.map(
      ({ compartment, properties }) => `${compartment}=${JSON.stringify(properties['n'])}`
    )
    found.push(`${point.emailHashes.map(({ hash }) => hash).join('+')}: ${profiles.sort().join(' ')}`)
  }
  return found.sort()
}

/** A store whose calls pass through these, but for those of the limit of moments. */
export const through = (
  raw: Repository,
  overlapping: boolean,
  { load, commit }: Partial<Pick<Repository, 'load' | 'commit'>>
): Repository => ({
  ...raw,
  manifest: { ...raw.manifest, overlapping },
  load: async (references) => {
    const isOfClock = references.some((each) => each._tag === 'ById' && each.kind === 'clock')
    return isOfClock || load === undefined ? raw.load(references) : load(references)
  },
  commit: async (writes) => {
    const isOfClock = writes.every(({ kind }) => kind === 'clock')
    return isOfClock || commit === undefined ? raw.commit(writes) : commit(writes)
  }
})
