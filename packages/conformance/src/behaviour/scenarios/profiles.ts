/** Profiles: which one a line means, and what becomes of it. */
import fc from 'fast-check'
import { hostileBodies, body } from '../../hostile.ts'
import { beginning } from '../engine.ts'
import type { Scenario } from '../scenario.ts'
import {
  account,
  agent,
  associations,
  byAccount,
  byAgent,
  byHash,
  deep,
  drop,
  hash,
  identifierDeletions,
  join,
  joined,
  mail,
  mintedDevice,
  mintedId,
  people,
  profiles,
  segment,
  segments,
  shallow,
  stored,
  times,
  upsert
} from './steps.ts'

const withStrategy = (update_strategy: string, user_profile: object, who: object = mail('a')) =>
  upsert(who, user_profile, { update_strategy })

const isData = (properties: object): boolean => !Object.keys(properties).some((key) => key.startsWith('$'))

export const profileScenarios: ReadonlyArray<Scenario> = [
  {
    key: 'A-11.concat',
    sentence: 'a deep merge joins arrays at any depth, the old elements first, and keeps duplicates',
    steps: [
      stored(
        upsert(mail('a'), {
          tags: [1, { a: [2] }],
          in: { list: ['x'], ['__proto__']: [1] },
          orders: [{ id: 'o1', state: 'open' }]
        })
      ),
      profiles(
        [
          upsert(
            mail('a'),
            {
              tags: [1, { a: [2] }],
              in: { list: ['x', 'y'], ['__proto__']: [2] },
              orders: [{ id: 'o1', state: 'paid' }]
            },
            deep
          )
        ],
        [{ verdict: 'Applied', effect: { profileCreated: false } }]
      )
    ],
    people: [
      {
        emailHashes: ['a'],
        profiles: {
          '0': {
            tags: [1, { a: [2] }, 1, { a: [2] }],
            in: { list: ['x', 'x', 'y'], ['__proto__']: [1, 2] },
            orders: [
              { id: 'o1', state: 'open' },
              { id: 'o1', state: 'paid' }
            ]
          }
        }
      }
    ]
  },
  {
    key: 'A-11.union',
    sentence: 'with the policy `union` a deep merge adds only missing elements, compared as JSON',
    policies: { arrays: 'union' },
    steps: [
      stored(upsert(mail('a'), { tags: [1, 1, '1', { a: 1, b: [2] }, null] })),
      profiles(
        times(2, 'Applied').map(() =>
          upsert(mail('a'), { tags: [{ b: [2], a: 1 }, 1, '1', '2', '2', false, null] }, deep)
        ),
        ['Applied', 'Applied']
      )
    ],
    people: [{ emailHashes: ['a'], profiles: { '0': { tags: [1, 1, '1', { a: 1, b: [2] }, null, '2', false] } } }]
  },
  {
    key: 'A-11.shallow',
    sentence: 'in a shallow merge arrays and objects are replaced, and keys that the line does not name stay',
    steps: [
      stored(upsert(mail('a'), { tags: [1], address: { city: 'Lyon', zip: 1 }, name: 'Ada', ['__proto__']: { a: 1 } })),
      stored(upsert(mail('a'), { tags: [2], address: { city: 'Nice' }, '': 1 }, shallow))
    ],
    people: [
      {
        emailHashes: ['a'],
        profiles: { '0': { tags: [2], address: { city: 'Nice' }, name: 'Ada', ['__proto__']: { a: 1 }, '': 1 } }
      }
    ]
  },
  {
    key: 'A-12.key',
    sentence:
      "a line selects the profile at its body's compartment and account, and inherits neither from its identifier",
    steps: [
      stored(
        upsert({ user_account_id: 'a', compartment_id: 1_000 }, { n: 0 }),
        upsert({ user_account_id: 'a', compartment_id: 1_000 }, { $compartment_id: 1_000, n: 1 }),
        upsert(
          { user_account_id: 'a', compartment_id: 1_000 },
          { $compartment_id: 1_000, $user_account_id: 'a', n: 2 }
        ),
        upsert({ user_account_id: 'a', compartment_id: 1_000 }, { $user_account_id: 'somebody else', n: 3 }),
        upsert({ user_account_id: 'a', compartment_id: 1_000 }, { $user_account_id: '__proto__', n: 4 }),
        upsert(
          { user_account_id: 'a', compartment_id: 1_000 },
          { $compartment_id: '01000', $user_account_id: null, more: 1 },
          shallow
        )
      ),
      people(
        [
          {
            accounts: ['1000:a'],
            profiles: {
              '0': { n: 0 },
              '1000': { n: 1, more: 1 },
              '1000/a': { n: 2 },
              '0/somebody else': { n: 3 },
              '0/__proto__': { n: 4 }
            }
          }
        ],
        [byAccount('0', 'a'), byAccount('0', 'somebody else'), byAccount('1000', 'somebody else')]
      ),
      profiles(
        [
          drop({ user_account_id: 'a', compartment_id: 1_000 }, { $compartment_id: 1_000 }),
          drop({ user_account_id: 'a', compartment_id: 1_000 }),
          drop({ user_account_id: 'a', compartment_id: 1_000 }, { $user_account_id: '__proto__' }),
          drop({ user_account_id: 'a', compartment_id: 1_000 }, { $user_account_id: 'Somebody else' })
        ],
        [
          ...times(3, { verdict: 'Applied', effect: { profiles: 1 } }),
          { verdict: 'NoOp NOT_FOUND', warnings: ['OTHER_PROFILES at user_profile'] }
        ]
      )
    ],
    people: [{ accounts: ['1000:a'], profiles: { '1000/a': { n: 2 }, '0/somebody else': { n: 3 } } }]
  },
  {
    key: 'A-12.all',
    sentence: 'with the policy `all` a DELETE removes every profile of the user point, and of no other',
    policies: { profileDeleteScope: 'all' },
    steps: [
      joined(join(hash('a'), agent('vec:1')), join(hash('b'))),
      stored(
        upsert(mail('a'), { n: 0 }),
        upsert(mail('a'), { $compartment_id: 7, $user_account_id: 'a', n: 1 }),
        upsert(mail('b'), { n: 2 })
      ),
      profiles(
        [drop({ user_agent_id: 'vec:1' }, { $compartment_id: 8 }), drop(mail('a'))],
        [{ verdict: 'Applied', effect: { profiles: 2 } }, 'NoOp NOT_FOUND']
      )
    ],
    people: [
      { emailHashes: ['a'], devices: [{ agents: ['vec:1'] }] },
      { emailHashes: ['b'], profiles: { '0': { n: 2 } } }
    ]
  },
  {
    key: 'A-13.one-identifier',
    sentence:
      'a line has exactly one identifier: a line with several is rejected even if they lead to one user point, and so is a line without one',
    steps: [
      joined(join(hash('a'), account('a'), agent('vec:1'))),
      profiles(
        [
          upsert({ ...mail('a'), user_account_id: 'a' }),
          upsert({ ...mail('a'), user_agent_id: 'vec:1', user_account_id: 'a' }),
          drop({ user_account_id: 'a', compartment_id: 0, user_agent_id: 'vec:1' }),
          upsert({ ...mail('a'), email_hash: null }),
          drop({}),
          upsert({ email_hash: null, user_agent_id: null, compartment_id: null, user_account_id: 'a' }, { n: 1 })
        ],
        [...times(3, 'Rejected MULTIPLE_IDENTIFIERS'), ...times(2, 'Rejected MISSING_IDENTIFIER'), 'Applied']
      ),
      segments(
        [segment({ ...mail('a'), user_agent_id: 'vec:1' }, 9), segment({}, 9)],
        ['Rejected MULTIPLE_IDENTIFIERS', 'Rejected MISSING_IDENTIFIER']
      )
    ],
    people: [{ accounts: ['0:a'], emailHashes: ['a'], devices: [{ agents: ['vec:1'] }], profiles: { '0': { n: 1 } } }]
  },
  {
    key: 'A-14.created',
    sentence:
      'an UPSERT of an unknown identifier creates the user point, the identifier and the profile; a second one finds them',
    steps: [
      profiles(
        [
          upsert({ user_account_id: 'a', compartment_id: 7 }, { n: 1 }, shallow),
          upsert(mail('a'), { n: 2 }, deep),
          upsert({ user_agent_id: 'net:9:a:b' }, { n: 3 }),
          upsert({ user_account_id: 'a', compartment_id: '7' }, { m: 1 }, shallow),
          upsert(mail('a'), { m: 2 }, deep),
          upsert({ user_agent_id: 'net:9:a:b' }, { m: 3 }, shallow),
          upsert({ user_agent_id: 'net:9:a' }, { n: 4 })
        ],
        [
          ...times(3, { verdict: 'Applied', effect: { userPointCreated: true, profileCreated: true } }),
          ...times(3, { verdict: 'Applied', effect: { userPointCreated: false, profileCreated: false } }),
          { verdict: 'Applied', effect: { userPointCreated: true, profileCreated: true } }
        ],
        { at: 5 }
      )
    ],
    people: [
      { createdAt: 5, accounts: ['7:a'], profiles: { '0': { n: 1, m: 1 } }, times: { 'profile 0': [5, 5] } },
      { createdAt: 5, emailHashes: ['a'], profiles: { '0': { n: 2, m: 2 } } },
      { createdAt: 5, devices: [{ agents: ['net:9:a:b'] }], profiles: { '0': { n: 3, m: 3 } } },
      { createdAt: 5, devices: [{ agents: ['net:9:a'] }], profiles: { '0': { n: 4 } } }
    ]
  },
  {
    key: 'A-14.unknown-device-point',
    sentence: "a device point's id creates no user point, in any document",
    steps: [
      profiles([upsert({ user_agent_id: 'udp:7' })], ['Rejected UNKNOWN_DEVICE_POINT at user_agent_id']),
      segments([segment({ user_agent_id: mintedDevice(0) }, 9)], ['Rejected UNKNOWN_DEVICE_POINT at user_agent_id']),
      associations(
        [join(agent('vec:1'), agent('udp:7')), join(agent('udp:vec:1'))],
        [
          'Rejected UNKNOWN_DEVICE_POINT at identifiers[1].user_agent_id',
          'Rejected UNKNOWN_DEVICE_POINT at identifiers[0].user_agent_id'
        ]
      )
    ],
    people: [],
    nowhere: [byAgent('vec:1')]
  },
  {
    key: 'A-15.device-point',
    sentence: 'a profile line may name a device point by its own id, and then selects its user point',
    steps: [
      stored(upsert({ user_agent_id: 'vec:1' }, { n: 1 }), upsert(mail('a'), { n: 2 })),
      people([
        { devices: [{ id: mintedDevice(0), agents: ['vec:1'] }], profiles: { '0': { n: 1 } } },
        { emailHashes: ['a'], profiles: { '0': { n: 2 } } }
      ]),
      profiles(
        [
          upsert({ user_agent_id: mintedDevice(0) }, { m: 1 }, shallow),
          drop({ user_agent_id: mintedDevice(1) }),
          upsert({ user_agent_id: mintedDevice(0).slice(0, -1) })
        ],
        [
          { verdict: 'Applied', effect: { userPoint: mintedId(1), userPointCreated: false } },
          'NoOp NOT_FOUND',
          'Rejected UNKNOWN_DEVICE_POINT at user_agent_id'
        ]
      )
    ],
    people: [
      { devices: [{ id: mintedDevice(0), agents: ['vec:1'] }], profiles: { '0': { n: 1, m: 1 } } },
      { emailHashes: ['a'], profiles: { '0': { n: 2 } } }
    ]
  },
  {
    key: 'A-20.kinds',
    sentence: 'if the old and the new value at a place are of different kinds, the new one replaces the old one',
    steps: [
      stored(
        upsert(mail('a'), { a: 1, b: { x: 1 }, c: [1], d: { in: [1], of: { y: 1 }, at: 'x' }, e: [{ z: 1 }], f: '' })
      ),
      stored(
        upsert(
          mail('a'),
          { a: { x: 1 }, b: [2], c: 'x', d: { in: { y: 2 }, of: 3, at: [4] }, e: { z: 2 }, f: false },
          deep
        )
      )
    ],
    people: [
      {
        emailHashes: ['a'],
        profiles: { '0': { a: { x: 1 }, b: [2], c: 'x', d: { in: { y: 2 }, of: 3, at: [4] }, e: { z: 2 }, f: false } }
      }
    ]
  },
  {
    key: 'A-21.overrides',
    sentence: '`null` in a body is stored and overrides, in every merge strategy, and never deletes',
    steps: [
      stored(
        upsert(mail('a'), { a: null, b: { c: null } }),
        upsert(mail('b'), { a: 1, b: { c: 1, d: 1 } }),
        upsert(mail('b'), { a: null, b: null }, shallow),
        upsert(mail('c'), { a: 1, b: { c: { x: 1 }, d: [1] }, e: null }),
        upsert(mail('c'), { a: null, b: { c: null, d: null }, e: { f: null } }, deep)
      )
    ],
    people: [
      { emailHashes: ['a'], profiles: { '0': { a: null, b: { c: null } } } },
      { emailHashes: ['b'], profiles: { '0': { a: null, b: null } } },
      { emailHashes: ['c'], profiles: { '0': { a: null, b: { c: null, d: null }, e: { f: null } } } }
    ]
  },
  {
    key: 'A-21.any-value',
    sentence: 'any JSON in a body is returned unchanged, also after a merge of keys with itself',
    runs: 10,
    stories: fc
      .oneof(body(), fc.constantFrom(...hostileBodies.slice(0, 7)))
      .filter(isData)
      .map((properties) => ({
        steps: [stored(upsert(mail('a'), properties), upsert(mail('a'), properties, shallow))],
        people: [{ emailHashes: ['a'], profiles: { '0': properties } }]
      }))
  },
  {
    key: 'A-22.must-say-how',
    sentence: 'an UPSERT without a merge strategy is rejected; a DELETE needs none',
    steps: [
      stored(upsert(mail('a'), { n: 1 })),
      profiles(
        [
          upsert(mail('a'), { n: 2 }, {}),
          upsert(mail('a'), { n: 2 }, { force_replace: null }),
          upsert(mail('a'), { n: 2 }, { merge_objects: true }),
          upsert(mail('b'), { n: 2 }, {}),
          { ...drop(mail('a')), force_replace: false }
        ],
        [...times(4, 'Rejected MISSING_FORCE_REPLACE at force_replace'), 'Applied']
      )
    ],
    people: [{ emailHashes: ['a'] }],
    nowhere: [byHash('b')]
  },
  ...(
    [
      ['replace', { list: [2] }],
      ['shallow', { n: 1, list: [2] }],
      ['deep', { n: 1, list: [1, 2] }]
    ] as const
  ).map(
    ([defaultStrategy, properties]): Scenario => ({
      key: `A-22.default-${defaultStrategy}`,
      sentence: `with the policy \`defaultStrategy: ${defaultStrategy}\` an UPSERT without a merge strategy has that meaning`,
      policies: { defaultStrategy },
      steps: [
        stored(upsert(mail('a'), { n: 1, list: [1] })),
        profiles(
          [
            upsert(mail('a'), { list: [2] }, {}),
            upsert(mail('a'), { n: 2 }, { merge_objects: true }),
            upsert(mail('b'), { n: 3 }, shallow)
          ],
          ['Applied', 'Rejected MISSING_FORCE_REPLACE at force_replace', 'Applied']
        )
      ],
      people: [
        { emailHashes: ['a'], profiles: { '0': properties } },
        { emailHashes: ['b'], profiles: { '0': { n: 3 } } }
      ]
    })
  ),
  {
    key: 'A-23.merge-objects',
    sentence:
      '`merge_objects` beside `force_replace: true` is ignored with a warning; a value that is not a boolean rejects the line',
    steps: [
      stored(upsert(mail('a'), { list: [1], kept: true })),
      profiles(
        [
          upsert(mail('a'), { list: [2] }, { force_replace: true, merge_objects: true }),
          upsert(mail('a'), { list: [3] }, { force_replace: false, merge_objects: false }),
          upsert(mail('a'), {}, { force_replace: 'true' }),
          upsert(mail('a'), {}, { force_replace: 0 }),
          upsert(mail('a'), {}, { force_replace: false, merge_objects: 'true' }),
          upsert(mail('a'), { n: 1 }, { force_replace: true, merge_objects: false })
        ],
        [
          { verdict: 'Applied', warnings: ['IGNORED_FIELD at merge_objects'] },
          'Applied',
          ...times(2, 'Rejected BAD_FIELD at force_replace'),
          'Rejected BAD_FIELD at merge_objects',
          'Applied'
        ]
      )
    ],
    people: [{ emailHashes: ['a'], profiles: { '0': { n: 1 } } }]
  },
  {
    key: 'A-24.strategies',
    sentence:
      '`FORCE_REPLACE` replaces and `PARTIAL_UPDATE` merges deeply; an unknown strategy, or one beside the older fields, rejects the line',
    steps: [
      profiles(
        [
          withStrategy('FORCE_REPLACE', { list: [1], in: { a: 1 } }),
          withStrategy('PARTIAL_UPDATE', { list: [2], in: { b: 2 } }),
          withStrategy('PARTIAL_UPDATE', { n: 1 }, mail('b')),
          { ...withStrategy('PARTIAL_UPDATE', {}), force_replace: false },
          { ...withStrategy('FORCE_REPLACE', {}), merge_objects: true },
          withStrategy('partial_update', {}),
          withStrategy('toString', {}),
          withStrategy('FORCE_REPLACE', { m: 2 }, mail('b'))
        ],
        [
          ...times(3, 'Applied'),
          ...times(2, 'Rejected CONFLICTING_FIELDS at update_strategy'),
          ...times(2, 'Rejected BAD_FIELD at update_strategy'),
          'Applied'
        ]
      )
    ],
    people: [
      { emailHashes: ['a'], profiles: { '0': { list: [1, 2], in: { a: 1, b: 2 } } } },
      { emailHashes: ['b'], profiles: { '0': { m: 2 } } }
    ]
  },
  {
    key: 'A-24.partial-delete',
    sentence:
      '`PARTIAL_DELETE` removes keys, equal elements, and values of another kind than in the body; it never creates',
    steps: [
      stored(
        upsert(mail('a'), {
          tags: ['a', 'b', 1, 'a', { x: [1] }],
          address: { city: 'Lyon', zip: '69001', ['__proto__']: 1 },
          phones: ['1'],
          name: 'Ada',
          nothing: null,
          kept: 1
        })
      ),
      profiles(
        [
          withStrategy('PARTIAL_DELETE', {
            tags: ['a', '1', { x: [1] }],
            address: { zip: null, ['__proto__']: 2, none: 1 },
            phones: true,
            name: { of: 'another kind' },
            nothing: null,
            absent: [1]
          }),
          withStrategy('PARTIAL_DELETE', { tags: ['a'], name: null }),
          withStrategy('PARTIAL_DELETE', {}),
          withStrategy('PARTIAL_DELETE', { $compartment_id: 7, kept: null }),
          withStrategy('PARTIAL_DELETE', { kept: null }, { user_agent_id: 'udp:7' })
        ],
        [
          'Applied',
          ...times(2, 'NoOp UNCHANGED'),
          { verdict: 'NoOp NOT_FOUND', warnings: ['OTHER_PROFILES at user_profile'] },
          'NoOp NOT_FOUND'
        ]
      )
    ],
    people: [{ emailHashes: ['a'], profiles: { '0': { tags: ['b', 1], address: { city: 'Lyon' }, kept: 1 } } }]
  },
  {
    key: 'A-25.system-fields',
    sentence:
      "the system's own fields of a body are ignored: creation is set once and modification by each UPSERT; other `$` keys are data",
    steps: [
      profiles(
        [
          upsert(mail('a'), {
            $creation_ts: 5,
            $last_modified_ts: 6,
            $expiration_ts: 7,
            $rank: 1,
            n: { $creation_ts: 8 }
          })
        ],
        ['Applied'],
        { at: 10 }
      ),
      people([
        {
          createdAt: 10,
          emailHashes: ['a'],
          profiles: { '0': { $rank: 1, n: { $creation_ts: 8 } } },
          times: { 'profile 0': [10, 10] }
        }
      ]),
      profiles([upsert(mail('a'), { $creation_ts: 'x', $rank: 2 }, shallow)], ['Applied'], { at: 20 }),
      profiles([upsert(mail('a'), { $compartment_id: 7, $last_modified_ts: null })], ['Applied'], { at: 30 }),
      people([
        {
          createdAt: 10,
          emailHashes: ['a'],
          profiles: { '0': { $rank: 2, n: { $creation_ts: 8 } }, 7: {} },
          times: { 'profile 0': [10, 20], 'profile 7': [30, 30] }
        }
      ]),
      profiles([upsert(mail('a'), { $expiration_ts: beginning })], ['Applied'], { at: 40 })
    ],
    people: [
      {
        createdAt: 10,
        emailHashes: ['a'],
        profiles: { '0': {}, 7: {} },
        times: { 'profile 0': [10, 40], 'profile 7': [30, 30] }
      }
    ]
  },
  {
    key: 'A-26.no-data',
    sentence:
      "a profile's key is not part of its data: no merge moves a profile, and properties with such names are data",
    steps: [
      stored(
        upsert(mail('a'), {
          $compartment_id: 7,
          $user_account_id: 'x',
          compartment: 8,
          accountId: 'y',
          createdAt: 1,
          modifiedAt: 2
        }),
        upsert(
          mail('a'),
          { $compartment_id: '7', $user_account_id: 'x', properties: { $compartment_id: 9 }, id: 'z', version: 3 },
          deep
        )
      ),
      profiles(
        [
          upsert(mail('a'), { $compartment_id: 9, n: 1 }, shallow),
          drop(mail('a'), { $compartment_id: 8, $user_account_id: 'y' })
        ],
        [
          { verdict: 'Applied', effect: { profileCreated: true } },
          { verdict: 'NoOp NOT_FOUND', warnings: ['OTHER_PROFILES at user_profile'] }
        ]
      )
    ],
    people: [
      {
        emailHashes: ['a'],
        profiles: {
          '7/x': {
            compartment: 8,
            accountId: 'y',
            createdAt: 1,
            modifiedAt: 2,
            properties: { $compartment_id: 9 },
            id: 'z',
            version: 3
          },
          '9': { n: 1 }
        }
      }
    ]
  },
  {
    key: 'A-27.body',
    sentence:
      'a body is mandatory on UPSERT and an object; `{}` empties a profile with `force_replace`, and keeps it in a merge',
    steps: [
      stored(upsert(mail('a'), { n: 1 }), upsert(mail('b'), { n: 2 })),
      profiles(
        [
          { operation: 'UPSERT', ...mail('a'), force_replace: true },
          { operation: 'UPSERT', ...mail('a'), force_replace: true, user_profile: null },
          { operation: 'UPSERT', ...mail('a'), force_replace: true, user_profile: [] },
          { operation: 'UPSERT', ...mail('a'), force_replace: true, user_profile: '{}' },
          { operation: 'DELETE', ...mail('a'), user_profile: [] },
          upsert(mail('a')),
          upsert(mail('b'), {}, shallow),
          upsert(mail('b'), {}, deep),
          upsert(mail('c'), {}, shallow)
        ],
        [
          ...times(2, 'Rejected MISSING_FIELD at user_profile'),
          ...times(3, 'Rejected BAD_FIELD at user_profile'),
          ...times(4, 'Applied')
        ],
        { at: 10 }
      )
    ],
    people: [
      { emailHashes: ['a'], profiles: { '0': {} }, times: { 'profile 0': [0, 10] } },
      { emailHashes: ['b'], profiles: { '0': { n: 2 } }, times: { 'profile 0': [0, 10] } },
      { emailHashes: ['c'], profiles: { '0': {} } }
    ]
  },
  {
    key: 'A-29.opaque',
    sentence:
      'an e-mail hash is text that is compared exactly: an address is not a hash, and a hash in another case is a different one',
    steps: [
      stored(
        upsert(mail('5F0CV77')),
        upsert(mail('5f0cv77')),
        upsert(mail('Ada@X.y')),
        upsert(mail('ada@x.y')),
        upsert(mail(' ada@x.y')),
        upsert(mail('0e1')),
        upsert(mail('0'))
      ),
      identifierDeletions(
        [hash('5f0cV77'), hash('ada@x.y'), hash('00')],
        ['NoOp NOT_FOUND', 'Applied', 'NoOp NOT_FOUND']
      )
    ],
    people: [
      { emailHashes: ['5F0CV77'], profiles: { '0': {} } },
      { emailHashes: ['5f0cv77'], profiles: { '0': {} } },
      { emailHashes: ['Ada@X.y'], profiles: { '0': {} } },
      { profiles: { '0': {} } },
      { emailHashes: [' ada@x.y'], profiles: { '0': {} } },
      { emailHashes: ['0e1'], profiles: { '0': {} } },
      { emailHashes: ['0'], profiles: { '0': {} } }
    ]
  }
]
