/** Joining: it loses nothing, in any order, and what was absorbed can still be named. */
import { beginning } from '../engine.ts'
import type { Scenario } from '../scenario.ts'
import {
  agent,
  associations,
  byDevice,
  byHash,
  byId,
  choices,
  choose,
  deep,
  deleteUser,
  deviceDeletions,
  drop,
  hash,
  join,
  joined,
  mail,
  mintedDevice,
  mintedId,
  people,
  point,
  pointDeletions,
  profiles,
  segment,
  segments,
  shallow,
  stored,
  times,
  upsert,
  upsertUsers,
  user
} from './steps.ts'

const crm = stored(upsert(mail('crm'), { first_name: 'Ines', optout: true, city: 'Porto' }, shallow))
const device = stored(upsert({ user_agent_id: 'vec:77' }, { last_page: '/home', city: 'Lisboa' }, shallow))
const linked = (lost: number) =>
  associations([join(hash('crm'), agent('vec:77'))], [{ verdict: 'Applied', effect: { lost } }])

/** Merges the user points of two e-mail hashes. */
const merged = (lost: number, options: Parameters<typeof associations>[2] = {}) =>
  associations([join(hash('a'), hash('b'))], [{ verdict: 'Applied', effect: { lost } }], options)

interface Ordered {
  readonly steps: Scenario['steps'] & {}
  readonly city: string
  /** The times of the merges. */
  readonly mergedAt?: ReadonlyArray<number>
}

/** Returns the scenario of one order of the three lines. */
const ordered = (name: string, { steps, city, mergedAt }: Ordered): Scenario => ({
  key: `A-45.${name}`,
  sentence: `a CRM line, a device line and an association give the same profile in any order: ${name}`,
  steps,
  people: [
    {
      emailHashes: ['crm'],
      devices: [{ agents: ['vec:77'] }],
      profiles: { '0': { first_name: 'Ines', optout: true, last_page: '/home', city } },
      ...(mergedAt && { mergedAt })
    }
  ]
})

export const joiningScenarios: ReadonlyArray<Scenario> = [
  ordered('crm-device-link', { steps: [crm, device, linked(1)], city: 'Lisboa', mergedAt: [0] }),
  ordered('device-crm-link', { steps: [device, crm, linked(1)], city: 'Porto', mergedAt: [0] }),
  ordered('crm-link-device', { steps: [crm, linked(0), device], city: 'Lisboa' }),
  ordered('device-link-crm', { steps: [device, linked(0), crm], city: 'Porto' }),
  ordered('link-crm-device', { steps: [linked(0), crm, device], city: 'Lisboa' }),
  ordered('link-device-crm', { steps: [linked(0), device, crm], city: 'Porto' }),
  {
    key: 'A-45.objects',
    sentence:
      'objects are joined member by member, except those that a shallow merge wrote as one value; a later value replaces an earlier one',
    steps: [
      stored(
        upsert(mail('a'), { prefs: { mail: true, sms: false }, seen: { web: 1 }, tags: [1], ['__proto__']: { a: 1 } }),
        upsert(mail('b'), { prefs: { mail: false }, ['__proto__']: { b: 1 }, tags: [2] }),
        upsert(mail('b'), { seen: { shop: 1 } }, shallow),
        upsert(mail('b'), { seen: { app: 1 } }, deep)
      ),
      merged(3)
    ],
    people: [
      {
        emailHashes: ['a', 'b'],
        profiles: {
          '0': {
            prefs: { mail: false, sms: false },
            seen: { shop: 1, app: 1 },
            tags: [2],
            ['__proto__']: { a: 1, b: 1 }
          }
        },
        mergedAt: [0]
      }
    ]
  },
  {
    key: 'A-45.taken-away',
    sentence:
      'a replacement, a removal or a DELETE removes only data that was known at the time, and no data of the other user point',
    steps: [
      stored(upsert(mail('a'), { x: 'a', y: 1 }), upsert(mail('b'), { x: 'b', y: 2 })),
      profiles(
        [
          upsert(mail('a'), { y: 3 }),
          upsert(mail('b'), { y: null }, { update_strategy: 'PARTIAL_DELETE' }),
          drop(mail('c'))
        ],
        ['Applied', 'Applied', 'NoOp NOT_FOUND']
      ),
      merged(0)
    ],
    people: [{ emailHashes: ['a', 'b'], profiles: { '0': { x: 'b', y: 3 } }, mergedAt: [0] }]
  },
  {
    key: 'A-45.newest-whole',
    sentence:
      'with the policy `profileMerge: newestWhole` the profile that was modified last replaces the other, and the verdict counts the lost values',
    policies: { profileMerge: 'newestWhole' },
    steps: [
      profiles([upsert(mail('a'), { name: 'Ines', prefs: { sms: false } })], ['Applied'], { at: 1 }),
      profiles([upsert(mail('b'), { city: 'Porto' })], ['Applied'], { at: 2 }),
      merged(2, { at: 3 })
    ],
    people: [{ emailHashes: ['a', 'b'], profiles: { '0': { city: 'Porto' } }, mergedAt: [3] }]
  },
  {
    key: 'A-43.stands',
    sentence: 'the choice that was made last wins, in any order of arrival; on a tie, a refusal wins',
    steps: [
      choices(
        [
          choose(mail('a'), { $processing_id: 7, $choice_ts: 1_000, $choice_acceptance_value: true }),
          choose(mail('a'), { $processing_id: 7, $choice_ts: 2_000, $choice_acceptance_value: false }),
          choose(mail('a'), { $processing_id: 7, $choice_ts: 1_000, $choice_acceptance_value: true }),
          choose(mail('a'), { $processing_id: 7, $choice_ts: 2_000, $choice_acceptance_value: true }),
          choose(mail('b'), { $processing_id: 7, $choice_ts: 2_001, $choice_acceptance_value: true }),
          choose(mail('b'), { $processing_id: 8, $choice_ts: 5, $choice_acceptance_value: true }),
          choose(mail('a'), { $processing_id: 8, $choice_ts: 5, $choice_acceptance_value: false })
        ],
        ['Applied', 'Applied', ...times(2, 'NoOp SUPERSEDED'), ...times(3, 'Applied')]
      ),
      merged(2)
    ],
    people: [
      {
        emailHashes: ['a', 'b'],
        choices: {
          7: { chosenAt: 2_001, properties: { $choice_acceptance_value: true } },
          8: { chosenAt: 5, properties: { $choice_acceptance_value: false } }
        },
        mergedAt: [0]
      }
    ]
  },
  {
    key: 'A-44.ended',
    sentence: 'an expired membership counts as absent: in answers, in an UPDATE, in a merge and in a sweep',
    steps: [
      segments(
        [
          segment(mail('a'), 1, { expiration_ts: beginning + 10, data_bag: 'old' }),
          segment(mail('a'), 2, { expiration_ts: beginning + 10, data_bag: 'old' }),
          segment(mail('b'), 1, { expiration_duration: 0, data_bag: 'b' }),
          segment(mail('a'), 1, { expiration_ts: beginning + 10 })
        ],
        times(4, 'Applied')
      ),
      segments([segment(mail('a'), 2)], [{ verdict: 'Applied', effect: { segmentCreated: true } }], { at: 10 }),
      people([
        { emailHashes: ['a'], segments: { 'id 2': {} }, times: { 'segment id 2': [10, 10] } },
        { emailHashes: ['b'], segments: { 'id 1': { dataBag: 'b' } } }
      ]),
      merged(0)
    ],
    people: [{ emailHashes: ['a', 'b'], segments: { 'id 1': { dataBag: 'b' }, 'id 2': {} }, mergedAt: [10] }]
  },
  {
    key: 'A-44.deleted',
    sentence: 'a DELETE of an expired membership removes what the store still has of it',
    steps: [
      segments([segment(mail('a'), 1, { expiration_ts: beginning + 10, data_bag: 'old' })], ['Applied']),
      segments(
        [
          { operation: 'DELETE', ...mail('a'), segment_id: 1 },
          { operation: 'DELETE', ...mail('a'), segment_id: 1 }
        ],
        ['Applied', 'NoOp NOT_FOUND'],
        { at: 10 }
      )
    ],
    people: [{ emailHashes: ['a'] }]
  },
  {
    key: 'A-42.user-points',
    sentence: 'the id of an absorbed user point leads to the survivor, and is unknown after an erasure',
    steps: [
      stored(upsert(mail('a')), upsert(mail('b')), upsert(mail('c')), upsert(mail('d'))),
      joined(join(hash('b'), hash('c')), join(hash('a'), hash('c'))),
      pointDeletions(
        [point(mintedId(2)), point(mintedId(1)), point(mintedId(0)), point(mintedId(3))],
        [
          { verdict: 'Applied', effect: { userPoint: mintedId(0), identifiers: 3 } },
          ...times(2, 'NoOp NOT_FOUND'),
          'Applied'
        ]
      )
    ],
    people: [],
    nowhere: [byId(mintedId(0)), byId(mintedId(1)), byId(mintedId(2)), byHash('c')]
  },
  {
    key: 'A-42.device-points',
    sentence: 'the id of an absorbed device point leads to the survivor, in every command',
    steps: [
      stored(upsert({ user_agent_id: 'vec:1' }), upsert({ user_agent_id: 'vec:2' })),
      joined(join(agent('vec:1'), agent('vec:2'))),
      stored(upsert({ user_agent_id: mintedDevice(2) }, { n: 1 })),
      associations([join(agent(mintedDevice(2)), agent(mintedDevice(0)))], ['NoOp ALREADY_ASSOCIATED']),
      deviceDeletions([agent(mintedDevice(2)), agent(mintedDevice(0))], ['Applied', 'NoOp NOT_FOUND'])
    ],
    people: [{ profiles: { '0': { n: 1 } }, mergedAt: [0] }],
    nowhere: [byDevice(mintedDevice(0)), byDevice(mintedDevice(2))]
  },
  {
    key: 'A-42.insider-id',
    sentence: 'the `insider_id` of an absorbed user leads to the user who absorbed them',
    steps: [
      upsertUsers(
        [user({ uuid: 'a' }, { attributes: { n: 1 } }), user({ uuid: 'b' }, { attributes: { m: 1 } })],
        times(2, 'Applied')
      ),
      upsertUsers(
        [
          user({ uuid: 'b', email: 'a@x.y' }, { attributes: {} }),
          user({ uuid: 'a', email: 'a@x.y' }, { attributes: {} })
        ],
        ['Applied', { verdict: 'Applied', effect: { userPoint: mintedId(0), merged: [mintedId(1)], lost: 0 } }]
      ),
      upsertUsers([{ insider_id: mintedId(1), attributes: { o: 1 } }], ['Applied']),
      people([
        {
          id: mintedId(0),
          named: { uuid: ['a', 'b'], email: ['a@x.y'] },
          profiles: { '0': { n: 1, m: 1, o: 1 } },
          mergedAt: [0]
        }
      ]),
      deleteUser({ insider_id: mintedId(1) }, 'Applied')
    ],
    people: []
  }
]
