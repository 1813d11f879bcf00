/** Every setting has an effect in the library, on the command line and on the server. */
import { createHash } from 'node:crypto'
import { jsonSchema, type Settings } from '@userpoint/settings'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { commandLine, library, type Served, serveAll, type Step } from './ways.ts'

interface Row {
  /** Two values of the setting. */
  readonly values: readonly [unknown, unknown]
  /** Steps whose outcome differs between the two. */
  readonly steps: ReadonlyArray<Step>
  /** Other settings that both need. */
  readonly with?: Settings
  /** The option of the command line for the second value. */
  readonly option?: ReadonlyArray<string>
}

const profile = (more: object, properties: object = { n: 1 }): object => ({
  operation: 'UPSERT',
  force_replace: false,
  merge_objects: true,
  user_profile: properties,
  ...more
})
const profiles = (...lines: ReadonlyArray<object>): Step => ({ type: 'USER_PROFILE', lines })
const byHash = { email_hash: 'a' }
const look: Step = { person: 'a' }
const rate = (count: number) => ({ count, days: 1 })
const link = (...identifiers: ReadonlyArray<object>): Step => ({
  type: 'USER_IDENTIFIERS_ASSOCIATION_DECLARATIONS',
  lines: [{ identifiers }]
})
const hash = { type: 'USER_EMAIL', hash: 'a' }
const account = { type: 'USER_ACCOUNT', user_account_id: 'k' }
const segment = (id: string): Step => ({
  type: 'USER_SEGMENT',
  lines: [{ operation: 'UPDATE', ...byHash, segment_id: id, expiration_duration: 0 }]
})

const email = { email: 'ada@example.org' }
const upsert = (identifiers: object, attributes: object = { city: 'Lyon' }): Step => ({
  call: 'upsert',
  body: { users: [{ identifiers, attributes }] }
})
const remove = (user: object): Step => ({ call: 'delete-attributes', body: { users: [user] } })
const read: Step = { call: 'get-user', body: { identifiers: email, attributes: ['*'] } }
const custom = [{ name: 'email' }, { name: 'card', custom: true }]
const emailHash = createHash('sha256').update(email.email).digest('hex')

const rows: Readonly<Record<string, Row>> = {
  'policies.arrays': {
    values: ['concat', 'union'],
    option: ['--arrays', 'union'],
    steps: [profiles(profile(byHash, { tags: ['x'] }), profile(byHash, { tags: ['x'] })), look]
  },
  'policies.defaultCompartment': {
    values: ['0', null],
    option: ['--default-compartment', 'none'],
    steps: [profiles(profile(byHash))]
  },
  'policies.profileDeleteScope': {
    values: ['key', 'all'],
    option: ['--profile-delete-scope', 'all'],
    steps: [
      profiles(profile(byHash), profile(byHash, { $compartment_id: 1, n: 2 }), { operation: 'DELETE', ...byHash }),
      look
    ]
  },
  'policies.profileMerge': {
    values: ['byProperty', 'newestWhole'],
    option: ['--profile-merge', 'newestWhole'],
    // Two imports: of two profiles of one millisecond, none is the newest.
    steps: [
      profiles(profile(byHash, { x: 1 })),
      profiles(profile({ user_account_id: 'k' }, { y: 2 })),
      link(hash, account),
      look
    ]
  },
  'policies.userAgentIds': {
    values: ['open', 'strict'],
    option: ['--user-agent-ids', 'strict'],
    steps: [profiles(profile({ user_agent_id: 'other:1' }))]
  },
  'policies.userPointIds': {
    values: ['any', 'uuid'],
    option: ['--user-point-ids', 'uuid'],
    steps: [{ type: 'USER_POINTS_DELETION', lines: [{ type: 'USER_POINT', user_point_id: 'x' }] }]
  },
  'policies.knownCompartments': {
    values: [null, ['0']],
    option: ['--known-compartments', '0'],
    steps: [profiles(profile(byHash, { $compartment_id: 1 }))]
  },
  'policies.knownRegistries': {
    values: [null, ['1']],
    option: ['--known-registries', '1'],
    steps: [profiles(profile({ user_agent_id: 'net:2:x' }))]
  },
  'policies.blockedValues': {
    values: [[], 'recommended'],
    option: ['--blocked-values', 'recommended'],
    steps: [profiles(profile({ email_hash: 'undefined' })), upsert({ uuid: 'undefined' })]
  },
  'policies.defaultStrategy': {
    values: [null, 'shallow'],
    option: ['--default-strategy', 'shallow'],
    steps: [profiles({ operation: 'UPSERT', ...byHash, user_profile: { n: 1 } })]
  },
  'policies.systemVersion': {
    values: [null, 'v201901'],
    option: ['--system-version', 'v201901'],
    steps: [{ type: 'USER_POINTS_DELETION', lines: [hash] }]
  },
  'policies.quarantine': {
    values: [null, { segments: 1 }],
    option: ['--quarantine', '1'],
    steps: [segment('s'), segment('t'), segment('u')]
  },
  'policies.hyperPoint': {
    values: [null, { technicalIds: rate(9), accounts: rate(9), emailHashes: rate(9), merges: rate(9), identifiers: 1 }],
    steps: [profiles(profile(byHash), profile({ user_account_id: 'k' })), link(hash, account)]
  },
  'policies.limits': {
    values: [null, { identifiers: 9, attachments: 9, profileBytes: 99, arrayLength: 1 }],
    steps: [profiles(profile(byHash, { tags: [1, 2] }))]
  },
  'policies.suppression': {
    values: ['none', 'people'],
    option: ['--suppression', 'people'],
    steps: [profiles(profile(byHash)), { type: 'USER_POINTS_DELETION', lines: [hash] }, profiles(profile(byHash)), look]
  },
  'identity.identifiers': { values: [[{ name: 'email' }], [{ name: 'uuid' }]], steps: [upsert(email)] },
  'identity.blockedValues': { values: [[], [email.email]], steps: [upsert(email)] },
  'identity.onConflict': {
    values: ['reject', 'priority'],
    steps: [
      upsert({ uuid: 'u' }),
      upsert(email),
      remove({ identifiers: { ...email, uuid: 'u' }, whole: ['city'] }),
      read
    ]
  },
  'identity.emptiedArray': {
    values: ['keep', 'drop'],
    steps: [upsert(email, { tags: ['x'] }), remove({ identifiers: email, partial: { tags: ['x'] } }), read]
  },
  'identity.partialOnScalar': {
    values: ['warn', 'reject'],
    steps: [upsert(email), remove({ identifiers: email, partial: { city: ['Lyon'] } })]
  },
  'identity.singleValue': {
    values: ['reject', 'wrap'],
    steps: [upsert(email, { tags: ['x'] }), remove({ identifiers: email, partial: { tags: 'x' } })]
  },
  'identity.numericIdentifiers': {
    values: ['reject', 'text'],
    with: { identity: { identifiers: custom } },
    steps: [upsert({ custom: { card: 7 } })]
  },
  'identity.listAttribute': {
    values: ['list_id', 'static_segment_id'],
    steps: [upsert(email, { list_id: [1] }), read]
  },
  'identity.emailHash': {
    values: [null, { algorithm: 'sha256' }],
    steps: [upsert(email), { person: emailHash }]
  },
  'identity.personal': {
    values: [[{ name: 'city' }], [{ name: 'email' }]],
    steps: [upsert(email), { call: 'anonymise-user', body: { identifiers: email } }, read]
  },
  'bounds.maxDepth': { values: [100, 4], steps: [profiles(profile(byHash, { a: { b: { c: { d: {} } } } }))] },
  'bounds.maxLineLength': { values: [1_000, 100], steps: [profiles(profile(byHash, { text: 'x'.repeat(50) }))] },
  'limits.maxRejected': {
    values: [null, '5%'],
    option: ['--max-rejected', '5%'],
    steps: [profiles(profile(byHash), {})]
  }
}

const settingOf = (path: string, value: unknown, others: Settings = {}): Settings => {
  const [part = '', name = ''] = path.split('.')
  return { ...others, [part]: { ...(others as Readonly<Record<string, object>>)[part], [name]: value } }
}

interface SchemaPart {
  readonly properties?: Readonly<Record<string, SchemaPart>>
}

/** The settings of these parts that decide what becomes of a command. */
const named = (part: string): ReadonlyArray<string> =>
  Object.keys((jsonSchema() as SchemaPart).properties?.[part]?.properties ?? {}).map((name) => `${part}.${name}`)

const cases = Object.entries(rows)

it('has a row for every setting that decides what becomes of a command', () => {
  const decisive = [...named('policies'), ...named('identity'), ...named('bounds'), 'limits.maxRejected']
  expect(decisive.length).toBeGreaterThan(25)
  expect(Object.keys(rows).toSorted()).toEqual(decisive.toSorted())
})

// Slow: SQLite's file is made and purged for each command.
describe.each(cases)('%s', (path, { values: [one, other], with: others, steps, option }) => {
  const [first, second] = [settingOf(path, one, others), settingOf(path, other, others)]

  it('has an effect in the library', async () => {
    const before = await library(first, steps)
    expect(await library(first, steps)).toEqual(before)
    expect(await library(second, steps)).not.toEqual(before)
  })

  it('has an effect on the command line', async () => {
    const before = await commandLine()(first, steps)
    expect(await commandLine()(first, steps)).toEqual(before)
    const after = await commandLine()(second, steps)
    expect(after).not.toEqual(before)
    if (option !== undefined) expect(await commandLine(...option)(first, steps)).toEqual(after)
  })
})

describe('on the server', () => {
  let served: Served
  beforeAll(async () => {
    const all = cases.flatMap(
      ([
        path,
        {
          values: [one, other],
          with: others
        }
      ]) => [one, one, other].map((value) => settingOf(path, value, others))
    )
    served = await serveAll(all)
  }, 60_000)
  afterAll(() => served.end())

  it.each(cases.map(([path, { steps }], at) => [path, steps, at] as const))(
    '%s has an effect',
    async (_, steps, at) => {
      const before = await served.take(at * 3, steps)
      expect(await served.take(at * 3 + 1, steps)).toEqual(before)
      expect(await served.take(at * 3 + 2, steps)).not.toEqual(before)
    }
  )
})
