/** Deletions: what goes, what stays, and what a sweep removes. */
import { beginning } from '../engine.ts'
import type { Person } from '../person.ts'
import type { Scenario } from '../scenario.ts'
import type { Step } from '../story.ts'
import {
  account,
  agent,
  associations,
  byAgent,
  byHash,
  byId,
  byName,
  choices,
  choose,
  commands,
  deleteUser,
  deviceDeletions,
  drop,
  enter,
  hash,
  identifierDeletions,
  join,
  joined,
  leave,
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
  sweep,
  times,
  upsert,
  upsertUsers,
  user
} from './steps.ts'

const odd = ['__proto__', '\u00e9', 'e\u0301', 'K', 'k', '\u212a'] as const

const consent = { $processing_id: 7, $choice_ts: beginning, accepted: false }

/** Returns a person with one of everything, of the name `a` or another one, who is stored next. */
const whole = (a: string): ReadonlyArray<Step> => [
  joined(join(hash(a), account(a, 1_000), agent(`vec:${a}`), agent(`net:9:${a}`))),
  profiles(
    [upsert(mail(a), { name: a }), upsert(mail(a), { $compartment_id: 1_000, $user_account_id: a, n: 1 })],
    ['Applied', 'Applied']
  ),
  segments(
    [segment(mail(a), 9), segment(mail(a), a, { expiration_ts: beginning + 60_000, data_bag: { a } })],
    ['Applied', 'Applied']
  ),
  choices([choose(mail(a), consent)], ['Applied']),
  commands([enter(a, 'welcome'), enter(a, a)], ['Applied', 'Applied'])
]

const wholePerson = (a: string): Person => ({
  accounts: [`1000:${a}`],
  emailHashes: [a],
  devices: [{ agents: [`vec:${a}`, `net:9:${a}`] }],
  profiles: { '0': { name: a }, [`1000/${a}`]: { n: 1 } },
  segments: { 'id 9': {}, [`id ${a}`]: { endsAt: 60_000, dataBag: { a } } },
  choices: { 7: { chosenAt: beginning, properties: { accepted: false } } },
  scenarios: ['welcome', a]
})

export const deletionScenarios: ReadonlyArray<Scenario> = [
  {
    key: 'A-09.repeated',
    sentence: 'a repeated deletion, of every sort, is a no-op and changes nothing',
    steps: [
      ...whole('a'),
      ...whole('b'),
      profiles(
        [drop(mail('a')), drop(mail('a')), drop({ user_agent_id: 'vec:a' })],
        // There is another one at another key.
        ['Applied', ...times(2, { verdict: 'NoOp NOT_FOUND', warnings: ['OTHER_PROFILES at user_profile'] })]
      ),
      segments(
        [9, '9', 'none'].map((segment_id) => ({ operation: 'DELETE', ...mail('a'), segment_id })),
        ['Applied', ...times(2, 'NoOp NOT_FOUND')]
      ),
      choices(
        [7, '7', 8].map(($processing_id) => ({ operation: 'DELETE', ...mail('a'), user_choice: { $processing_id } })),
        ['Applied', ...times(2, 'NoOp NOT_FOUND')]
      ),
      commands([leave('a', 'welcome'), leave('a', 'welcome')], ['Applied', 'NoOp NOT_FOUND']),
      deviceDeletions(
        [agent('vec:a'), agent('vec:a'), agent('net:9:a'), agent(mintedDevice(0))],
        ['Applied', ...times(3, 'NoOp NOT_FOUND')]
      ),
      identifierDeletions(
        [hash('a'), hash('a'), account('a', 1_000), account('a', '01000'), agent('vec:a')],
        ['Applied', 'NoOp NOT_FOUND', 'Applied', ...times(2, 'NoOp NOT_FOUND')]
      ),
      people([
        {
          id: mintedId(1),
          profiles: { '1000/a': { n: 1 } },
          segments: { 'id a': { endsAt: 60_000, dataBag: { a: 'a' } } },
          scenarios: ['a']
        },
        wholePerson('b')
      ]),
      pointDeletions(
        [
          point(mintedId(1)),
          point(mintedId(1)),
          hash('a'),
          account('a', 1_000),
          agent('net:9:a'),
          agent(mintedDevice(0))
        ],
        ['Applied', ...times(5, 'NoOp NOT_FOUND')]
      )
    ],
    people: [wholePerson('b')]
  },
  {
    key: 'A-09.reordered',
    sentence: 'a deletion that comes before its data is a no-op, and is not remembered',
    steps: [
      pointDeletions([hash('a')], ['NoOp NOT_FOUND']),
      identifierDeletions([account('a'), agent('vec:1')], times(2, 'NoOp NOT_FOUND')),
      joined(join(hash('a'), account('a'), agent('vec:1'))),
      profiles([drop(mail('a')), upsert(mail('a'), { n: 1 })], ['NoOp NOT_FOUND', 'Applied'])
    ],
    people: [{ accounts: ['0:a'], emailHashes: ['a'], devices: [{ agents: ['vec:1'] }], profiles: { '0': { n: 1 } } }]
  },
  {
    key: 'A-10.no-user-point',
    sentence:
      'a DELETE of a profile, a segment, a choice or a part of a profile, by an unknown identifier, creates no user point',
    steps: [
      profiles(
        [
          drop(mail('a')),
          drop({ user_account_id: 'a' }),
          drop({ user_agent_id: 'vec:1' }),
          drop({ user_agent_id: 'udp:1' }),
          upsert(mail('a'), { n: null }, { update_strategy: 'PARTIAL_DELETE' })
        ],
        times(5, 'NoOp NOT_FOUND')
      ),
      segments([{ operation: 'DELETE', ...mail('a'), segment_id: 9 }], ['NoOp NOT_FOUND']),
      choices([{ operation: 'DELETE', ...mail('a'), user_choice: { $processing_id: 7 } }], ['NoOp NOT_FOUND']),
      commands([leave('a', 'welcome')], ['NoOp NOT_FOUND'])
    ],
    people: [],
    nowhere: [byHash('a'), byAgent('vec:1')]
  },
  {
    key: 'A-16.without-identifiers',
    sentence: 'a user point keeps all its data when its last identifier is deleted, and only its own id leads to it',
    steps: [
      ...whole('a'),
      identifierDeletions(
        [hash('a'), account('a', 1_000), agent('vec:a'), agent('net:9:a')],
        times(4, { verdict: 'Applied', effect: { userPoint: mintedId(1) } })
      ),
      people([
        {
          ...wholePerson('a'),
          id: mintedId(1),
          accounts: [],
          emailHashes: [],
          devices: [{ id: mintedDevice(0), agents: [] }]
        }
      ]),
      // Nothing else sweeps.
      profiles([drop({ user_agent_id: mintedDevice(0) }, { $compartment_id: 0 })], ['Applied']),
      sweep([1, 0, 1]),
      people([
        {
          ...wholePerson('a'),
          id: mintedId(1),
          accounts: [],
          emailHashes: [],
          devices: [],
          profiles: { '1000/a': { n: 1 } }
        }
      ]),
      pointDeletions([hash('a'), point(mintedId(1).toUpperCase())], ['NoOp NOT_FOUND', 'Applied'])
    ],
    people: [],
    nowhere: [byId(mintedId(1))]
  },
  {
    key: 'A-16.released',
    sentence: 'a deleted identifier is free: the next line that names it creates another user point',
    steps: [
      joined(join(...odd.map(hash))),
      identifierDeletions(odd.slice(0, 5).map(hash), times(5, 'Applied')),
      people([{ id: mintedId(0), emailHashes: ['\u212a'] }], odd.slice(0, 5).map(byHash)),
      profiles(
        odd.map((each, n) => upsert(mail(each), { n })),
        [
          ...times(5, { verdict: 'Applied', effect: { userPointCreated: true } }),
          { verdict: 'Applied', effect: { userPointCreated: false } }
        ]
      ),
      associations([join(hash('K'), hash('k'))], [{ verdict: 'Applied', effect: { merged: [mintedId(5)] } }])
    ],
    people: [
      { id: mintedId(0), emailHashes: ['\u212a'], profiles: { '0': { n: 5 } } },
      ...odd.slice(0, 3).map((each, n) => ({ id: mintedId(n + 1), emailHashes: [each], profiles: { '0': { n } } })),
      // Line 5 came after line 4.
      { id: mintedId(4), emailHashes: ['K', 'k'], profiles: { '0': { n: 4 } }, mergedAt: [0] }
    ]
  },
  {
    key: 'A-16.swept',
    sentence: 'a sweep removes exactly the user points without a profile and without an unexpired segment',
    steps: [
      joined(...['only', 'scenario', 'choice', 'profile', 'never', 'later', 'now'].map((each) => join(hash(each)))),
      commands([enter('scenario', 'welcome')], ['Applied']),
      choices([choose(mail('choice'), consent)], ['Applied']),
      stored(upsert(mail('profile'))),
      segments(
        [
          segment(mail('never'), 9),
          segment(mail('later'), 9, { expiration_ts: beginning + 60_001 }),
          segment(mail('now'), 9, { expiration_duration: 1 }),
          segment(mail('now'), 8, { expiration_ts: 1 })
        ],
        times(4, 'Applied')
      ),
      sweep([7, 3, 0], { at: 59_999, dryRun: true }),
      sweep([7, 3, 0], { at: 59_999 }),
      people([
        { emailHashes: ['profile'], profiles: { '0': {} } },
        { emailHashes: ['never'], segments: { 'id 9': {} } },
        { emailHashes: ['later'], segments: { 'id 9': { endsAt: 60_001 } } },
        { emailHashes: ['now'], segments: { 'id 9': { endsAt: 60_000 } } }
      ]),
      sweep([4, 1, 0], { at: 60_000 }),
      sweep([3, 0, 0], { at: 60_000 }),
      // What was swept is free, and starts anew.
      profiles([upsert(mail('only'))], [{ verdict: 'Applied', effect: { userPointCreated: true } }])
    ],
    people: [
      { emailHashes: ['profile'], profiles: { '0': {} } },
      { emailHashes: ['never'], segments: { 'id 9': {} } },
      { emailHashes: ['later'], segments: { 'id 9': { endsAt: 60_001 } } },
      { emailHashes: ['only'], profiles: { '0': {} } }
    ]
  },
  {
    key: 'A-17.without-profiles',
    sentence:
      'a user point stays when its last profile is deleted, its identifiers lead to it, and the next sweep removes it',
    steps: [
      joined(join(hash('a'), account('a'), agent('vec:1'))),
      stored(upsert(mail('a'), { n: 1 }), upsert({ user_agent_id: 'vec:1' }, { $user_account_id: '__proto__', n: 2 })),
      profiles(
        [drop({ user_account_id: 'a' }), drop(mail('a'), { $user_account_id: '__proto__' })],
        times(2, { verdict: 'Applied', effect: { profiles: 1 } })
      ),
      people([{ accounts: ['0:a'], emailHashes: ['a'], devices: [{ agents: ['vec:1'] }] }]),
      sweep([1, 1, 0])
    ],
    people: []
  },
  {
    key: 'A-18.without-technical-ids',
    sentence:
      'a device point stays when its last technical id is deleted, its own id leads to it, and a sweep removes it',
    steps: [
      joined(join(hash('a'), agent('vec:1'), agent('net:9:1')), join(hash('a'), agent('vec:2'))),
      stored(upsert(mail('a'))),
      identifierDeletions([agent('vec:1'), agent('net:9:1')], times(2, 'Applied')),
      people([
        {
          emailHashes: ['a'],
          devices: [
            { id: mintedDevice(0), agents: [] },
            { id: mintedDevice(2), agents: ['vec:2'] }
          ],
          profiles: { '0': {} }
        }
      ]),
      profiles([upsert({ user_agent_id: mintedDevice(0) }, { n: 1 }, shallow)], ['Applied']),
      // A technical id that was deleted is free, and starts a device point of its own.
      associations(
        [join(hash('a'), agent('vec:1')), join(agent(mintedDevice(0)), agent('vec:3'))],
        times(2, 'Applied')
      ),
      identifierDeletions([agent('vec:3'), agent('vec:2')], times(2, 'Applied')),
      sweep([1, 0, 2], { dryRun: true }),
      sweep([1, 0, 2])
    ],
    people: [{ emailHashes: ['a'], devices: [{ id: mintedDevice(3), agents: ['vec:1'] }], profiles: { '0': { n: 1 } } }]
  },
  {
    key: 'A-19.everything',
    sentence: 'a user point is deleted with all attached data, the verdict counts it, and no other user point changes',
    steps: [
      ...whole('k'),
      ...whole('K'),
      ...whole('\u212a'),
      people([wholePerson('k'), wholePerson('K'), wholePerson('\u212a')]),
      pointDeletions(
        [hash('K')],
        [
          {
            verdict: 'Applied',
            effect: {
              userPoint: mintedId(3),
              identifiers: 4,
              devicePoints: 1,
              profiles: 2,
              segments: 2,
              scenarios: 2,
              choices: 1
            }
          }
        ]
      ),
      people([wholePerson('k'), wholePerson('\u212a')], [byId(mintedId(3))]),
      // The store has forgotten the erased person: the same identifiers create a new user point.
      joined(join(hash('K'), account('K', 1_000))),
      pointDeletions([account('k', 1_000)], ['Applied'])
    ],
    people: [wholePerson('\u212a'), { id: mintedId(6), accounts: ['1000:K'], emailHashes: ['K'] }],
    nowhere: [byId(mintedId(3)), byAgent('vec:K')]
  },
  {
    key: 'A-19.by-any',
    sentence: 'any reference to a user point deletes it whole, and then all its references are unknown',
    steps: [0, 1, 2, 3, 4].flatMap((n) => {
      const [device, id] = [mintedDevice(2 * n), mintedId(2 * n + 1)]
      const all = [hash('a'), account('a', 1_000), agent('vec:a'), agent(device), point(id)]
      return [
        joined(join(hash('a'), account('a', 1_000), agent('vec:a'))),
        people([{ id, accounts: ['1000:a'], emailHashes: ['a'], devices: [{ id: device, agents: ['vec:a'] }] }]),
        pointDeletions([...all.slice(n), ...all.slice(0, n)], ['Applied', ...times(4, 'NoOp NOT_FOUND')])
      ]
    }),
    people: []
  },
  {
    key: 'A-19.both-dialects',
    sentence: 'a user point is deleted whole through either dialect, with the data from the other one',
    steps: [
      upsertUsers(
        [user({ uuid: 'a', email: 'a@x.y' }, { attributes: { n: 1 } }), user({ uuid: 'b' }, { attributes: {} })],
        times(2, 'Applied')
      ),
      commands(
        [
          {
            _tag: 'UpdateSegment',
            reference: { _tag: 'Named', name: 'uuid', value: 'a' },
            key: { naming: 'Id', segment: '9' },
            expiry: { _tag: 'Never' }
          }
        ],
        ['Applied']
      ),
      people([
        {
          id: mintedId(0),
          named: { uuid: ['a'], email: ['a@x.y'] },
          profiles: { '0': { n: 1 } },
          segments: { 'id 9': {} }
        },
        { id: mintedId(1), named: { uuid: ['b'] }, profiles: { '0': {} } }
      ]),
      deleteUser(user({ email: 'a@x.y' }), {
        verdict: 'Applied',
        effect: { identifiers: 2, profiles: 1, segments: 1 }
      }),
      people([{ named: { uuid: ['b'] }, profiles: { '0': {} } }]),
      pointDeletions([point(mintedId(0)), point(mintedId(1))], ['NoOp NOT_FOUND', 'Applied'])
    ],
    people: [],
    nowhere: [byName('uuid', 'a'), byName('email', 'a@x.y')]
  },
  {
    key: 'A-28.profile-stays',
    sentence:
      'the deletion of an account leaves the profile that is bound to it, which can still be deleted by its key',
    steps: [
      joined(join(account('a'), hash('a'))),
      stored(upsert({ user_account_id: 'a' }, { $user_account_id: 'a', n: 1 }), upsert(mail('a'), { n: 2 })),
      identifierDeletions([account('a')], ['Applied']),
      people([{ emailHashes: ['a'], profiles: { '0/a': { n: 1 }, '0': { n: 2 } } }]),
      profiles([upsert(mail('a'), { $user_account_id: 'a', m: 3 }, shallow)], ['Applied'])
    ],
    people: [{ emailHashes: ['a'], profiles: { '0/a': { n: 1, m: 3 }, '0': { n: 2 } } }]
  },
  {
    key: 'A-35.one-person',
    sentence:
      'a technical id is one user point\u2019s: an association moves it with its person, and one line deletes it for good',
    steps: [
      joined(join(hash('a'), agent('vec:1')), join(hash('b'), agent('vec:2'))),
      associations([join(hash('b'), agent('vec:1'))], [{ verdict: 'Applied', effect: { merged: [mintedId(3)] } }]),
      people([
        {
          emailHashes: ['a', 'b'],
          devices: [
            { id: mintedDevice(0), agents: ['vec:1'] },
            { id: mintedDevice(2), agents: ['vec:2'] }
          ],
          mergedAt: [0]
        }
      ]),
      associations([join(agent('vec:2'), agent('vec:1'), agent('net:9:1'))], ['Applied']),
      people([
        {
          emailHashes: ['a', 'b'],
          devices: [{ id: mintedDevice(0), agents: ['vec:1', 'vec:2', 'net:9:1'] }],
          mergedAt: [0]
        }
      ]),
      identifierDeletions([agent('vec:2')], ['Applied']),
      deviceDeletions(
        [agent('net:9:1'), agent('vec:1'), agent(mintedDevice(0))],
        [{ verdict: 'Applied', effect: { technicalIds: 2 } }, ...times(2, 'NoOp NOT_FOUND')]
      ),
      joined(join(hash('c'), agent('vec:1'), agent('vec:2')))
    ],
    people: [
      { emailHashes: ['a', 'b'], mergedAt: [0] },
      { emailHashes: ['c'], devices: [{ agents: ['vec:1', 'vec:2'] }] }
    ]
  }
]
