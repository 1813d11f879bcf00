/** Segments, choices and scenarios: what is attached to a user point besides its profiles. */
import { beginning } from '../engine.ts'
import type { Scenario } from '../scenario.ts'
import {
  agent,
  byHash,
  choices,
  choose,
  commands,
  enter,
  hash,
  join,
  joined,
  leave,
  mail,
  mintedDevice,
  people,
  segment,
  segments,
  times
} from './steps.ts'

const vip = (segment_technical_name: string | number, more: object = { expiration_duration: 0 }) => ({
  operation: 'UPDATE',
  ...mail('a'),
  segment_technical_name,
  ...more
})

const chosen = ($processing_id: unknown, more: object = {}) => ({ $processing_id, $choice_ts: 5, ...more })

const unchosen = ($processing_id: unknown, who: object = mail('a')) => ({
  operation: 'DELETE',
  ...who,
  user_choice: { $processing_id }
})

export const segmentScenarios: ReadonlyArray<Scenario> = [
  {
    key: 'segments.named',
    sentence:
      'a segment is named by its id or its technical name, never both or neither; the two are never one segment',
    steps: [
      segments(
        [
          segment(mail('a'), 9),
          segment(mail('a'), '9', { expiration_duration: 0, data_bag: 1 }),
          vip('9'),
          vip('VIP'),
          vip('vip'),
          vip('__proto__'),
          segment(mail('a'), '09'),
          { operation: 'UPDATE', ...mail('a'), expiration_duration: 0 },
          { ...segment(mail('a'), 9), segment_technical_name: 'vip' },
          { operation: 'DELETE', ...mail('a') },
          { ...vip('vip'), operation: 'DELETE', segment_id: 9 },
          segment(mail('a'), ''),
          segment(mail('a'), 1.5)
        ],
        [
          { verdict: 'Applied', effect: { userPointCreated: true, segmentCreated: true } },
          { verdict: 'Applied', effect: { userPointCreated: false, segmentCreated: false } },
          ...times(5, { verdict: 'Applied', effect: { segmentCreated: true } }),
          'Rejected MISSING_SEGMENT',
          'Rejected MULTIPLE_SEGMENTS',
          'Rejected MISSING_SEGMENT',
          'Rejected MULTIPLE_SEGMENTS',
          'Rejected BAD_FIELD at segment_id',
          'Rejected BAD_FIELD at segment_id'
        ]
      ),
      people([
        {
          emailHashes: ['a'],
          segments: {
            'id 9': { dataBag: 1 },
            'name 9': {},
            'name VIP': {},
            'name vip': {},
            'name __proto__': {},
            'id 09': {}
          }
        }
      ]),
      segments(
        [
          { operation: 'DELETE', ...mail('a'), segment_id: '9' },
          { operation: 'DELETE', ...mail('a'), segment_technical_name: 'vip' },
          { operation: 'DELETE', ...mail('a'), segment_id: 'vip' },
          { operation: 'DELETE', ...mail('a'), segment_technical_name: '__proto__' }
        ],
        ['Applied', 'Applied', 'NoOp NOT_FOUND', 'Applied']
      )
    ],
    people: [{ emailHashes: ['a'], segments: { 'name 9': {}, 'name VIP': {}, 'id 09': {} } }]
  },
  {
    key: 'segments.ends',
    sentence:
      'an UPDATE names the end of the membership: a time wins over a duration with a warning, 0 means never, and a line without either is rejected',
    steps: [
      segments(
        [
          segment(mail('a'), 1, { expiration_duration: 2 }),
          segment(mail('a'), 2, { expiration_ts: beginning + 5_000 }),
          segment(mail('a'), 3, { expiration_ts: beginning + 5_000, expiration_duration: 2 }),
          segment(mail('a'), 4, { expiration_duration: 0 }),
          segment(mail('a'), 5, { expiration_ts: 0 }),
          segment(mail('a'), 6, { expiration_ts: 0, expiration_duration: 2 }),
          segment(mail('a'), 7, { expiration_ts: null, expiration_duration: 1 }),
          segment(mail('a'), 8, {}),
          segment(mail('a'), 9, { expiration_duration: -1 }),
          segment(mail('a'), 9, { expiration_duration: 0.5 }),
          segment(mail('a'), 9, { expiration_ts: '5000.0' }),
          segment(mail('a'), 9, { expiration_ts: 8_640_000_000_000_001 })
        ],
        [
          'Applied',
          'Applied',
          { verdict: 'Applied', warnings: ['IGNORED_FIELD at expiration_duration'] },
          'Applied',
          'Applied',
          { verdict: 'Applied', warnings: ['IGNORED_FIELD at expiration_duration'] },
          'Applied',
          'Rejected MISSING_FIELD at expiration_duration',
          ...times(2, 'Rejected BAD_FIELD at expiration_duration'),
          ...times(2, 'Rejected BAD_FIELD at expiration_ts')
        ],
        { at: 1_000 }
      ),
      segments([segment(mail('a'), 1, { expiration_duration: 2 }), segment(mail('a'), 2)], times(2, 'Applied'), {
        at: 2_000
      })
    ],
    people: [
      {
        emailHashes: ['a'],
        segments: {
          'id 1': { endsAt: 122_000 },
          'id 2': {},
          'id 3': { endsAt: 5_000 },
          'id 4': {},
          'id 5': {},
          'id 6': {},
          'id 7': { endsAt: 61_000 }
        },
        times: { 'segment id 1': [1_000, 2_000], 'segment id 3': [1_000, 1_000] }
      }
    ]
  },
  {
    key: 'segments.update',
    sentence:
      'an UPDATE without a `data_bag` keeps the old one, and one with it replaces it; a DELETE ends the membership at once',
    steps: [
      joined(join(hash('a'), agent('vec:1'))),
      segments(
        [
          segment(mail('a'), 9, { expiration_duration: 60, data_bag: { rank: 1, ['__proto__']: [2] } }),
          segment({ user_agent_id: 'vec:1' }, '9'),
          segment({ user_agent_id: mintedDevice(0) }, 8, { expiration_duration: 0, data_bag: { a: { b: 1 }, c: 1 } }),
          segment(mail('a'), 8, { expiration_duration: 0, data_bag: null }),
          segment(mail('a'), 7, { expiration_duration: 0, data_bag: { a: 1 } }),
          segment(mail('a'), 7, { expiration_duration: 0, data_bag: { b: 2 } }),
          segment(mail('a'), 6, { expiration_duration: 0, data_bag: [1] }),
          segment(mail('a'), 6, { expiration_duration: 0, data_bag: {} }),
          segment({ user_account_id: 'b' }, 9),
          { operation: 'DELETE', user_agent_id: 'vec:1', segment_id: 7 },
          { operation: 'DELETE', ...mail('a'), segment_id: 7, data_bag: 1 },
          { operation: 'DELETE', ...mail('none'), segment_id: 7 }
        ],
        [
          ...times(8, { verdict: 'Applied', effect: { userPointCreated: false } }),
          { verdict: 'Applied', effect: { userPointCreated: true, segmentCreated: true } },
          'Applied',
          ...times(2, 'NoOp NOT_FOUND')
        ]
      )
    ],
    people: [
      {
        emailHashes: ['a'],
        devices: [{ agents: ['vec:1'] }],
        segments: {
          'id 9': { dataBag: { rank: 1, ['__proto__']: [2] } },
          'id 8': { dataBag: { a: { b: 1 }, c: 1 } },
          'id 6': { dataBag: {} }
        }
      },
      { accounts: ['0:b'], segments: { 'id 9': {} } }
    ],
    nowhere: [byHash('none')]
  },
  {
    key: 'choices.selected',
    sentence: "the body's processing selects the choice, on UPSERT and DELETE, and is mandatory",
    steps: [
      choices(
        [
          choose(mail('a'), chosen(7, { n: 1 })),
          choose(mail('a'), chosen('7', { n: 2 })),
          choose(mail('a'), chosen('07', { n: 3 })),
          choose(mail('a'), chosen('__proto__', { n: 4 })),
          choose(mail('a'), { $choice_ts: 5 }),
          choose(mail('a'), chosen('')),
          unchosen(undefined),
          { operation: 'DELETE', ...mail('a') },
          unchosen('7'),
          unchosen(7),
          unchosen('__PROTO__'),
          unchosen(7, mail('none'))
        ],
        [
          { verdict: 'Applied', effect: { userPointCreated: true, choiceCreated: true } },
          { verdict: 'Applied', effect: { userPointCreated: false, choiceCreated: false } },
          ...times(2, { verdict: 'Applied', effect: { userPointCreated: false, choiceCreated: true } }),
          'Rejected MISSING_FIELD at user_choice.$processing_id',
          'Rejected BAD_FIELD at user_choice.$processing_id',
          'Rejected MISSING_FIELD at user_choice.$processing_id',
          'Rejected MISSING_FIELD at user_choice',
          'Applied',
          ...times(3, 'NoOp NOT_FOUND')
        ]
      )
    ],
    people: [
      {
        emailHashes: ['a'],
        choices: { '07': { chosenAt: 5, properties: { n: 3 } }, ['__proto__']: { chosenAt: 5, properties: { n: 4 } } }
      }
    ],
    nowhere: [byHash('none')]
  },
  {
    key: 'choices.upsert',
    sentence: 'an UPSERT of a choice has its time and a merge strategy: it replaces, or overrides key by key',
    steps: [
      choices(
        [
          choose(mail('a'), chosen(7, { accepted: true, by: { phone: 1 }, list: [1] })),
          choose(mail('a'), { ...chosen(7, { by: { mail: 1 }, list: [2], ['__proto__']: 1 }), $choice_ts: 6 }, false)
        ],
        ['Applied', 'Applied'],
        { at: 10 }
      ),
      people([
        {
          emailHashes: ['a'],
          choices: { 7: { chosenAt: 6, properties: { accepted: true, by: { mail: 1 }, list: [2], ['__proto__']: 1 } } },
          times: { 'choice 7': [10, 10] }
        }
      ]),
      choices(
        [
          choose(mail('a'), { $processing_id: 7, by: 'phone' }),
          choose(mail('a'), { $processing_id: 7, $choice_ts: '5.0' }),
          choose(mail('b'), { $processing_id: 7, $choice_ts: '5' }),
          { ...choose(mail('a'), chosen(7)), force_replace: undefined },
          { ...choose(mail('a'), chosen(7)), force_replace: 'true' },
          { operation: 'UPSERT', ...mail('a'), force_replace: true },
          choose(mail('a'), { ...chosen(7, { by: null, $creation_ts: 1 }), $choice_ts: 7 })
        ],
        [
          'Rejected MISSING_FIELD at user_choice.$choice_ts',
          'Rejected BAD_FIELD at user_choice.$choice_ts',
          'Applied',
          'Rejected MISSING_FORCE_REPLACE at force_replace',
          'Rejected BAD_FIELD at force_replace',
          'Rejected MISSING_FIELD at user_choice',
          'Applied'
        ],
        { at: 20 }
      )
    ],
    people: [
      {
        emailHashes: ['a'],
        choices: { 7: { chosenAt: 7, properties: { by: null, $creation_ts: 1 } } },
        times: { 'choice 7': [10, 20] }
      },
      { emailHashes: ['b'], choices: { 7: { chosenAt: 5, properties: {} } }, times: { 'choice 7': [20, 20] } }
    ]
  },
  {
    key: 'scenarios.entered-and-left',
    sentence: 'a user point enters a scenario once and leaves it once; entering creates a user point, leaving does not',
    steps: [
      commands(
        [
          enter('a', 'welcome'),
          enter('a', 'welcome'),
          enter('a', 'Welcome'),
          enter('a', '__proto__'),
          leave('a', 'welcome'),
          leave('a', 'welcome'),
          leave('b', 'welcome'),
          enter('c', 'welcome')
        ],
        [
          { verdict: 'Applied', effect: { userPointCreated: true } },
          'NoOp UNCHANGED',
          ...times(2, { verdict: 'Applied', effect: { userPointCreated: false } }),
          'Applied',
          ...times(2, 'NoOp NOT_FOUND'),
          { verdict: 'Applied', effect: { userPointCreated: true } }
        ]
      ),
      people([
        { emailHashes: ['a'], scenarios: ['Welcome', '__proto__'] },
        { emailHashes: ['c'], scenarios: ['welcome'] }
      ]),
      { ...commands([enter('a', 'welcome'), enter('a', 'Welcome')], ['Applied', 'NoOp UNCHANGED']), at: 5 }
    ],
    people: [
      {
        emailHashes: ['a'],
        scenarios: ['Welcome', '__proto__', 'welcome'],
        times: { 'scenario Welcome': [0, 0], 'scenario welcome': [5, 5] }
      },
      { emailHashes: ['c'], scenarios: ['welcome'] }
    ],
    nowhere: [byHash('b')]
  }
]
