/** Insider's dialect: whom a request means, what a deletion of attributes does, and requests as a whole. */
import type { JsonObject } from '@userpoint/core'
import fc from 'fast-check'
import { body } from '../../hostile.ts'
import type { Person } from '../person.ts'
import type { Scenario } from '../scenario.ts'
import type { ExpectedVerdict, Story, UsersStep } from '../story.ts'
import {
  anonymiseUser,
  attributed,
  byHash,
  byId,
  byName,
  deleteAttributes,
  deleteIdentifiers,
  deleteUser,
  hash,
  identifierDeletions,
  join,
  joined,
  mail,
  mintedId,
  people,
  point,
  pointDeletions,
  profiles,
  refused,
  shows,
  stored,
  times,
  updateIdentifier,
  upsert,
  upsertUsers,
  user,
  withCard
} from './steps.ts'

const ada = { email: 'ada@x.y' }
const bob = { email: 'bob@x.y' }
const u = { uuid: 'u' }

const either = 'either insider_id or idenifiers must be specified'

/** One user, what is stored of them, what is to go, and what is left. */
const deletion = (
  attributes: JsonObject,
  plan: object,
  verdict: ExpectedVerdict,
  left: JsonObject,
  settings: NonNullable<UsersStep['settings']> = {}
): Story => ({
  settings,
  steps: [upsertUsers([attributed(u, attributes)], ['Applied']), deleteAttributes([user(u, plan)], [verdict])],
  people: [{ named: { uuid: ['u'] }, profiles: { '0': left } }]
})

/** Several such in one story, each a user of its own. */
const deletions = (
  cases: ReadonlyArray<readonly [attributes: JsonObject, plan: object, verdict: ExpectedVerdict, left: JsonObject]>,
  settings: NonNullable<UsersStep['settings']> = {}
): Story => ({
  settings,
  steps: [
    upsertUsers(
      cases.map(([attributes], n) => attributed({ uuid: `${n}` }, attributes)),
      times(cases.length, 'Applied')
    ),
    deleteAttributes(
      cases.map(([, plan], n) => user({ uuid: `${n}` }, plan)),
      cases.map(([, , verdict]) => verdict)
    )
  ],
  people: cases.map(([, , , left], n): Person => ({ named: { uuid: [`${n}`] }, profiles: { '0': left } }))
})

// SHA-256 of the addresses in lower case.
const hashOfAda = '706acf393fa7e0321837600572302b2c089ee2a3e733a1cc34aa3b4d1d8c84d1'
const hashOfBob = 'f105a4cc03d829b371e30468d82173752000494c5e269ca22b21d8ac8694e320'

const purchase = { event_group_id: 'o1', unit_sale_price: 9.5 }

const ageless = user(u, { whole: ['age'] })

const twoUsers = upsertUsers(
  [attributed(ada, { age: 1 }), attributed({ uuid: 'b' }, { age: 2 })],
  ['Applied', 'Applied']
)

const adaAged: Person = { named: { email: ['ada@x.y'] }, profiles: { '0': { age: 1 } } }
const bAged: Person = { named: { uuid: ['b'] }, profiles: { '0': { age: 2 } } }

export const insiderScenarios: ReadonlyArray<Scenario> = [
  {
    key: 'B-01.conflict',
    sentence: 'identifiers that lead to different users reject the user, and the users are neither changed nor merged',
    steps: [
      twoUsers,
      deleteAttributes(
        [user({ uuid: 'b', ...ada }, { whole: ['age'] }), user({ ...ada, uuid: 'b' }, { whole: ['none'] })],
        times(2, 'Rejected IDENTIFIER_CONFLICT')
      ),
      deleteUser(user({ uuid: 'b', ...ada }), 'Rejected IDENTIFIER_CONFLICT'),
      shows(user({ uuid: 'b', ...ada }), 'Rejected IDENTIFIER_CONFLICT'),
      deleteIdentifiers({ identifiers: { uuid: 'b', ...ada } }, 'Rejected IDENTIFIER_CONFLICT', {
        settings: { onConflict: 'priority' }
      })
    ],
    people: [adaAged, bAged]
  },
  {
    key: 'B-01.priority',
    sentence:
      'with the setting `priority` the first known identifier in the configured order decides, not the order of keys',
    settings: { onConflict: 'priority' },
    steps: [
      twoUsers,
      deleteAttributes(
        [
          user({ uuid: 'b', ...ada }, { whole: ['age'] }),
          user({ ...bob, phone_number: '+1234567', uuid: 'b' }, { whole: ['none'] })
        ],
        ['Applied', 'NoOp UNCHANGED']
      ),
      shows(user({ uuid: 'b', ...ada }), { insider_id: mintedId(0), attributes: { email: 'ada@x.y' } }),
      deleteUser(
        user({ ...ada, uuid: 'b' }),
        { verdict: 'Applied', effect: { userPoint: mintedId(1) } },
        {
          settings: { identifiers: [{ name: 'uuid' }, { name: 'email' }] }
        }
      )
    ],
    people: [{ named: { email: ['ada@x.y'] }, profiles: { '0': {} } }]
  },
  {
    key: 'B-02.unknown',
    sentence: 'unknown identifiers are ignored, and a deletion attaches none',
    steps: [
      twoUsers,
      deleteAttributes(
        [
          user({ ...ada, uuid: 'new', phone_number: '+1234567' }, { whole: ['age'] }),
          user({ uuid: 'new' }, { whole: ['age'] })
        ],
        ['Applied', 'NoOp NOT_FOUND']
      ),
      deleteUser(user({ uuid: 'b', ...bob }), 'Applied')
    ],
    people: [{ named: { email: ['ada@x.y'] }, profiles: { '0': {} } }],
    nowhere: [byName('uuid', 'new'), byName('phone_number', '+1234567'), byName('email', 'bob@x.y')]
  },
  {
    key: 'B-03.not-listed',
    sentence: 'identifiers that the settings do not list are ignored; a user with no other is rejected',
    settings: { identifiers: [{ name: 'uuid' }, { name: 'email', custom: true }] },
    steps: [
      upsertUsers(
        [
          attributed({ uuid: 'a', ...ada, custom: { email: 'of the customer', card: '1' } }, { age: 1 }),
          attributed(ada, { age: 2 }),
          attributed({ custom: { card: '1' } }, { age: 3 }),
          // Nothing of what is ignored is looked at.
          attributed({ uuid: 'b', email: 'no address', phone_number: 7 }, { age: 4 }),
          attributed({ uuid: 'c', card: '1' }, { age: 5 })
        ],
        [
          'Applied',
          ...times(2, 'Rejected NO_VALID_IDENTIFIER at identifiers'),
          'Applied',
          'Rejected UNKNOWN_IDENTIFIER at identifiers.card'
        ]
      ),
      deleteAttributes(
        [user(ada, { whole: ['age'] }), user({ ...bob, custom: { email: 'of the customer' } }, { whole: ['age'] })],
        ['Rejected NO_VALID_IDENTIFIER at identifiers', 'Applied']
      )
    ],
    people: [
      { named: { uuid: ['a'], 'custom.email': ['of the customer'] }, profiles: { '0': {} } },
      { named: { uuid: ['b'] }, profiles: { '0': { age: 4 } } }
    ],
    nowhere: [byName('email', 'ada@x.y'), byName('custom.card', '1'), byName('email', 'of the customer')]
  },
  {
    key: 'B-04.decisive',
    sentence:
      '`insider_id` is decisive: if it is unknown, no user is selected, and an identifier of another user is a conflict with any settings',
    settings: { onConflict: 'priority' },
    steps: [
      twoUsers,
      deleteAttributes(
        [
          { insider_id: mintedId(0), identifiers: { uuid: 'b' }, whole: ['age'] },
          { insider_id: mintedId(7), identifiers: ada, whole: ['age'] },
          { insider_id: mintedId(0).toUpperCase(), identifiers: { uuid: 'new' }, whole: ['age'] },
          { insider_id: mintedId(0), identifiers: { phone_number: '7' }, whole: ['age'] },
          { insider_id: 7, whole: ['age'] }
        ],
        [
          'Rejected IDENTIFIER_CONFLICT',
          { verdict: 'NoOp NOT_FOUND', warnings: ['OTHER_USER at identifiers'] },
          'Applied',
          'Rejected INVALID_PHONE_NUMBER at identifiers.phone_number',
          'Rejected BAD_FIELD at insider_id'
        ]
      ),
      upsertUsers(
        [
          { insider_id: mintedId(0), identifiers: { uuid: 'b' }, attributes: { n: 1 } },
          { insider_id: mintedId(0), identifiers: { phone_number: '+1234567' }, attributes: { n: 3 } },
          { insider_id: mintedId(0), attributes: { m: 4 } }
        ],
        ['Rejected IDENTIFIER_CONFLICT', 'Applied', 'Applied']
      ),
      deleteUser({ insider_id: mintedId(1), identifiers: ada }, 'Rejected IDENTIFIER_CONFLICT'),
      deleteUser(
        { insider_id: mintedId(7), identifiers: ada },
        { verdict: 'NoOp NOT_FOUND', warnings: ['OTHER_USER at identifiers'] }
      ),
      deleteUser({ insider_id: mintedId(7), identifiers: bob }, 'NoOp NOT_FOUND'),
      shows({ insider_id: mintedId(7), identifiers: ada }, null)
    ],
    people: [{ named: { email: ['ada@x.y'], phone_number: ['+1234567'] }, profiles: { '0': { n: 3, m: 4 } } }, bAged],
    nowhere: [byName('uuid', 'new'), byId(mintedId(7))]
  },
  {
    key: 'B-04.neither',
    sentence: 'a user with neither `insider_id` nor identifiers is rejected with the documented pair of errors',
    steps: [
      deleteAttributes(
        [
          { whole: ['age'] },
          user({}, { whole: ['age'] }),
          { insider_id: null, identifiers: { uuid: null, custom: {} }, whole: ['age'] }
        ],
        times(3, 'Rejected MISSING_IDENTITY'),
        {
          errors: Object.fromEntries(
            [0, 1, 2].flatMap((n) => [
              [`users.${n}.identifiers.required`, [either]],
              [`users.${n}.insider_id.required`, [either]]
            ])
          )
        }
      ),
      upsertUsers([{ attributes: { age: 1 } }], ['Rejected MISSING_IDENTITY'], {
        errors: { 'users.0.identifiers.required': [either], 'users.0.insider_id.required': [either] }
      }),
      deleteUser({}, 'Rejected MISSING_IDENTITY'),
      deleteIdentifiers({ identifiers: {} }, 'Rejected MISSING_IDENTITY'),
      shows({}, 'Rejected MISSING_IDENTITY')
    ],
    people: []
  },
  {
    key: 'B-05.missing',
    sentence: 'a missing user is a no-op: no user is created, and the other users of the request are applied',
    steps: [
      twoUsers,
      stored(upsert(mail('a'), { $compartment_id: 7, age: 3 })),
      deleteAttributes(
        [
          user(bob, { whole: ['age'] }),
          { insider_id: 'nobody', whole: ['age'] },
          // There is no profile at the default key.
          { insider_id: mintedId(2), whole: ['age'] },
          user(ada, { whole: ['age'] })
        ],
        [
          ...times(2, 'NoOp NOT_FOUND'),
          { verdict: 'NoOp NOT_FOUND', warnings: ['OTHER_PROFILES at attributes'] },
          'Applied'
        ],
        { errors: {} }
      ),
      deleteUser(user(bob), 'NoOp NOT_FOUND'),
      deleteIdentifiers({ identifiers: bob }, 'NoOp NOT_FOUND'),
      updateIdentifier({ old_identifier: bob, new_identifier: { email: 'new@x.y' } }, 'NoOp NOT_FOUND'),
      shows(user(bob), null)
    ],
    people: [
      { named: { email: ['ada@x.y'] }, profiles: { '0': {} } },
      bAged,
      { emailHashes: ['a'], profiles: { '7': { age: 3 } } }
    ],
    nowhere: [byName('email', 'bob@x.y'), byName('email', 'new@x.y')]
  },
  {
    key: 'B-05.upsert',
    sentence:
      'an upsert with an unknown `insider_id` rejects the user; with identifiers beside it, those decide, with a warning',
    steps: [
      twoUsers,
      upsertUsers(
        [
          { insider_id: 'stale', attributes: { n: 1 } },
          { insider_id: 'stale', identifiers: {}, attributes: { n: 2 } },
          { insider_id: 'stale', identifiers: ada, attributes: { n: 3 } },
          { insider_id: 'stale', identifiers: bob, attributes: { n: 4 } }
        ],
        [
          ...times(2, 'Rejected UNKNOWN_USER_POINT at insider_id'),
          {
            verdict: 'Applied',
            effect: { userPointCreated: false },
            warnings: ['UNKNOWN_USER_POINT at insider_id']
          },
          { verdict: 'Applied', effect: { userPointCreated: true }, warnings: ['UNKNOWN_USER_POINT at insider_id'] }
        ]
      )
    ],
    people: [
      { named: { email: ['ada@x.y'] }, profiles: { '0': { age: 1, n: 3 } } },
      bAged,
      { named: { email: ['bob@x.y'] }, profiles: { '0': { n: 4 } } }
    ],
    nowhere: [byId('stale')]
  },
  {
    key: 'B-06.absent',
    sentence: 'a missing attribute is ignored; if all are missing, the user is a no-op',
    ...deletions([
      [{ age: 1 }, { whole: ['name', 'toString'], custom: { partial: { tags: [1] } } }, 'NoOp UNCHANGED', { age: 1 }],
      [{ age: 1 }, { whole: ['name', 'age'] }, 'Applied', {}],
      [{ age: 1 }, { partial: { age2: [] } }, 'NoOp UNCHANGED', { age: 1 }],
      [{ tags: [1] }, { partial: { tags: [] } }, 'NoOp UNCHANGED', { tags: [1] }]
    ])
  },
  {
    key: 'B-07.identifying',
    sentence: 'an attribute that is an identifier of the user rejects the user, and nothing of that user changes',
    settings: { identifiers: [{ name: 'uuid' }, { name: 'card', custom: true }] },
    steps: [
      upsertUsers(
        [
          attributed({ ...u, custom: { card: 'c' } }, { age: 1, email: 'x', card: 2, custom: { uuid: 'y', size: 'S' } })
        ],
        ['Applied']
      ),
      deleteAttributes(
        [
          user(u, { whole: ['age', 'uuid'] }),
          user(u, { whole: ['age'], partial: { uuid: ['u'] } }),
          user(u, { whole: ['age'], custom: { whole: ['card'] } }),
          // These names identify in the other name space, or nowhere.
          user(u, { whole: ['email', 'card'], custom: { whole: ['uuid'] } })
        ],
        [
          ...times(2, 'Rejected IDENTIFIER_ATTRIBUTE at uuid'),
          'Rejected IDENTIFIER_ATTRIBUTE at custom.card',
          'Applied'
        ]
      )
    ],
    people: [{ named: { uuid: ['u'], 'custom.card': ['c'] }, profiles: { '0': { age: 1, custom: { size: 'S' } } } }]
  },
  {
    key: 'B-07.unheld',
    sentence:
      'a property of such a name is an ordinary attribute if the user has no such identifier, and so is a `custom` that is not an object',
    steps: [
      stored(
        upsert(mail('a'), { email: 'x', uuid: ['u', 'v'], custom: ['c', 'd'] }),
        upsert(mail('b'), { custom: 1, n: 1 }),
        upsert(mail('c'), { $compartment_id: 7, n: 1 })
      ),
      upsertUsers([{ insider_id: mintedId(2), identifiers: u, attributes: {} }], ['Applied']),
      deleteAttributes(
        [
          {
            insider_id: mintedId(0),
            whole: ['email'],
            partial: { uuid: ['u'], custom: ['c'] }
          },
          { insider_id: mintedId(1), whole: ['custom'], custom: { whole: ['n'] } },
          { insider_id: mintedId(1), partial: { n: [1] }, custom: { whole: ['n'] } },
          user(u, { whole: ['uuid'] })
        ],
        [
          'Applied',
          { verdict: 'Applied', warnings: ['OTHER_NAMESPACE at custom.n'] },
          { verdict: 'NoOp UNCHANGED', warnings: ['NOT_AN_ARRAY at n', 'OTHER_NAMESPACE at custom.n'] },
          'Rejected IDENTIFIER_ATTRIBUTE at uuid'
        ]
      )
    ],
    people: [
      { emailHashes: ['a'], profiles: { '0': { uuid: ['v'], custom: ['d'] } } },
      { emailHashes: ['b'], profiles: { '0': { n: 1 } } },
      { emailHashes: ['c'], named: { uuid: ['u'] }, profiles: { '0': {}, '7': { n: 1 } } }
    ]
  },
  {
    key: 'B-08.whole',
    sentence: 'an attribute in both `whole` and `partial` is deleted whole, in either name space and of any kind',
    ...deletions([
      [
        { tags: [1, 2], custom: { tags: [1, 2], n: 1 } },
        { partial: { tags: [1] }, whole: ['tags'], custom: { whole: ['tags'], partial: { tags: [3] } } },
        'Applied',
        { custom: { n: 1 } }
      ],
      [{ name: 'Ada' }, { whole: ['name'], partial: { name: ['Ada'] } }, 'Applied', {}],
      [{ n: 1 }, { whole: ['name'], partial: { name: ['Ada'] } }, 'NoOp UNCHANGED', { n: 1 }]
    ])
  },
  {
    key: 'B-09.scalars',
    sentence: 'values are removed only from arrays: another value stays, even if it is equal, with a warning',
    ...deletions([
      [
        { name: 'Ada', age: 1 },
        { whole: ['age'], partial: { name: ['Ada'] } },
        { verdict: 'Applied', warnings: ['NOT_AN_ARRAY at name'] },
        { name: 'Ada' }
      ],
      [
        { custom: { of: { a: 1 }, nothing: null } },
        { custom: { partial: { of: ['a', { a: 1 }], nothing: [null] } } },
        { verdict: 'NoOp UNCHANGED', warnings: ['NOT_AN_ARRAY at custom.of', 'NOT_AN_ARRAY at custom.nothing'] },
        { custom: { of: { a: 1 }, nothing: null } }
      ]
    ])
  },
  {
    key: 'B-09.strict',
    sentence:
      'with the setting `reject` a removal of values from a property that is not an array rejects the user, and nothing changes',
    ...deletions(
      [
        [
          { name: 'Ada', age: 1 },
          { whole: ['age'], partial: { name: ['Ada'] } },
          'Rejected NOT_AN_ARRAY at name',
          { name: 'Ada', age: 1 }
        ],
        [{ name: 'Ada' }, { whole: ['name'], partial: { name: ['Ada'] } }, 'Applied', {}],
        [{ age: 1 }, { whole: ['age'], partial: { name: ['Ada'] } }, 'Applied', {}]
      ],
      { partialOnScalar: 'reject' }
    )
  },
  {
    key: 'B-10.emptied',
    sentence: 'an array whose last element was removed stays, empty',
    ...deletion(
      { tags: [1, 1], custom: { tags: ['a'], none: [] } },
      { partial: { tags: [1] }, custom: { partial: { tags: ['a'], none: ['a'] } } },
      'Applied',
      { tags: [], custom: { tags: [], none: [] } }
    )
  },
  {
    key: 'B-10.dropped',
    sentence:
      'with the setting `drop` an array that loses its last element is deleted, and one that was empty before stays',
    ...deletion(
      { tags: [1, 1], custom: { tags: ['a'], none: [], some: [1, 2] } },
      { partial: { tags: [1] }, custom: { partial: { tags: ['a'], none: ['a'], some: [1] } } },
      'Applied',
      { custom: { none: [], some: [2] } },
      { emptiedArray: 'drop' }
    )
  },
  {
    key: 'B-11.equal',
    sentence: 'values are compared as JSON, every occurrence is removed, and the rest keeps its order',
    ...deletions([
      [
        { ids: [1, '1', 2, 1, true, null, 0] },
        { partial: { ids: [1, null, '0', 'true'] } },
        'Applied',
        { ids: ['1', 2, true, 0] }
      ],
      [
        { list: [{ a: [1], b: 2 }, { a: [2], b: 2 }, [1, 2], [2, 1], { ['__proto__']: 1 }, {}] },
        { partial: { list: [{ b: 2, a: [1] }, [2, 1], {}] } },
        'Applied',
        { list: [{ a: [2], b: 2 }, [1, 2], { ['__proto__']: 1 }] }
      ],
      [
        { texts: ['\u00e9', 'e\u0301', 'k', 'K', '\u212a', 'k '] },
        { partial: { texts: ['e\u0301', 'K'] } },
        'Applied',
        { texts: ['\u00e9', 'k', '\u212a', 'k '] }
      ]
    ])
  },
  {
    key: 'B-11.any-value',
    sentence: 'any stored element is removed by an equal value, and no other element is',
    runs: 6,
    stories: fc
      .tuple(body(), body())
      .map(([gone, kept]) =>
        deletion(
          { list: [[gone], kept, [gone]], custom: { list: [gone] } },
          { partial: { list: [[gone], { ...kept, more: 1 }] }, custom: { partial: { list: [gone, kept] } } },
          'Applied',
          { list: [kept], custom: { list: [] } }
        )
      )
  },
  {
    key: 'B-12.single',
    sentence: 'a single value instead of an array rejects the user, and nothing of that user changes',
    ...deletions([
      [
        { age: 1, list_id: [1] },
        { whole: ['age'], partial: { list_id: 1 } },
        'Rejected ARRAY_EXPECTED at partial.list_id',
        { age: 1, list_id: [1] }
      ],
      [
        { age: 1, custom: { tags: ['a'] } },
        { whole: ['age'], custom: { partial: { tags: 'a' } } },
        'Rejected ARRAY_EXPECTED at custom.partial.tags',
        { age: 1, custom: { tags: ['a'] } }
      ],
      [{ age: 1 }, { whole: 'age' }, 'Rejected ARRAY_EXPECTED at whole', { age: 1 }],
      [{ age: 1 }, { whole: ['age', 1] }, 'Rejected ARRAY_EXPECTED at whole', { age: 1 }],
      [{ age: 1 }, { whole: ['age'], partial: ['age'] }, 'Rejected BAD_FIELD at partial', { age: 1 }],
      [{ age: 1 }, { whole: ['age'], custom: ['age'] }, 'Rejected BAD_FIELD at custom', { age: 1 }]
    ])
  },
  {
    key: 'B-12.wrapped',
    sentence: 'with the setting `wrap` a single value counts as an array of one; `whole` must be an array nevertheless',
    ...deletions(
      [
        [
          { list_id: [1, 2, 1], custom: { of: [{ a: 1 }, null] } },
          { partial: { list_id: 1 }, custom: { partial: { of: { a: 1 } } } },
          'Applied',
          { list_id: [2], custom: { of: [null] } }
        ],
        [{ age: 1 }, { whole: 'age' }, 'Rejected ARRAY_EXPECTED at whole', { age: 1 }]
      ],
      { singleValue: 'wrap' }
    )
  },
  {
    key: 'B-13.nothing',
    sentence: 'a user with nothing to delete is rejected',
    ...deletions(
      [{}, { whole: [] }, { whole: null, partial: {}, custom: { whole: [], partial: null } }, { custom: null }].map(
        (plan) => [{ age: 1 }, plan, 'Rejected REQUIRED at whole', { age: 1 }]
      )
    )
  },
  {
    key: 'B-14.name-spaces',
    sentence:
      'default and custom attributes have separate name spaces; a name that exists only in the other one is a warning',
    ...deletions([
      [
        { a: 1, both: 1, custom: { b: 1, both: 1 } },
        { whole: ['b', 'both'], custom: { whole: ['a'] } },
        { verdict: 'Applied', warnings: ['OTHER_NAMESPACE at b', 'OTHER_NAMESPACE at custom.a'] },
        { a: 1, custom: { b: 1, both: 1 } }
      ],
      [
        { custom: { size: 'S' } },
        { whole: ['size', 'custom'] },
        { verdict: 'NoOp UNCHANGED', warnings: ['OTHER_NAMESPACE at custom', 'OTHER_NAMESPACE at size'] },
        { custom: { size: 'S' } }
      ],
      [
        { custom: { ['__proto__']: [1] } },
        { partial: { ['__proto__']: [1] } },
        { verdict: 'NoOp UNCHANGED', warnings: ['OTHER_NAMESPACE at __proto__'] },
        { custom: { ['__proto__']: [1] } }
      ]
    ])
  },
  {
    key: 'B-15.prefix',
    sentence: '`c_x` and `x` are different names, and a warning says so',
    ...deletions([
      [
        { custom: { x: 1 } },
        { custom: { whole: ['c_x'] } },
        { verdict: 'NoOp UNCHANGED', warnings: ['PREFIXED_NAME at c_x'] },
        { custom: { x: 1 } }
      ],
      [
        { c_x: [1], x: [1], custom: { c_x: 1, x: 1 } },
        { partial: { c_x: [1] }, custom: { whole: ['c_x'] } },
        { verdict: 'Applied', warnings: ['PREFIXED_NAME at c_x'] },
        { c_x: [], x: [1], custom: { x: 1 } }
      ]
    ])
  },
  {
    key: 'B-16.list',
    sentence:
      '`list_id` and `static_segment_id` are one attribute, kept under the first name and deleted under both; custom ones are two',
    steps: [
      upsertUsers(
        [attributed(u, { static_segment_id: [1, 2], custom: { list_id: [1] } }), attributed(u, { list_id: [3] })],
        ['Applied', 'Applied']
      ),
      people([
        {
          named: { uuid: ['u'] },
          profiles: { '0': { list_id: [1, 2, 3], custom: { list_id: [1] } } }
        }
      ]),
      // Another way knows nothing of the two names.
      joined(join(hash('a'))),
      profiles([upsert(mail('a'), { list_id: [1, 2], static_segment_id: [2, 3] })], ['Applied']),
      deleteAttributes(
        [
          user(u, { partial: { static_segment_id: [1], list_id: [2] }, custom: { whole: ['static_segment_id'] } }),
          { insider_id: mintedId(1), partial: { list_id: [2] } }
        ],
        ['Applied', 'Applied']
      )
    ],
    people: [
      { named: { uuid: ['u'] }, profiles: { '0': { list_id: [3], custom: { list_id: [1] } } } },
      { emailHashes: ['a'], profiles: { '0': { list_id: [1], static_segment_id: [3] } } }
    ]
  },
  {
    key: 'B-16.warned',
    sentence: 'one missing name of the two is no warning, and two missing names are one',
    steps: [
      upsertUsers(
        [
          attributed(u, { list_id: [1], custom: { static_segment_id: [9], list_id: [9] } }),
          attributed(bob, { custom: { list_id: [9] } })
        ],
        ['Applied', 'Applied']
      ),
      deleteAttributes(
        [user(u, { partial: { list_id: [1] } }), user(bob, { partial: { static_segment_id: [9] } })],
        ['Applied', { verdict: 'NoOp UNCHANGED', warnings: ['OTHER_NAMESPACE at list_id'] }]
      )
    ],
    people: [
      {
        named: { uuid: ['u'] },
        profiles: { '0': { list_id: [], custom: { static_segment_id: [9], list_id: [9] } } }
      },
      { named: { email: ['bob@x.y'] }, profiles: { '0': { custom: { list_id: [9] } } } }
    ]
  },
  {
    key: 'B-16.other-name',
    sentence: 'the setting `listAttribute` says under which name the list attribute is kept',
    settings: { listAttribute: 'static_segment_id' },
    steps: [
      upsertUsers([attributed(u, { list_id: [1, 2] }), attributed(bob, { list_id: [1] })], ['Applied', 'Applied']),
      people([
        { named: { uuid: ['u'] }, profiles: { '0': { static_segment_id: [1, 2] } } },
        { named: { email: ['bob@x.y'] }, profiles: { '0': { static_segment_id: [1] } } }
      ]),
      deleteAttributes(
        [user(u, { partial: { list_id: [1] } }), user(bob, { whole: ['list_id'] })],
        ['Applied', 'Applied']
      )
    ],
    people: [
      { named: { uuid: ['u'] }, profiles: { '0': { static_segment_id: [2] } } },
      { named: { email: ['bob@x.y'] }, profiles: { '0': {} } }
    ]
  },
  {
    key: 'B-17.order',
    sentence: 'users of one request are applied in order, even a repeated one, and each has a separate verdict',
    steps: [
      upsertUsers(
        [
          attributed(ada, { age: 1, tags: [1] }),
          attributed(ada, { age: 2, tags: [2] }),
          attributed({ ...ada, ...u }, { tags: [3] }, { not_append: true }),
          attributed(u, { tags: [4] }, { not_append: true, append: true }),
          attributed(u, { tags: [] }, {}),
          attributed(bob, { age: 3 })
        ],
        [
          { verdict: 'Applied', effect: { userPointCreated: true } },
          ...times(4, { verdict: 'Applied', effect: { userPointCreated: false } }),
          { verdict: 'Applied', effect: { userPointCreated: true } }
        ]
      ),
      people([
        { named: { email: ['ada@x.y'], uuid: ['u'] }, profiles: { '0': { age: 2, tags: [3, 4] } } },
        { named: { email: ['bob@x.y'] }, profiles: { '0': { age: 3 } } }
      ]),
      deleteAttributes(
        [
          user(ada, { whole: ['age'] }),
          user({ phone_number: '7' }, { whole: ['age'] }),
          user(u, { whole: ['age'] }),
          user(ada, { partial: { tags: [3] } }),
          user(u, { partial: { tags: [3, 4] } })
        ],
        ['Applied', 'Rejected INVALID_PHONE_NUMBER at identifiers.phone_number', 'NoOp UNCHANGED', 'Applied', 'Applied']
      )
    ],
    people: [
      { named: { email: ['ada@x.y'], uuid: ['u'] }, profiles: { '0': { tags: [] } } },
      { named: { email: ['bob@x.y'] }, profiles: { '0': { age: 3 } } }
    ]
  },
  {
    key: 'B-18.patterns',
    sentence: 'identifiers are checked by the documented patterns, and stored and compared unchanged',
    steps: [
      upsertUsers(
        [
          attributed({ email: 'Ada@X.y', phone_number: '+6598765432', uuid: ' U ' }),
          attributed({ email: 'ada@X.y', uuid: 'U' }),
          attributed({ email: '\u00e9@x.y' }),
          attributed({ email: 'e\u0301@x.y' }),
          attributed({ uuid: '__proto__' })
        ],
        times(5, { verdict: 'Applied', effect: { userPointCreated: true } })
      ),
      upsertUsers(
        [
          attributed({ email: 'ada' }),
          attributed({ email: 'ada@x' }),
          attributed({ phone_number: '0612345678' }),
          attributed({ phone_number: '+0612345678' }),
          attributed({ phone_number: '+1234567890123456' }),
          attributed({ uuid: 7 }),
          attributed({ card: 'x' }),
          attributed({ uuid: 'x'.repeat(513) })
        ],
        [
          ...times(2, 'Rejected INVALID_EMAIL at identifiers.email'),
          ...times(3, 'Rejected INVALID_PHONE_NUMBER at identifiers.phone_number'),
          'Rejected INVALID_UUID at identifiers.uuid',
          'Rejected UNKNOWN_IDENTIFIER at identifiers.card',
          'Rejected IDENTIFIER_TOO_LONG at identifiers.uuid'
        ],
        {
          errors: {
            'users.0.identifiers.*.regexp(^.+@.+\\..+$)': ['not a valid email address'],
            'users.1.identifiers.*.regexp(^.+@.+\\..+$)': ['not a valid email address'],
            'users.2.identifiers.*.regexp(^\\+[1-9]\\d{6,14}$)': ['user has an invalid phone number'],
            'users.3.identifiers.*.regexp(^\\+[1-9]\\d{6,14}$)': ['user has an invalid phone number'],
            'users.4.identifiers.*.regexp(^\\+[1-9]\\d{6,14}$)': ['user has an invalid phone number'],
            'users.5.identifiers.*.type(string)': ['uuid must be string'],
            'users.6.identifiers.*.in(defaults_column)': ['key must be one of phone_number(pn), email(em) or uuid'],
            'users.7.identifiers.uuid.identifier_too_long': ['the identifier is longer than 512 characters']
          }
        }
      )
    ],
    people: [
      { named: { email: ['Ada@X.y'], phone_number: ['+6598765432'], uuid: [' U '] }, profiles: { '0': {} } },
      { named: { email: ['ada@X.y'], uuid: ['U'] }, profiles: { '0': {} } },
      { named: { email: ['\u00e9@x.y'] }, profiles: { '0': {} } },
      { named: { email: ['e\u0301@x.y'] }, profiles: { '0': {} } },
      { named: { uuid: ['__proto__'] }, profiles: { '0': {} } }
    ],
    nowhere: [byName('email', 'ada@x.y'), byName('uuid', 'u')]
  },
  {
    key: 'B-19.limits',
    sentence: 'too many users, and a body that is not JSON or has no users, reject the whole request before any work',
    steps: [
      upsertUsers([attributed(u, { age: 1 })], ['Applied']),
      refused(
        'deleteAttributes',
        { value: { users: Array(1_001).fill(user(u, { whole: ['age'] })) } },
        'TOO_MANY_USERS'
      ),
      refused('upsertUsers', { value: { users: Array(1_001).fill({}) } }, 'TOO_MANY_USERS'),
      refused('deleteAttributes', new TextEncoder().encode('{"users": ['), 'INVALID_JSON'),
      refused('upsertUsers', Uint8Array.from([0xff]), 'INVALID_JSON'),
      refused('upsertUsers', new TextEncoder().encode('{"users": [], "n": 9007199254740993}'), 'BAD_NUMBER'),
      refused('deleteAttributes', new TextEncoder().encode('{"users": [], "users": []}'), 'DUPLICATE_KEY'),
      refused('deleteAttributes', { value: { user: [] } }, 'USERS_MISSING'),
      refused('deleteAttributes', { value: [user(u, { whole: ['age'] })] }, 'USERS_MISSING'),
      { ...deleteUser({}, { refused: 'INVALID_JSON' }), body: new TextEncoder().encode('ada') },
      { ...shows({}, { refused: 'INVALID_JSON' }), body: new Uint8Array() },
      deleteAttributes([], [])
    ],
    people: [{ named: { uuid: ['u'] }, profiles: { '0': { age: 1 } } }]
  },
  {
    key: 'B-19.full',
    sentence:
      'a request with the greatest number of users is applied whole, and its bytes have the same result as its value',
    steps: [
      upsertUsers([attributed(u, { age: 1, n: 2 })], ['Applied']),
      {
        ...deleteAttributes([], ['Applied', ...times(998, 'Rejected NOT_AN_OBJECT'), 'NoOp UNCHANGED']),
        body: new TextEncoder().encode(JSON.stringify({ users: [ageless, ...Array(998).fill(null), ageless] }))
      }
    ],
    people: [{ named: { uuid: ['u'] }, profiles: { '0': { n: 2 } } }]
  },
  {
    key: 'B-20.each-user',
    sentence: 'a rejected user stops no other, and changes nothing',
    steps: [
      upsertUsers([attributed(ada, { age: 1, name: 'Ada' }), attributed(bob, { age: 2 })], ['Applied', 'Applied']),
      deleteAttributes(
        [
          null,
          [ada],
          user(ada, { whole: ['name', 'email'] }),
          user(ada, { whole: ['name'], partial: { age: 1 } }),
          user(ada, { whole: ['name'], custom: [1] }),
          user(bob, { whole: ['age'] })
        ],
        [
          ...times(2, 'Rejected NOT_AN_OBJECT'),
          'Rejected IDENTIFIER_ATTRIBUTE at email',
          'Rejected ARRAY_EXPECTED at partial.age',
          'Rejected BAD_FIELD at custom',
          'Applied'
        ]
      ),
      upsertUsers(
        [
          attributed({ ...ada, ...u }, { age: 3 }, { events: [{ event_name: 'X' }] }),
          attributed({ uuid: 'new' }, {}, { append: 1 }),
          user(u, {}),
          user(u, { attributes: 'none' }),
          attributed(u, { custom: 1 }),
          attributed(ada, { age: 4, custom: { email: 'x' } }, { note: 1, events: [] })
        ],
        [
          'Rejected INVALID_EVENT_NAME at events[0].event_name',
          'Rejected BAD_FIELD at append',
          'Rejected REQUIRED at attributes',
          'Rejected BAD_FIELD at attributes',
          'Rejected BAD_FIELD at attributes.custom',
          { verdict: 'Applied', warnings: ['UNKNOWN_FIELD at note'] }
        ]
      )
    ],
    people: [
      { named: { email: ['ada@x.y'] }, profiles: { '0': { age: 4, name: 'Ada', custom: { email: 'x' } } } },
      { named: { email: ['bob@x.y'] }, profiles: { '0': {} } }
    ],
    nowhere: [byName('uuid', 'u'), byName('uuid', 'new')]
  },
  {
    key: 'B-20.text',
    sentence: 'a number that would change, or a key that occurs twice, rejects its user alone, or a call on one user',
    steps: [
      {
        ...upsertUsers(
          [],
          [
            'Applied',
            'Rejected BAD_NUMBER at attributes.*',
            'Rejected DUPLICATE_KEY at identifiers.email',
            'Rejected DUPLICATE_KEY at attributes.*.*',
            'Applied'
          ]
        ),
        body: new TextEncoder().encode(
          `{"users": [
            {"identifiers": {"uuid": "u"}, "attributes": {"n": 9007199254740991}},
            {"identifiers": {"uuid": "v"}, "attributes": {"n": 9007199254740993}},
            {"identifiers": {"email": "ada@x.y", "email": "bob@x.y"}, "attributes": {}},
            {"identifiers": {"uuid": "w"}, "attributes": {"of": {"a": 1, "\\u0061": 2}}},
            {"identifiers": {"uuid": "x"}, "attributes": {"a": {"a": [{"a": 1}]}}}
          ]}`
        )
      },
      {
        ...deleteUser({}, { refused: 'DUPLICATE_KEY' }),
        body: new TextEncoder().encode('{"identifiers": {"uuid": "u", "uuid": "x"}}')
      },
      {
        ...deleteIdentifiers({}, { refused: 'BAD_NUMBER' }),
        body: new TextEncoder().encode('{"identifiers": {"uuid": "u"}, "n": 1e999}')
      }
    ],
    people: [
      { named: { uuid: ['u'] }, profiles: { '0': { n: 9_007_199_254_740_991 } } },
      { named: { uuid: ['x'] }, profiles: { '0': { a: { a: [{ a: 1 }] } } } }
    ],
    nowhere: [byName('uuid', 'v'), byName('email', 'ada@x.y'), byName('email', 'bob@x.y'), byName('uuid', 'w')]
  },
  {
    key: 'A-48.one-address',
    sentence:
      'with the setting `emailHash` an address and its hash are one identifier: they lead to one person, and are deleted together',
    settings: { emailHash: { algorithm: 'sha256', trim: false, lowerCase: true } },
    steps: [
      stored(upsert(mail(hashOfAda), { city: 'Lyon' })),
      upsertUsers(
        [attributed({ email: 'Ada@x.y', ...u }, { age: 1 }), attributed(ada, { age: 2 }), attributed(bob, { age: 3 })],
        [
          { verdict: 'Applied', effect: { userPointCreated: false } },
          { verdict: 'Applied', effect: { userPointCreated: false } },
          { verdict: 'Applied', effect: { userPointCreated: true } }
        ]
      ),
      people([
        {
          emailHashes: [hashOfAda],
          named: { email: ['Ada@x.y', 'ada@x.y'], uuid: ['u'] },
          profiles: { '0': { city: 'Lyon', age: 2 } }
        },
        { emailHashes: [hashOfBob], named: { email: ['bob@x.y'] }, profiles: { '0': { age: 3 } } }
      ]),
      updateIdentifier({ old_identifier: bob, new_identifier: { email: 'ADA@x.y' } }, 'Rejected IDENTIFIER_TAKEN'),
      deleteIdentifiers({ identifiers: ada }, { verdict: 'Applied', effect: { identifiers: 1 } }),
      people([
        {
          emailHashes: [hashOfAda],
          named: { email: ['Ada@x.y'], uuid: ['u'] },
          profiles: { '0': { city: 'Lyon', age: 2 } }
        },
        { emailHashes: [hashOfBob], named: { email: ['bob@x.y'] }, profiles: { '0': { age: 3 } } }
      ]),
      identifierDeletions([hash(hashOfAda)], ['Applied']),
      pointDeletions([hash(hashOfBob)], ['Applied']),
      shows(user(bob), null)
    ],
    people: [{ named: { uuid: ['u'] }, profiles: { '0': { city: 'Lyon', age: 2 } } }],
    nowhere: [byName('email', 'Ada@x.y'), byName('email', 'ada@x.y'), byHash(hashOfAda), byHash(hashOfBob)]
  },
  {
    key: 'A-48.two-people',
    sentence: 'without the setting an address and its hash are two people',
    steps: [
      stored(upsert(mail(hashOfAda), { city: 'Lyon' })),
      upsertUsers([attributed(ada, { age: 1 })], [{ verdict: 'Applied', effect: { userPointCreated: true } }]),
      deleteUser(user(ada), 'Applied')
    ],
    people: [{ emailHashes: [hashOfAda], profiles: { '0': { city: 'Lyon' } } }],
    nowhere: [byName('email', 'ada@x.y')]
  },
  {
    key: 'B-21.report',
    sentence: 'the answer counts successful and failed users, with errors by key that contain no value',
    steps: [
      upsertUsers([attributed(u, { age: 1 })], ['Applied'], { errors: {} }),
      deleteAttributes(
        [
          user(u, { whole: ['age'] }),
          user({ email: 'ada' }, { whole: ['age'] }),
          user(u, { whole: ['age'] }),
          user(u, { partial: { age: 1 } }),
          user(u)
        ],
        [
          'Applied',
          'Rejected INVALID_EMAIL at identifiers.email',
          'NoOp UNCHANGED',
          'Rejected ARRAY_EXPECTED at partial.age',
          'Rejected REQUIRED at whole'
        ],
        {
          errors: {
            'users.1.identifiers.*.regexp(^.+@.+\\..+$)': ['not a valid email address'],
            'users.3.partial.age.type(array)': ['an array is expected here'],
            'users.4.whole.required': ['a required field is missing or empty']
          }
        }
      )
    ],
    people: [{ named: { uuid: ['u'] }, profiles: { '0': {} } }]
  },
  {
    key: 'B-25.blocked',
    sentence: 'a value that the settings block counts as absent',
    settings: { blockedValues: ['null', 'anonymous', '0'], identifiers: withCard, numericIdentifiers: 'text' },
    steps: [
      upsertUsers(
        [
          attributed({ uuid: 'null' }, { age: 1 }),
          attributed({ uuid: 'anonymous', ...ada }, { age: 2 }),
          attributed({ custom: { card: 0 } }, { age: 3 }),
          attributed({ uuid: 'Null' }, { age: 4 })
        ],
        [
          'Rejected NO_VALID_IDENTIFIER at identifiers',
          'Applied',
          'Rejected NO_VALID_IDENTIFIER at identifiers',
          'Applied'
        ]
      ),
      deleteAttributes([user({ uuid: 'null' }, { whole: ['age'] })], ['Rejected NO_VALID_IDENTIFIER at identifiers']),
      upsertUsers([attributed({ uuid: 'null' }, { age: 5 })], ['Applied'], { settings: { blockedValues: [] } }),
      deleteUser(user({ uuid: 'null' }), 'Rejected NO_VALID_IDENTIFIER at identifiers')
    ],
    people: [
      { named: { email: ['ada@x.y'] }, profiles: { '0': { age: 2 } } },
      { named: { uuid: ['Null'] }, profiles: { '0': { age: 4 } } },
      { named: { uuid: ['null'] }, profiles: { '0': { age: 5 } } }
    ],
    nowhere: [byName('uuid', 'anonymous'), byName('custom.card', '0')]
  },
  {
    key: 'A-46.insider',
    sentence:
      'a placeholder of the policy `blockedValues` is not an identifier in calls that add, and a deletion still finds its user',
    steps: [
      upsertUsers([attributed({ uuid: 'null' }, { age: 1 })], ['Applied']),
      upsertUsers(
        [
          attributed({ uuid: ' NULL' }, { age: 2 }),
          attributed({ uuid: 'null', ...ada }, { age: 3 }),
          attributed(bob, { age: 4, uuid: 'Null' })
        ],
        [
          'Rejected NO_VALID_IDENTIFIER at identifiers',
          'Applied',
          { verdict: 'Applied', warnings: ['IGNORED_FIELD at attributes.uuid'] }
        ],
        { policies: { blockedValues: ['null'] } }
      ),
      updateIdentifier(
        { old_identifier: { uuid: 'null' }, new_identifier: { uuid: 'NULL' } },
        'Rejected NO_VALID_IDENTIFIER at new_identifier',
        { policies: { blockedValues: ['null'] } }
      ),
      deleteUser(user({ uuid: 'null' }), 'Applied', { policies: { blockedValues: ['null'] } })
    ],
    people: [
      { named: { email: ['ada@x.y'] }, profiles: { '0': { age: 3 } } },
      { named: { email: ['bob@x.y'] }, profiles: { '0': { age: 4 } } }
    ],
    nowhere: [byName('uuid', 'null'), byName('uuid', 'NULL'), byName('uuid', 'Null')]
  },
  {
    key: 'B-26.consent',
    sentence: 'consent flags are attributes like any other',
    ...deletion(
      { gdpr_optin: false, email_optin: true, language: 'sv' },
      { whole: ['gdpr_optin', 'language'] },
      'Applied',
      { email_optin: true }
    )
  },
  {
    key: 'B-27.form',
    sentence: 'the format of a value matters neither when it is written nor when it is deleted',
    steps: [
      upsertUsers(
        [attributed(u, { birthday: '31/02/1993', age: 'old', country: 1, list_id: 'x', email_optin: [null] })],
        ['Applied']
      ),
      people([
        {
          named: { uuid: ['u'] },
          profiles: { '0': { birthday: '31/02/1993', age: 'old', country: 1, list_id: 'x', email_optin: [null] } }
        }
      ]),
      deleteAttributes(
        [user(u, { whole: ['birthday', 'age', 'list_id'], partial: { email_optin: [null] } })],
        ['Applied']
      )
    ],
    people: [{ named: { uuid: ['u'] }, profiles: { '0': { country: 1, email_optin: [] } } }]
  },
  {
    key: 'B-28.custom',
    sentence: 'a custom identifier is text that is not empty, or a number if the settings accept its decimal spelling',
    settings: { identifiers: withCard },
    steps: [
      upsertUsers(
        [
          attributed({ custom: { card: 7 } }),
          attributed({ custom: { card: true } }),
          attributed({ custom: ['7'] }),
          attributed({ custom: { card: '7' } }, { n: 1 })
        ],
        [
          ...times(2, 'Rejected BAD_FIELD at identifiers.custom.card'),
          'Rejected BAD_FIELD at identifiers.custom',
          'Applied'
        ]
      ),
      upsertUsers(
        [
          attributed({ custom: { card: 7 } }, { m: 2 }),
          attributed({ custom: { card: '07' } }, { m: 3 }),
          attributed({ custom: { card: 1.5 } }),
          attributed({ custom: { card: 2 ** 53 } }),
          attributed({ uuid: 7 })
        ],
        [
          { verdict: 'Applied', effect: { userPointCreated: false } },
          { verdict: 'Applied', effect: { userPointCreated: true } },
          ...times(2, 'Rejected BAD_FIELD at identifiers.custom.card'),
          'Rejected INVALID_UUID at identifiers.uuid'
        ],
        { settings: { numericIdentifiers: 'text' } }
      )
    ],
    people: [
      { named: { 'custom.card': ['7'] }, profiles: { '0': { n: 1, m: 2 } } },
      { named: { 'custom.card': ['07'] }, profiles: { '0': { m: 3 } } }
    ]
  },
  {
    key: 'B-29.names',
    sentence: '`__proto__` and `constructor` are names like any other, written, merged, shown and deleted',
    steps: [
      upsertUsers(
        [
          attributed(u, { ['__proto__']: [1, 2], constructor: 1, custom: { ['__proto__']: { a: 1 }, toString: 1 } }),
          attributed(u, { ['__proto__']: [3], hasOwnProperty: { ['__proto__']: 1 }, '': 1 })
        ],
        ['Applied', 'Applied']
      ),
      people([
        {
          named: { uuid: ['u'] },
          profiles: {
            '0': {
              ['__proto__']: [1, 2, 3],
              constructor: 1,
              custom: { ['__proto__']: { a: 1 }, toString: 1 },
              hasOwnProperty: { ['__proto__']: 1 },
              '': 1
            }
          }
        }
      ]),
      deleteAttributes(
        [
          user(u, {
            whole: ['constructor', ''],
            partial: { ['__proto__']: [1] },
            custom: { whole: ['toString', 'valueOf'] }
          }),
          user(u, { whole: ['hasOwnProperty', 'isPrototypeOf'] })
        ],
        ['Applied', 'Applied']
      ),
      shows(user(u), {
        insider_id: mintedId(0),
        attributes: { ['__proto__']: [2, 3], c___proto__: { a: 1 }, uuid: 'u' }
      })
    ],
    people: [
      { named: { uuid: ['u'] }, profiles: { '0': { ['__proto__']: [2, 3], custom: { ['__proto__']: { a: 1 } } } } }
    ]
  },
  {
    key: 'B-02.identifiers',
    sentence:
      'identifiers are removed from a user one by one, but never the last named one; an identifier is replaced by a new one that no user has',
    settings: { identifiers: withCard },
    steps: [
      upsertUsers(
        [
          attributed({ ...ada, ...u, custom: { card: '1' } }, { age: 1 }),
          attributed({ uuid: 'taken' }),
          attributed(bob)
        ],
        times(3, 'Applied')
      ),
      deleteIdentifiers({ identifiers: { ...ada, ...u, custom: { card: '1' } } }, 'Rejected SOLE_IDENTIFIER'),
      deleteIdentifiers(
        { identifiers: { custom: { card: '1' }, uuid: 'nobody' } },
        { verdict: 'Applied', effect: { identifiers: 1 } }
      ),
      deleteIdentifiers({ identifiers: { custom: { card: '1' } } }, 'NoOp NOT_FOUND'),
      ...[
        [{ uuid: 'u' }, { uuid: 'u' }, 'Rejected SAME_IDENTIFIER at new_identifier'] as const,
        [{ uuid: 'u' }, { uuid: 'taken' }, 'Rejected IDENTIFIER_TAKEN'] as const,
        [{ uuid: 'u', ...ada }, { uuid: 'w' }, 'Rejected ONE_IDENTIFIER at old_identifier'] as const,
        [{ uuid: 'u' }, {}, 'Rejected ONE_IDENTIFIER at new_identifier'] as const,
        [{ uuid: 'u' }, { email: 'new@x.y' }, 'Rejected ONE_IDENTIFIER at new_identifier'] as const,
        [{ uuid: 'u' }, { uuid: 'U' }, 'Applied'] as const,
        [{ uuid: 'u' }, { uuid: 'w' }, 'NoOp NOT_FOUND'] as const,
        [ada, { email: 'Ada@x.y' }, 'Applied'] as const
      ].map(([old_identifier, new_identifier, verdict]) =>
        updateIdentifier({ old_identifier, new_identifier }, verdict)
      ),
      people(
        [
          { named: { uuid: ['U'], email: ['Ada@x.y'] }, profiles: { '0': { age: 1 } } },
          { named: { uuid: ['taken'] }, profiles: { '0': {} } },
          { named: { email: ['bob@x.y'] }, profiles: { '0': {} } }
        ],
        [byName('uuid', 'w')]
      ),
      deleteIdentifiers({ identifiers: { email: 'Ada@x.y' } }, 'Applied'),
      deleteIdentifiers({ identifiers: { uuid: 'U' } }, 'Rejected SOLE_IDENTIFIER'),
      // What was given back is free.
      upsertUsers(
        [attributed({ ...u, ...ada }, { age: 9 })],
        [{ verdict: 'Applied', effect: { userPointCreated: true } }]
      ),
      shows(user(u), { insider_id: mintedId(3), attributes: { age: 9, uuid: 'u', email: 'ada@x.y' } }),
      deleteUser(user({ uuid: 'taken' }), 'Applied'),
      updateIdentifier({ old_identifier: bob, new_identifier: { email: 'b@x.y' } }, 'Applied')
    ],
    people: [
      { named: { uuid: ['U'] }, profiles: { '0': { age: 1 } } },
      { named: { email: ['b@x.y'] }, profiles: { '0': {} } },
      { named: { uuid: ['u'], email: ['ada@x.y'] }, profiles: { '0': { age: 9 } } }
    ]
  },
  {
    key: 'B-05.shown',
    sentence:
      'a user is shown with the attributes at the default key and with the latest value of each identifier, custom ones with `c_`',
    settings: { identifiers: withCard },
    steps: [
      upsertUsers(
        [attributed({ ...ada, ...u, custom: { card: '1' } }, { age: 1, custom: { hat: 1, card: '1' } })],
        ['Applied'],
        { at: 10 }
      ),
      upsertUsers([attributed({ ...u, email: 'new@x.y' })], ['Applied'], { at: 20 }),
      stored(upsert(mail('a'), { $compartment_id: 7, n: 1 }), upsert(mail('b'), { n: 2, custom: ['c'] })),
      shows(user({ custom: { card: '1' } }), {
        insider_id: mintedId(0),
        attributes: { age: 1, c_hat: 1, c_card: '1', email: 'new@x.y', uuid: 'u' }
      }),
      shows({ insider_id: mintedId(1) }, { insider_id: mintedId(1), attributes: {} }),
      shows(
        { insider_id: mintedId(2).toUpperCase() },
        { insider_id: mintedId(2), attributes: { n: 2, custom: ['c'] } }
      ),
      identifierDeletions([hash('a')], ['Applied']),
      pointDeletions([point(mintedId(2))], ['Applied']),
      shows({ insider_id: mintedId(2) }, null),
      shows(user(ada), {
        insider_id: mintedId(0),
        attributes: { age: 1, c_hat: 1, c_card: '1', email: 'new@x.y', uuid: 'u' }
      })
    ],
    people: [
      {
        named: { email: ['ada@x.y', 'new@x.y'], uuid: ['u'], 'custom.card': ['1'] },
        profiles: { '0': { age: 1, custom: { hat: 1 } } },
        times: { 'profile 0': [10, 20] }
      },
      { profiles: { '7': { n: 1 } } }
    ],
    nowhere: [byHash('b')]
  },
  {
    key: 'B-30.events',
    sentence:
      'events do not cost the attributes, and a warning says that they are not kept; a user with nothing but events is rejected',
    steps: [
      upsertUsers(
        [
          attributed(ada, { age: 1 }, { events: [{ event_name: 'purchase', event_params: purchase }] }),
          user(bob, { events: [{ event_name: 'visit' }] }),
          user(bob, { attributes: null, events: [{ event_name: 'visit' }] }),
          attributed(u, {}, { events: [{ event_name: 'visit' }] })
        ],
        [
          { verdict: 'Applied', warnings: ['EVENTS_NOT_SUPPORTED at events'] },
          ...times(2, 'Rejected EVENTS_NOT_SUPPORTED at events'),
          { verdict: 'Applied', warnings: ['EVENTS_NOT_SUPPORTED at events'] }
        ]
      ),
      upsertUsers(
        [
          attributed(ada, { age: 2 }, { events: [{ event_name: 'purchase' }, { event_name: 'Visit' }] }),
          { attributes: { age: 3 }, events: [{ event_name: 'home view' }] }
        ],
        ['Rejected MISSING_EVENT_PARAMETER at events[0].event_params.event_group_id', 'Rejected MISSING_IDENTITY'],
        {
          errors: {
            'users.0.events.0.event_params.*.required': [
              'event_group_id parameter is required on purchase event',
              'unit_sale_price parameter is required on purchase event'
            ],
            'users.0.events.1.event_name.*.regexp(^[a-z0-9][a-zA-Z0-9._-]*$)': ['invalid event name'],
            'users.1.identifiers.required': [either],
            'users.1.insider_id.required': [either],
            'users.1.events.0.event_name.*.regexp(^[a-z0-9][a-zA-Z0-9._-]*$)': ['invalid event name']
          }
        }
      )
    ],
    people: [adaAged, { named: { uuid: ['u'] }, profiles: { '0': {} } }],
    nowhere: [byName('email', 'bob@x.y')]
  },
  {
    key: 'B-31.asked',
    sentence: 'a user is shown with the requested attributes and their id; a request for no attributes is rejected',
    steps: [
      upsertUsers(
        [attributed({ ...ada, ...u }, { age: 1, gdpr_optin: false, custom: { hat: 1, age: 2 } })],
        ['Applied']
      ),
      shows(user(u, { attributes: ['age', 'c_hat', 'none'] }), {
        insider_id: mintedId(0),
        attributes: { age: 1, c_hat: 1 }
      }),
      shows(user(u, { attributes: ['email'] }), { attributes: { email: 'ada@x.y' } }),
      shows(user(u, { attributes: ['gdpr_optin'] }), { attributes: { gdpr: false } }),
      shows(user(u), { attributes: { age: 1, gdpr: false, c_hat: 1, c_age: 2, email: 'ada@x.y', uuid: 'u' } }),
      shows(user(u, { attributes: null, events: {} }), { insider_id: mintedId(0), attributes: {} }),
      shows(user(u, { attributes: [] }), 'Rejected REQUIRED at attributes'),
      shows(user(u, { attributes: 'age' }), 'Rejected ARRAY_EXPECTED at attributes')
    ],
    people: [
      {
        named: { email: ['ada@x.y'], uuid: ['u'] },
        profiles: { '0': { age: 1, gdpr_optin: false, custom: { hat: 1, age: 2 } } }
      }
    ]
  },
  {
    key: 'B-32.attached',
    sentence:
      'an attribute that identifies is an identifier to attach: it does not select the user, and stays with another user who has it',
    settings: { identifiers: [{ name: 'email', limit: 1 }, { name: 'uuid' }, { name: 'card', custom: true }] },
    steps: [
      upsertUsers(
        [
          attributed(u, { ...ada, custom: { card: '1' } }),
          attributed({ uuid: 'v' }, { ...ada, custom: { card: '2' }, n: 1 }),
          attributed(u, { email: 'second@x.y', n: 2 }),
          attributed(u, { ...ada, uuid: '', custom: { card: null } }),
          attributed(u, { email: 'no address' }),
          attributed(u, { custom: { card: 7 } })
        ],
        [
          'Applied',
          { verdict: 'Applied', warnings: ['IDENTIFIER_NOT_ATTACHED at attributes.email'] },
          { verdict: 'Applied', warnings: ['IDENTIFIER_NOT_ATTACHED at attributes.email'] },
          'Applied',
          'Rejected INVALID_EMAIL at attributes.email',
          'Rejected BAD_FIELD at attributes.custom.card'
        ]
      ),
      shows(user(ada), { insider_id: mintedId(0), attributes: { n: 2, email: 'ada@x.y', uuid: 'u', c_card: '1' } })
    ],
    people: [
      { named: { email: ['ada@x.y'], uuid: ['u'], 'custom.card': ['1'] }, profiles: { '0': { n: 2 } } },
      { named: { uuid: ['v'], 'custom.card': ['2'] }, profiles: { '0': { n: 1 } } }
    ],
    nowhere: [byName('email', 'second@x.y')]
  },
  {
    key: 'B-33.warnings',
    sentence: 'every warning is in the verdict of its user and, by path and code, in the report',
    steps: [
      upsertUsers(
        [attributed(u, { name: 'Ada' }, { colour: 1 }), attributed({ uuid: 'v' })],
        [{ verdict: 'Applied', warnings: ['UNKNOWN_FIELD at colour'] }, 'Applied']
      ),
      deleteAttributes(
        [user({ uuid: 'v' }, { whole: ['c_x'] }), user(u, { whole: ['c_x'], partial: { name: ['Ada'] } })],
        [
          { verdict: 'NoOp UNCHANGED', warnings: ['PREFIXED_NAME at c_x'] },
          { verdict: 'NoOp UNCHANGED', warnings: ['PREFIXED_NAME at c_x', 'NOT_AN_ARRAY at name'] }
        ]
      )
    ],
    people: [
      { named: { uuid: ['u'] }, profiles: { '0': { name: 'Ada' } } },
      { named: { uuid: ['v'] }, profiles: { '0': {} } }
    ]
  },
  {
    key: 'B-34.empty',
    sentence:
      'an empty or null id or identifier, or an empty list instead of a map, is absent; the value of an attribute is stored unchanged',
    steps: [
      upsertUsers(
        [
          { insider_id: '', identifiers: { ...u, email: '', phone_number: null, custom: [] }, attributes: [] },
          { insider_id: null, identifiers: u, attributes: { custom: [], name: '', age: null }, events: null },
          { insider_id: '', identifiers: [], attributes: {} },
          { identifiers: { uuid: '', email: null }, attributes: {} }
        ],
        [...times(2, 'Applied'), ...times(2, 'Rejected MISSING_IDENTITY')]
      ),
      deleteAttributes(
        [
          { insider_id: '', identifiers: u, whole: ['age'], partial: [], custom: [] },
          { insider_id: '', whole: ['age'] }
        ],
        ['Applied', 'Rejected MISSING_IDENTITY']
      ),
      deleteUser({ insider_id: '', identifiers: { uuid: '' } }, 'Rejected MISSING_IDENTITY')
    ],
    people: [{ named: { uuid: ['u'] }, profiles: { '0': { name: '' } } }]
  },
  {
    key: 'B-35.anonymous',
    sentence:
      'anonymising deletes the personal attributes and identifiers, the last identifier included; the user stays, and a warning says if other profiles do',
    settings: {
      identifiers: withCard,
      personal: [{ name: 'email' }, { name: 'name' }, { name: 'shoe', custom: true }]
    },
    steps: [
      upsertUsers(
        [
          attributed({ ...ada, ...u }, { name: 'Ada', age: 1, custom: { shoe: 41, name: 'x' } }),
          attributed(bob, { age: 2 })
        ],
        ['Applied', 'Applied']
      ),
      anonymiseUser(user(ada), { verdict: 'Applied', effect: { userPoint: mintedId(0), identifiers: 1 } }),
      anonymiseUser(user(ada), 'NoOp NOT_FOUND'),
      anonymiseUser(user(u), 'NoOp UNCHANGED'),
      stored(upsert(mail('a'), { $compartment_id: 7, name: 'Ada' })),
      anonymiseUser(
        { insider_id: mintedId(2) },
        { verdict: 'NoOp UNCHANGED', warnings: ['OTHER_PROFILES at profiles'] }
      ),
      anonymiseUser(user(bob), { verdict: 'Applied', effect: { identifiers: 1 } }),
      anonymiseUser(user({ custom: { card: 'nobody' } }), 'NoOp NOT_FOUND'),
      anonymiseUser(
        { insider_id: 'nobody', identifiers: u },
        { verdict: 'NoOp NOT_FOUND', warnings: ['OTHER_USER at identifiers'] }
      ),
      anonymiseUser({}, 'Rejected MISSING_IDENTITY')
    ],
    people: [
      { named: { uuid: ['u'] }, profiles: { '0': { age: 1, custom: { name: 'x' } } } },
      { profiles: { '0': { age: 2 } } },
      { emailHashes: ['a'], profiles: { '7': { name: 'Ada' } } }
    ],
    nowhere: [byName('email', 'ada@x.y'), byName('email', 'bob@x.y')]
  },
  {
    key: 'B-36.not-append',
    sentence: '`not_append` beside `users` applies to every user without such a flag',
    steps: [
      {
        ...upsertUsers([], times(5, 'Applied')),
        body: {
          value: {
            not_append: true,
            users: [
              attributed(u, { tags: [1] }),
              attributed(u, { tags: [2] }),
              attributed(u, { tags: [3] }, { not_append: false }),
              attributed(u, { tags: [4] }, { append: true }),
              attributed(bob, { tags: [5], custom: { tags: [6] } })
            ]
          }
        }
      },
      {
        ...upsertUsers([], ['Applied', 'Applied', 'Rejected BAD_FIELD at not_append']),
        body: {
          value: {
            not_append: 'yes',
            users: [
              attributed(bob, { tags: [7] }, { not_append: true }),
              attributed(bob, { custom: { tags: [8] } }, { append: true }),
              attributed(bob, { tags: [9] })
            ]
          }
        }
      }
    ],
    people: [
      { named: { uuid: ['u'] }, profiles: { '0': { tags: [2, 3, 4] } } },
      { named: { email: ['bob@x.y'] }, profiles: { '0': { tags: [7], custom: { tags: [6, 8] } } } }
    ]
  }
]
