/** People: association, merging, and when one is too much. */
import { suggestedHyperPointLimits } from '@userpoint/core/user-point'
import { beginning } from '../engine.ts'
import type { Scenario } from '../scenario.ts'
import type { ExpectedVerdict } from '../story.ts'
import {
  account,
  agent,
  anyOf,
  associations,
  byAgent,
  byDevice,
  byHash,
  byId,
  byName,
  choices,
  choose,
  commands,
  deleteAttributes,
  deviceDeletions,
  drop,
  enter,
  finds,
  hash,
  identifierDeletions,
  join,
  joined,
  leave,
  mail,
  mintedDevice,
  mintedId,
  people,
  pointDeletions,
  profiles,
  segment,
  segments,
  shallow,
  stored,
  times,
  updateIdentifier,
  upsert,
  upsertUsers,
  user
} from './steps.ts'

const day = 86_400_000

/** That user points were merged into another, and which. */
const merged = (into: number, ...others: ReadonlyArray<number>): ExpectedVerdict => ({
  verdict: 'Applied',
  effect: { userPoint: mintedId(into), userPointCreated: false, merged: others.map(mintedId) }
})

export const peopleScenarios: ReadonlyArray<Scenario> = [
  {
    key: 'A-38.joined',
    sentence:
      'an association leads all its identifiers to one user point, with the technical ids on one device point; a repetition is a no-op',
    steps: [
      associations(
        [
          join(hash('a'), account('a'), agent('vec:1'), account('__proto__', 7), agent('net:9:1'), hash('a')),
          join(agent('net:9:1'), hash('a')),
          join(account('__proto__', '07'), agent(mintedDevice(0))),
          join(hash('a'), hash('b')),
          join(hash('b'), hash('a'), agent('vec:2'))
        ],
        [
          { verdict: 'Applied', effect: { userPoint: mintedId(1), userPointCreated: true, merged: [] } },
          'NoOp ALREADY_ASSOCIATED',
          'NoOp ALREADY_ASSOCIATED',
          merged(1),
          merged(1)
        ],
        { at: 3 }
      ),
      finds(anyOf([byHash('a'), byHash('b'), byAgent('vec:2'), byDevice(mintedDevice(0))]), { id: mintedId(1) }),
      finds(anyOf([byHash('nobody'), byHash('b')]), { id: mintedId(1) }),
      finds(anyOf([byHash('nobody'), byHash('b')], 'Reject', true), 'nobody')
    ],
    people: [
      {
        id: mintedId(1),
        createdAt: 3,
        accounts: ['0:a', '7:__proto__'],
        emailHashes: ['a', 'b'],
        devices: [
          { id: mintedDevice(0), agents: ['vec:1', 'net:9:1'] },
          { id: mintedDevice(2), agents: ['vec:2'] }
        ]
      }
    ]
  },
  {
    key: 'A-38.oldest',
    sentence:
      'the oldest user point survives with the data of all, in any order of the line, and the ids of the others lead to it',
    steps: [
      // The youngest has the smallest id, were it not for their age.
      profiles([upsert(mail('a'), { n: 1 })], ['Applied'], { at: 30 }),
      profiles([upsert({ user_account_id: 'b' }, { $compartment_id: 7, n: 2 })], ['Applied'], { at: 10 }),
      profiles([upsert({ user_agent_id: 'vec:3' }, { $user_account_id: 'c', n: 3 })], ['Applied'], { at: 20 }),
      people([
        { id: mintedId(0), createdAt: 30, emailHashes: ['a'], profiles: { '0': { n: 1 } } },
        { id: mintedId(1), createdAt: 10, accounts: ['0:b'], profiles: { '7': { n: 2 } } },
        {
          id: mintedId(3),
          createdAt: 20,
          devices: [{ id: mintedDevice(2), agents: ['vec:3'] }],
          profiles: { '0/c': { n: 3 } }
        }
      ]),
      finds(anyOf([byHash('a'), byAgent('vec:3')]), 'Rejected IDENTIFIER_CONFLICT'),
      finds(anyOf([byAgent('vec:3'), byHash('a')], 'First'), { id: mintedId(3) }),
      associations([join(hash('a'), agent('vec:3'), account('b'), hash('d'))], [merged(1, 3, 0)], { at: 40 }),
      finds(anyOf([byHash('a'), byAgent('vec:3'), byHash('d'), byId(mintedId(0)), byId(mintedId(3))]), {
        id: mintedId(1)
      })
    ],
    people: [
      {
        id: mintedId(1),
        createdAt: 10,
        accounts: ['0:b'],
        emailHashes: ['a', 'd'],
        devices: [{ id: mintedDevice(2), agents: ['vec:3'] }],
        profiles: { '0': { n: 1 }, '7': { n: 2 }, '0/c': { n: 3 } },
        mergedAt: [40, 40]
      }
    ]
  },
  {
    key: 'A-38.ties',
    sentence: 'of equally old user points the one with the smaller id survives, and the value of the later line wins',
    steps: [
      stored(upsert(mail('a'), { n: 1 }), upsert(mail('b'), { n: 2 })),
      associations([join(hash('b'), hash('a'))], [merged(0, 1)])
    ],
    people: [{ id: mintedId(0), emailHashes: ['a', 'b'], profiles: { '0': { n: 2 } }, mergedAt: [0] }]
  },
  {
    key: 'A-38.latest',
    sentence:
      'if several have a profile, segment, scenario or choice at one key, the survivor keeps the last value of each part, and the first creation',
    steps: [
      profiles([upsert(mail('a'), { city: 'Lyon', ['__proto__']: 1 })], ['Applied'], { at: 10 }),
      profiles([upsert(mail('b'), { name: 'Ada' })], ['Applied'], { at: 20 }),
      segments(
        [segment(mail('a'), 9), segment(mail('b'), 9, { expiration_ts: beginning + 500, data_bag: [1] })],
        ['Applied', 'Applied'],
        { at: 30 }
      ),
      choices([choose(mail('b'), { $processing_id: 7, $choice_ts: 5, by: 'b' })], ['Applied'], { at: 40 }),
      segments([segment(mail('a'), 9, { expiration_ts: beginning + 400 })], ['Applied'], { at: 50 }),
      choices([choose(mail('a'), { $processing_id: 7, $choice_ts: 4, to: 'a' })], ['Applied'], { at: 60 }),
      { ...commands([enter('b', 'welcome')], ['Applied']), at: 70 },
      { ...commands([enter('a', 'welcome')], ['Applied']), at: 80 },
      associations([join(hash('a'), hash('b'))], [merged(0, 1)], { at: 90 })
    ],
    people: [
      {
        id: mintedId(0),
        createdAt: 10,
        emailHashes: ['a', 'b'],
        profiles: { '0': { city: 'Lyon', ['__proto__']: 1, name: 'Ada' } },
        segments: { 'id 9': { endsAt: 400, dataBag: [1] } },
        choices: { 7: { chosenAt: 5, properties: { by: 'b' } } },
        scenarios: ['welcome'],
        mergedAt: [90],
        times: {
          'profile 0': [10, 20],
          'segment id 9': [30, 50],
          'choice 7': [40, 40],
          'scenario welcome': [70, 80]
        }
      }
    ]
  },
  {
    key: 'A-38.freed',
    sentence: 'absorbed data belongs to the survivor alone: it is deleted with it, and its identifiers are then free',
    steps: [
      joined(join(hash('a'), account('a'), agent('vec:1')), join(hash('b'), account('b'), agent('vec:2'))),
      joined(join(hash('c')), join(account('a'), account('b'))),
      identifierDeletions([hash('b'), agent('vec:2')], ['Applied', 'Applied']),
      joined(join(hash('c'), agent('vec:2'))),
      people([
        {
          id: mintedId(1),
          accounts: ['0:a', '0:b'],
          emailHashes: ['a'],
          devices: [
            { id: mintedDevice(0), agents: ['vec:1'] },
            { id: mintedDevice(2), agents: [] }
          ],
          mergedAt: [0]
        },
        { id: mintedId(4), emailHashes: ['c'], devices: [{ id: mintedDevice(5), agents: ['vec:2'] }] }
      ]),
      pointDeletions([account('b'), account('a')], ['Applied', 'NoOp NOT_FOUND']),
      stored(upsert({ user_account_id: 'b' }, { n: 1 }))
    ],
    people: [
      { id: mintedId(4), emailHashes: ['c'], devices: [{ agents: ['vec:2'] }] },
      { accounts: ['0:b'], profiles: { '0': { n: 1 } } }
    ],
    nowhere: [byId(mintedId(3))]
  },
  {
    key: 'A-38.never-by-others',
    sentence: 'a line on a profile, a segment or a choice, or a deletion, never merges two user points',
    steps: [
      stored(upsert(mail('a'), { n: 1 }), upsert({ user_account_id: 'a' }, { n: 2 })),
      profiles(
        [upsert(mail('a'), { $user_account_id: 'a' }), drop({ user_account_id: 'a' }, { $user_account_id: 'a' })],
        ['Applied', { verdict: 'NoOp NOT_FOUND', warnings: ['OTHER_PROFILES at user_profile'] }]
      ),
      upsertUsers([user({ uuid: 'a' }, { attributes: {} })], ['Applied']),
      deleteAttributes([user({ uuid: 'a', email: 'a@x.y' }, { whole: ['n'] })], ['NoOp UNCHANGED'])
    ],
    people: [
      { emailHashes: ['a'], profiles: { '0': { n: 1 }, '0/a': {} } },
      { accounts: ['0:a'], profiles: { '0': { n: 2 } } },
      { named: { uuid: ['a'] }, profiles: { '0': {} } }
    ],
    nowhere: [byName('email', 'a@x.y')]
  },
  {
    key: 'A-38.users',
    sentence:
      'users whom an upsert merges keep the attributes of all; if several have an attribute, the value of the profile modified last wins',
    steps: [
      upsertUsers(
        [user({ email: 'a@x.y' }, { attributes: { age: 1, name: 'B', ['__proto__']: 1, custom: { x: 1, y: [1] } } })],
        ['Applied'],
        { at: 10 }
      ),
      upsertUsers(
        [user({ uuid: 'u' }, { attributes: { name: 'A', tags: [2], custom: { x: 2, ['__proto__']: 2 } } })],
        ['Applied'],
        { at: 20 }
      ),
      profiles([upsert(mail('c'), { $compartment_id: 7, n: 1 })], ['Applied'], { at: 25 }),
      upsertUsers(
        [user({ uuid: 'u', email: 'a@x.y', phone_number: '+1234567' }, { attributes: { tags: [3], city: 'Lund' } })],
        [
          {
            verdict: 'Applied',
            effect: { userPoint: mintedId(0), merged: [mintedId(1)], userPointCreated: false, profileCreated: false }
          }
        ],
        { at: 30 }
      )
    ],
    people: [
      {
        id: mintedId(0),
        createdAt: 10,
        named: { email: ['a@x.y'], uuid: ['u'], phone_number: ['+1234567'] },
        profiles: {
          '0': {
            age: 1,
            name: 'A',
            ['__proto__']: 1,
            tags: [2, 3],
            city: 'Lund',
            custom: { x: 2, y: [1], ['__proto__']: 2 }
          }
        },
        times: { 'profile 0': [10, 30] },
        mergedAt: [30]
      },
      { emailHashes: ['c'], profiles: { '7': { n: 1 } } }
    ]
  },
  {
    key: 'A-38.limits',
    sentence:
      'users whom a limit keeps apart are not merged: the first identifier decides, and a warning names those that are not attached',
    settings: {
      identifiers: [
        { name: 'email', limit: 1 },
        { name: 'uuid', limit: 2 }
      ]
    },
    steps: [
      upsertUsers(
        [
          user({ email: 'a@x.y', uuid: 'a' }, { attributes: { n: 1 } }),
          user({ email: 'b@x.y', uuid: 'b' }, { attributes: { n: 2 } }),
          user({ uuid: 'b', email: 'a@x.y' }, { attributes: { n: 3 } }),
          user({ uuid: 'a', email: 'c@x.y' }, { attributes: { m: 4 } }),
          user({ uuid: 'c', email: 'a@x.y' }, { attributes: { m: 5 } })
        ],
        [
          'Applied',
          'Applied',
          { verdict: 'Applied', warnings: ['IDENTIFIER_NOT_ATTACHED at identifiers.uuid'] },
          { verdict: 'Applied', warnings: ['IDENTIFIER_NOT_ATTACHED at identifiers.email'] },
          'Applied'
        ]
      )
    ],
    people: [
      { named: { email: ['a@x.y'], uuid: ['a', 'c'] }, profiles: { '0': { n: 3, m: 5 } } },
      { named: { email: ['b@x.y'], uuid: ['b'] }, profiles: { '0': { n: 2 } } }
    ],
    nowhere: [byName('email', 'c@x.y')]
  },
  {
    key: 'A-39.quarantine',
    sentence:
      'a user point with more current segments than the policy allows rejects additions, is found, and accepts deletions',
    policies: { quarantine: { segments: 1 } },
    steps: [
      stored(upsert(mail('a'), { n: 1 }), upsert(mail('b'), { n: 2 })),
      upsertUsers([user({ uuid: 'a' }, { attributes: { n: 3 } })], ['Applied']),
      segments(
        [
          segment(mail('a'), 1),
          segment(mail('a'), 2, { expiration_ts: beginning + 100 }),
          segment(mail('a'), 3),
          segment(mail('a'), 1)
        ],
        ['Applied', 'Applied', ...times(2, 'Rejected QUARANTINED')]
      ),
      profiles(
        [
          upsert(mail('a'), { n: 4 }),
          upsert(mail('b'), { n: 5 }),
          upsert(mail('a'), { n: null }, { update_strategy: 'PARTIAL_DELETE' })
        ],
        ['Rejected QUARANTINED', 'Applied', 'Applied']
      ),
      choices([choose(mail('a'), { $processing_id: 7, $choice_ts: 5 })], ['Rejected QUARANTINED']),
      commands([enter('a', 'welcome'), leave('a', 'welcome')], ['Rejected QUARANTINED', 'NoOp NOT_FOUND']),
      associations([join(hash('b'), hash('a')), join(hash('a'), hash('c'))], times(2, 'Rejected QUARANTINED')),
      people([
        { emailHashes: ['a'], profiles: { '0': {} }, segments: { 'id 1': {}, 'id 2': { endsAt: 100 } } },
        { emailHashes: ['b'], profiles: { '0': { n: 5 } } },
        { named: { uuid: ['a'] }, profiles: { '0': { n: 3 } } }
      ]),
      // One membership ends by itself, and another one is ended.
      segments(
        [
          segment(mail('a'), 4),
          segment(mail('a'), 5),
          { operation: 'DELETE', ...mail('a'), segment_id: 4 },
          segment(mail('a'), 5)
        ],
        ['Applied', 'Rejected QUARANTINED', 'Applied', 'Applied'],
        { at: 100 }
      ),
      identifierDeletions([hash('a')], ['Applied']),
      profiles([drop(mail('b')), upsert({ user_account_id: 'a' })], ['Applied', 'Applied'])
    ],
    people: [
      { profiles: { '0': {} }, segments: { 'id 1': {}, 'id 5': {} } },
      { emailHashes: ['b'] },
      { named: { uuid: ['a'] }, profiles: { '0': { n: 3 } } },
      { accounts: ['0:a'], profiles: { '0': {} } }
    ],
    nowhere: [byHash('c')]
  },
  {
    key: 'A-50.limits',
    sentence:
      'a line that makes a user point larger than the policy allows is rejected, and one that makes it smaller is applied',
    policies: { limits: { identifiers: 3, attachments: 2, profileBytes: 20, arrayLength: 2 } },
    steps: [
      stored(upsert(mail('a'), { n: 1 }), upsert(mail('b'), { n: 2 })),
      profiles(
        [
          upsert(mail('a'), { n: '012345678901' }),
          upsert(mail('a'), { n: '0123456789012' }),
          upsert(mail('b'), { n: [1, 2, 3] })
        ],
        ['Applied', 'Rejected PROFILE_TOO_LARGE', 'Rejected ARRAY_TOO_LONG']
      ),
      segments([segment(mail('a'), 1), segment(mail('a'), 2)], ['Applied', 'Rejected TOO_MANY_ATTACHMENTS']),
      // Three hashes, and the id of the one that would be absorbed.
      associations(
        [join(hash('b'), hash('c')), join(hash('a'), hash('b'))],
        ['Applied', 'Rejected TOO_MANY_IDENTIFIERS']
      ),
      profiles([upsert(mail('a'), { n: null }, { update_strategy: 'PARTIAL_DELETE' })], ['Applied'])
    ],
    people: [
      { emailHashes: ['a'], profiles: { '0': {} }, segments: { 'id 1': {} } },
      { emailHashes: ['b', 'c'], profiles: { '0': { n: 2 } } }
    ]
  },
  {
    key: 'A-39.exchange',
    sentence: 'a user in quarantine rejects attributes; their identifiers can be replaced, and attributes deleted',
    policies: { quarantine: { segments: 0 } },
    steps: [
      upsertUsers([user({ uuid: 'a' }, { attributes: { n: 1, m: 2 } })], ['Applied']),
      commands(
        [
          {
            _tag: 'UpdateSegment',
            reference: byName('uuid', 'a'),
            key: { naming: 'TechnicalName', segment: 'vip' },
            expiry: { _tag: 'After', milliseconds: 50 },
            dataBag: { ['__proto__']: [null] }
          }
        ],
        ['Applied']
      ),
      upsertUsers(
        [user({ uuid: 'a' }, { attributes: { n: 2 } }), user({ uuid: 'a', email: 'a@x.y' }, { attributes: {} })],
        times(2, 'Rejected QUARANTINED')
      ),
      deleteAttributes([user({ uuid: 'a' }, { whole: ['n'] })], ['Applied']),
      updateIdentifier({ old_identifier: { uuid: 'a' }, new_identifier: { uuid: 'b' } }, 'Applied'),
      upsertUsers([user({ uuid: 'b' }, { attributes: { n: 3 } })], ['Applied'], { at: 50 })
    ],
    people: [
      {
        named: { uuid: ['b'] },
        profiles: { '0': { m: 2, n: 3 } }
      }
    ],
    nowhere: [byName('uuid', 'a'), byName('email', 'a@x.y')]
  },
  {
    key: 'A-39.hyper-point',
    sentence:
      'the verdict on a merge lists the reasons why the user point is a hyper point, by its data and their times, and rejects nothing',
    policies: {
      hyperPoint: {
        ...suggestedHyperPointLimits,
        emailHashes: { count: 2, days: 7 },
        merges: { count: 1, days: 14 },
        identifiers: 4
      }
    },
    steps: [
      joined(join(hash('a'), hash('b')), join(hash('c')), join(account('d'), account('e'))),
      associations(
        [join(hash('a'), hash('x')), join(hash('a'), hash('c'))],
        [
          { verdict: 'Applied', effect: { merged: [] } },
          { verdict: 'Applied', effect: { merged: [mintedId(1)], hyperPoint: ['EMAIL_HASHES'] } }
        ],
        { at: 1 }
      ),
      associations(
        [join(hash('a'), account('e'))],
        [{ verdict: 'Applied', effect: { merged: [mintedId(2)], hyperPoint: ['MERGES', 'IDENTIFIERS'] } }],
        { at: 8 * day }
      ),
      associations(
        [join(hash('y')), join(hash('y'), account('d'))],
        ['Applied', { verdict: 'Applied', effect: { merged: [mintedId(3)], hyperPoint: ['IDENTIFIERS'] } }],
        { at: 40 * day }
      ),
      deviceDeletions([agent('vec:1')], ['NoOp NOT_FOUND'])
    ],
    people: [
      {
        emailHashes: ['a', 'b', 'c', 'x', 'y'],
        accounts: ['0:d', '0:e'],
        mergedAt: [1, 8 * day, 40 * day]
      }
    ]
  },
  {
    key: 'A-39.off',
    sentence: 'without the policies no line is rejected and no verdict lists a reason',
    steps: [
      joined(...['a', 'b', 'c', 'd', 'e', 'f'].map((each) => join(hash(each)))),
      associations([join(...['a', 'b', 'c', 'd', 'e', 'f'].map(hash))], [merged(0, 1, 2, 3, 4, 5)]),
      segments(
        Array.from({ length: 30 }, (_, n) => segment(mail('f'), n)),
        times(30, 'Applied')
      ),
      profiles([upsert(mail('f'), { n: 1 }, shallow)], ['Applied'])
    ],
    people: [
      {
        emailHashes: ['a', 'b', 'c', 'd', 'e', 'f'],
        profiles: { '0': { n: 1 } },
        segments: Object.fromEntries(Array.from({ length: 30 }, (_, n) => [`id ${n}`, {}])),
        mergedAt: [0, 0, 0, 0, 0]
      }
    ]
  }
]
