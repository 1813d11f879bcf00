/** Lines and documents: how bytes become lines, and lines commands. */
import type { Json } from '@userpoint/core'
import { parseCompartmentId } from '@userpoint/core/command'
import fc from 'fast-check'
import { hostileClaims } from '../../hostile.ts'
import { beginning } from '../engine.ts'
import type { Person } from '../person.ts'
import type { Scenario } from '../scenario.ts'
import type { ImportStep, Step, Story } from '../story.ts'
import {
  account,
  agent,
  associations,
  byAccount,
  byAgent,
  byHash,
  byId,
  byName,
  choices,
  choose,
  deleteAttributes,
  deviceDeletions,
  drop,
  hash,
  identifierDeletions,
  join,
  joined,
  line,
  lines,
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
  shows,
  stored,
  times,
  upsert,
  upsertUsers,
  user
} from './steps.ts'

const shop = parseCompartmentId(1_000)
const ada = { user_account_id: 'ada' }
const adaByHash: Person = { emailHashes: ['a'], profiles: { '0': {} } }

/** Texts that identify, each another, many alike to a careless eye. */
const twins = hostileClaims.filter((text) => text.length <= 512)

/** A text that may identify. */
const identifierText = (): fc.Arbitrary<string> =>
  fc.oneof(
    fc.constantFrom(...twins),
    fc.string({ unit: 'binary', minLength: 1, maxLength: 8 }).map((text) => text.replaceAll('\0', '0')),
    fc.string({ unit: fc.constantFrom('a', 'A', '\u00e9', 'e\u0301', ' ', ':', '0'), minLength: 1, maxLength: 3 })
  )

/** Objects and arrays in turn, as many as that. */
const nested = (depth: number): Json =>
  depth === 0 ? 'deep' : depth % 2 === 0 ? { down: nested(depth - 1) } : [nested(depth - 1)]

/** People with one e-mail hash each, of whom every second loses it again. */
const peopleByHash = (texts: ReadonlyArray<string>): Story => {
  const lost = texts.filter((_, index) => index % 2 === 1)
  return {
    steps: [
      stored(...texts.map((text, n) => upsert(mail(text), { n }))),
      people(texts.map((text, n) => ({ emailHashes: [text], profiles: { '0': { n } } }))),
      ...(lost.length === 0
        ? []
        : [
            identifierDeletions(lost.map(hash), times(lost.length, 'Applied')),
            profiles(
              lost.map((text) => drop(mail(text))),
              times(lost.length, 'NoOp NOT_FOUND')
            )
          ])
    ],
    people: texts.map((text, n) => ({ ...(n % 2 === 0 && { emailHashes: [text] }), profiles: { '0': { n } } }))
  }
}

const tooOld = (systemVersion: string, step: ImportStep): ReadonlyArray<Step> => [
  {
    ...step,
    policies: { systemVersion },
    expect: { ...step.expect, job: { code: 'UNSUPPORTED_SYSTEM_VERSION', count: 0, lines: [], indices: [] } }
  },
  {
    _tag: 'Line',
    type: step.type,
    line: {},
    policies: { systemVersion },
    expect: 'Rejected UNSUPPORTED_SYSTEM_VERSION'
  }
]

export const lineScenarios: ReadonlyArray<Scenario> = [
  {
    key: 'A-01.spellings',
    sentence: 'a compartment is one, whether it is written as a number, as text, or with leading zeros',
    steps: [
      stored(
        upsert({ ...ada, compartment_id: 1_000 }, { $compartment_id: '01000', a: 1 }),
        upsert({ ...ada, compartment_id: '1000' }, { $compartment_id: 1_000, b: 2 }, shallow),
        upsert({ ...ada, compartment_id: '0001000' }, { $compartment_id: '1000', c: 3 }, shallow),
        // An account's id has no spellings: these are others.
        upsert({ user_account_id: '01000', compartment_id: 1_000 }),
        upsert({ user_account_id: '1000', compartment_id: 1_000 })
      ),
      people(
        [
          { accounts: ['1000:ada'], profiles: { '1000': { a: 1, b: 2, c: 3 } } },
          { accounts: ['1000:01000'], profiles: { '0': {} } },
          { accounts: ['1000:1000'], profiles: { '0': {} } }
        ],
        [byAccount('0', 'ada'), byAccount('100', '0:ada'), byAccount('1000', '1')]
      ),
      identifierDeletions(
        [account('ada', '01000'), account('ada', 1_000), account('1000', '1000')],
        ['Applied', 'NoOp NOT_FOUND', 'Applied']
      )
    ],
    people: [
      { profiles: { '1000': { a: 1, b: 2, c: 3 } } },
      { accounts: ['1000:01000'], profiles: { '0': {} } },
      { profiles: { '0': {} } }
    ]
  },
  {
    key: 'A-01.beyond-numbers',
    sentence: 'compartments that differ in one digit are two, however many digits they have',
    steps: [
      stored(
        upsert({ ...ada, compartment_id: '9007199254740992' }, { n: 1 }),
        upsert({ ...ada, compartment_id: '9007199254740993' }, { n: 2 }),
        upsert({ ...ada, compartment_id: Number.MAX_SAFE_INTEGER }, { n: 3 }),
        upsert({ ...ada, compartment_id: '9'.repeat(40) }, { n: 4 }),
        upsert({ ...ada, compartment_id: `${'9'.repeat(39)}8` }, { n: 5 })
      ),
      profiles(
        [upsert({ ...ada, compartment_id: '9007199254740991' }, { more: true }, shallow)],
        [{ verdict: 'Applied', effect: { userPointCreated: false, profileCreated: false } }]
      )
    ],
    people: [
      { accounts: ['9007199254740992:ada'], profiles: { '0': { n: 1 } } },
      { accounts: ['9007199254740993:ada'], profiles: { '0': { n: 2 } } },
      { accounts: ['9007199254740991:ada'], profiles: { '0': { n: 3, more: true } } },
      { accounts: [`${'9'.repeat(40)}:ada`], profiles: { '0': { n: 4 } } },
      { accounts: [`${'9'.repeat(39)}8:ada`], profiles: { '0': { n: 5 } } }
    ]
  },
  {
    key: 'A-01.rejected',
    sentence: 'a value that is not a compartment id rejects the line, and nothing is stored',
    steps: [
      profiles(
        [
          1.5,
          -1,
          2 ** 53,
          '',
          ' ',
          '1 ',
          '-1',
          '1a',
          '0x10',
          '1.0',
          '\u0661',
          '\uff11',
          true,
          {},
          [1],
          '9'.repeat(41)
        ].map((compartment_id) => upsert({ ...ada, compartment_id })),
        times(16, 'Rejected BAD_COMPARTMENT_ID at compartment_id')
      ),
      profiles(
        [upsert(mail('a'), { $compartment_id: '1a' }), drop(mail('a'), { $compartment_id: -1 })],
        times(2, 'Rejected BAD_COMPARTMENT_ID at user_profile.$compartment_id')
      ),
      identifierDeletions([account('ada', '1e3')], ['Rejected BAD_COMPARTMENT_ID at compartment_id'])
    ],
    people: []
  },
  {
    key: 'A-02.default',
    sentence: 'naming the default compartment, no compartment and null are the same',
    policies: { ...(shop !== undefined && { defaultCompartment: shop }) },
    steps: [
      stored(
        upsert(ada, { a: 1 }),
        upsert({ ...ada, compartment_id: null }, { $compartment_id: null, b: 2 }, shallow),
        upsert({ ...ada, compartment_id: 1_000 }, { $compartment_id: '1000', c: 3 }, shallow)
      ),
      people([{ accounts: ['1000:ada'], profiles: { '1000': { a: 1, b: 2, c: 3 } } }], [byAccount('0', 'ada')]),
      associations([join(account('ada'), account('ada', '1000'), account('ada', null))], ['NoOp ALREADY_ASSOCIATED']),
      identifierDeletions(
        [account('ada', 0), account('ada'), account('ada', '1000')],
        ['NoOp NOT_FOUND', 'Applied', 'NoOp NOT_FOUND']
      )
    ],
    people: [{ profiles: { '1000': { a: 1, b: 2, c: 3 } } }]
  },
  {
    key: 'A-02.none',
    sentence: 'without a default compartment, a line that names none is rejected, and others are not',
    policies: { defaultCompartment: undefined },
    steps: [
      profiles(
        [
          upsert(ada, { $compartment_id: 1 }),
          upsert({ ...ada, compartment_id: null }, { $compartment_id: 1 }),
          upsert(mail('a')),
          drop(mail('a')),
          upsert({ ...ada, compartment_id: 0 }, { $compartment_id: 0 })
        ],
        [
          'Rejected NO_DEFAULT_COMPARTMENT at compartment_id',
          'Rejected NO_DEFAULT_COMPARTMENT at compartment_id',
          'Rejected NO_DEFAULT_COMPARTMENT at user_profile.$compartment_id',
          'Rejected NO_DEFAULT_COMPARTMENT at user_profile.$compartment_id',
          'Applied'
        ]
      ),
      identifierDeletions([account('ada')], ['Rejected NO_DEFAULT_COMPARTMENT at compartment_id']),
      associations(
        [join(hash('a'), account('ada'))],
        ['Rejected NO_DEFAULT_COMPARTMENT at identifiers[1].compartment_id']
      ),
      upsertUsers([user({ uuid: 'ada' }, { attributes: {} })], ['Rejected NO_DEFAULT_COMPARTMENT']),
      deleteAttributes([user({ uuid: 'ada' }, { whole: ['n'] })], ['Rejected NO_DEFAULT_COMPARTMENT']),
      shows(user({ uuid: 'ada' }), 'Rejected NO_DEFAULT_COMPARTMENT')
    ],
    people: [{ accounts: ['0:ada'], profiles: { '0': {} } }]
  },
  {
    key: 'A-03.incomplete',
    sentence: 'a compartment without an account rejects a flat line, also one with another identifier',
    steps: [
      profiles(
        [
          upsert({ compartment_id: 1 }),
          upsert({ compartment_id: 1, user_account_id: null, email_hash: 'a' }),
          drop({ compartment_id: 1, user_agent_id: 'vec:1' })
        ],
        times(3, 'Rejected INCOMPLETE_IDENTIFIER at compartment_id')
      ),
      segments(
        [segment({ compartment_id: 1, email_hash: 'a' }, 9)],
        ['Rejected INCOMPLETE_IDENTIFIER at compartment_id']
      ),
      choices(
        [choose({ compartment_id: 1, email_hash: 'a' }, { $processing_id: 7, $choice_ts: 5 })],
        ['Rejected INCOMPLETE_IDENTIFIER at compartment_id']
      ),
      identifierDeletions([{ type: 'USER_ACCOUNT', compartment_id: 1 }], ['Rejected MISSING_FIELD at user_account_id'])
    ],
    people: []
  },
  {
    key: 'A-04.lenient',
    sentence: 'a command may span several lines, and a line may have several; each has the line on which it starts',
    steps: [
      profiles(
        [
          `\ufeff${JSON.stringify(upsert(mail('a'), { n: 1 }), null, 2)}`,
          '',
          `  ${JSON.stringify(upsert(mail('b'), { n: 2 }))}\t${JSON.stringify(upsert(mail('c'), { n: 3 }))}\r`,
          `${JSON.stringify(upsert(mail('d'), { n: 4 }), null, 4)} ${JSON.stringify(drop(mail('c')))}`
        ].join('\n'),
        [
          { verdict: 'Applied', line: 1 },
          { verdict: 'Applied', line: 10 },
          { verdict: 'Applied', line: 10 },
          { verdict: 'Applied', line: 11 },
          { verdict: 'Applied', line: 18 }
        ]
      )
    ],
    people: [
      { emailHashes: ['a'], profiles: { '0': { n: 1 } } },
      { emailHashes: ['b'], profiles: { '0': { n: 2 } } },
      { emailHashes: ['c'] },
      { emailHashes: ['d'], profiles: { '0': { n: 4 } } }
    ]
  },
  {
    key: 'A-04.strict',
    sentence: 'strict framing reads one object a line, and nothing over several',
    steps: [
      profiles(
        [
          `\ufeff${JSON.stringify(upsert(mail('a')))}\r`,
          ' ',
          '{"operation": "UPSERT", "email_hash": "b",',
          '"force_replace": true, "user_profile": {}}',
          `${JSON.stringify(upsert(mail('c')))} ${JSON.stringify(upsert(mail('d')))}`,
          JSON.stringify(upsert(mail('e')))
        ].join('\n'),
        [
          'Applied',
          { verdict: 'Rejected SYNTAX_ERROR', line: 3 },
          { verdict: 'Rejected SYNTAX_ERROR', line: 4 },
          { verdict: 'Rejected SYNTAX_ERROR', line: 5 },
          { verdict: 'Applied', line: 6 }
        ],
        { framing: 'strict' }
      )
    ],
    people: [adaByHash, { emailHashes: ['e'], profiles: { '0': {} } }],
    nowhere: ['b', 'c', 'd'].map(byHash)
  },
  {
    key: 'A-04.broken',
    sentence: 'a broken command counts as its first line; each line that recovery skips is a separate rejected command',
    steps: [
      stored(...['a', 'b', 'c', 'd'].map((each) => upsert(mail(each)))),
      pointDeletions(
        [
          '{"type": "USER_EMAIL", "hash": "a"',
          '{"type": "USER_EMAIL", "hash": "b"}',
          '{',
          '  "type": "USER_EMAIL",',
          '  "note" oops,',
          '  "nested":',
          '',
          '    {"type": "USER_EMAIL", "hash": "c"}',
          '}',
          '{"type": "USER_EMAIL", "hash": "d"}'
        ].join('\n'),
        [
          'Rejected SYNTAX_ERROR',
          'Applied',
          { verdict: 'Rejected SYNTAX_ERROR', line: 3 },
          ...[4, 5, 6, 8, 9].map((at) => ({ verdict: 'Rejected SKIPPED' as const, line: at })),
          { verdict: 'Applied', line: 10 }
        ]
      )
    ],
    people: [adaByHash, { emailHashes: ['c'], profiles: { '0': {} } }],
    nowhere: [byHash('b'), byHash('d')]
  },
  {
    key: 'A-04.cut-short',
    sentence:
      'after a command that lost its end, the next one that may be a part of it is skipped, and those after it are read',
    steps: [
      profiles(
        [
          JSON.stringify(upsert(mail('a'))),
          '{"operation":"UPSERT","email_hash":"b","force_replace":true,"user_profile":',
          JSON.stringify(upsert(mail('c'))),
          JSON.stringify(upsert(mail('d')))
        ].join('\n'),
        ['Applied', 'Rejected SYNTAX_ERROR', 'Rejected SKIPPED', 'Applied']
      )
    ],
    people: [adaByHash, { emailHashes: ['d'], profiles: { '0': {} } }],
    nowhere: ['b', 'c'].map(byHash)
  },
  {
    key: 'A-04.nested',
    sentence: 'in a document of deletions, an object that may be nested in a broken command is never a command',
    steps: [
      stored(upsert(mail('a')), upsert(mail('b'))),
      pointDeletions(
        [
          '{"type": "USER_EMAIL" "hash": "x", "note": [',
          '{"type": "USER_EMAIL", "hash": "a"}',
          '{"type": "USER_EMAIL", "hash": "a"}',
          ']}',
          '{"type": "USER_EMAIL", "hash": "b"}'
        ].join('\n'),
        ['Rejected SYNTAX_ERROR', ...times(3, 'Rejected SKIPPED'), 'Applied']
      ),
      identifierDeletions(`{"note": [\n${JSON.stringify(hash('a'))}\n${JSON.stringify(hash('a'))}`, [
        'Rejected SYNTAX_ERROR',
        ...times(2, 'Rejected SKIPPED')
      ])
    ],
    people: [adaByHash],
    nowhere: [byHash('b')]
  },
  {
    key: 'A-04.text-sequence',
    sentence: 'a U+001E before a value is white space; any other prefix rejects each line on which it stands',
    steps: [
      stored(upsert(mail('a')), upsert(mail('b'))),
      ...['data: ', '> ', '\u001eoops ', ','].map((prefix) =>
        pointDeletions(`${JSON.stringify(hash('x'))}\n${`${prefix}${JSON.stringify(hash('a'))}\n`.repeat(5)}`, [
          'NoOp NOT_FOUND',
          prefix === ',' ? 'Rejected EXPECTED_NDJSON' : 'Rejected SYNTAX_ERROR',
          ...times(4, 'Rejected SKIPPED')
        ])
      ),
      pointDeletions(`${JSON.stringify(hash('x'))}\n\ufeff${JSON.stringify(hash('a'))}\n`, [
        'NoOp NOT_FOUND',
        'Rejected BYTE_ORDER_MARK'
      ]),
      ...(['lenient', 'strict'] as const).map((framing) =>
        pointDeletions(
          ['x', 'y', 'b'].map((each) => `\u001e${JSON.stringify(hash(each))}\n`).join(''),
          ['NoOp NOT_FOUND', 'NoOp NOT_FOUND', framing === 'lenient' ? 'Applied' : 'NoOp NOT_FOUND'],
          { framing }
        )
      )
    ],
    people: [adaByHash],
    nowhere: [byHash('b')]
  },
  {
    key: 'A-05.array',
    sentence: 'an array around the commands is one rejected line, and nothing in it is applied',
    steps: [
      stored(upsert(mail('a'))),
      pointDeletions(`[\n${JSON.stringify(hash('a'))},\n${JSON.stringify(hash('b'))}\n]\n`, [
        'Rejected EXPECTED_NDJSON'
      ]),
      pointDeletions(`[${JSON.stringify(hash('a'))}]`, ['Rejected EXPECTED_NDJSON'], { framing: 'strict' }),
      line('USER_POINTS_DELETION', [hash('a')], 'Rejected EXPECTED_NDJSON')
    ],
    people: [adaByHash]
  },
  {
    key: 'A-05.commas',
    sentence: 'a comma between commands is a separate rejected line; in strict framing the line is not JSON',
    steps: [
      stored(...['a', 'b', 'c'].map((each) => upsert(mail(each)))),
      identifierDeletions(
        `${JSON.stringify(hash('a'))},\n${JSON.stringify(hash('b'))}, ${JSON.stringify(hash('c'))}\n`,
        [
          'Applied',
          { verdict: 'Rejected EXPECTED_NDJSON', line: 1 },
          { verdict: 'Applied', line: 2 },
          { verdict: 'Rejected EXPECTED_NDJSON', line: 2 }
        ]
      ),
      identifierDeletions(`${JSON.stringify(hash('c'))},\n`, ['Rejected SYNTAX_ERROR'], { framing: 'strict' })
    ],
    people: [{ profiles: { '0': {} } }, { profiles: { '0': {} } }, { emailHashes: ['c'], profiles: { '0': {} } }]
  },
  {
    key: 'A-06.job',
    sentence:
      "a device point's id anywhere in an identifiers deletion rejects the job: all such lines are named, and nothing is applied",
    steps: [
      joined(join(hash('a'), agent('vec:1'), account('ada'))),
      identifierDeletions(
        [hash('a'), agent(mintedDevice(0)), agent('vec:1'), { type: 'USER_EMAIL' }, agent('udp:7'), account('ada')],
        [
          'Rejected JOB_REJECTED',
          'Rejected DEVICE_POINT_NOT_ALLOWED at user_agent_id',
          'Rejected JOB_REJECTED',
          'Rejected MISSING_FIELD at hash',
          'Rejected DEVICE_POINT_NOT_ALLOWED at user_agent_id',
          'Rejected JOB_REJECTED'
        ],
        { job: { code: 'DEVICE_POINT_NOT_ALLOWED', count: 2, lines: [2, 5], indices: [1, 4] } }
      ),
      line('USER_IDENTIFIERS_DELETION', agent('udp:7'), 'Rejected DEVICE_POINT_NOT_ALLOWED at user_agent_id')
    ],
    people: [{ emailHashes: ['a'], accounts: ['0:ada'], devices: [{ agents: ['vec:1'] }] }]
  },
  {
    key: 'A-06.hidden',
    sentence: "screening sees a device point's id after a comma, in an array, and on a line with another fault",
    steps: [
      joined(join(hash('a'), agent('vec:1'))),
      ...[
        [`${JSON.stringify(hash('a'))},${JSON.stringify(agent('udp:7'))}`, 'Rejected EXPECTED_NDJSON', 1] as const,
        [`[${JSON.stringify(hash('a'))},${JSON.stringify(agent('udp:7'))}]`, 'Rejected EXPECTED_NDJSON', 0] as const,
        [JSON.stringify(agent('udp:7')).slice(0, -1), 'Rejected SYNTAX_ERROR', 0] as const,
        [JSON.stringify({ ...agent('udp:7'), type: 'USER' }), 'Rejected UNSUPPORTED_TYPE at type', 0] as const,
        [JSON.stringify({ ...agent('udp:7'), note: '\ud800' }), 'Rejected BAD_TEXT at *', 0] as const,
        [
          '{"type":"USER_AGENT","user_agent_id":"udp:7","user_agent_id":"vec:1"}',
          'Rejected DUPLICATE_KEY at user_agent_id',
          0
        ] as const
      ].map(([wrong, verdict, index]) =>
        identifierDeletions(
          `${wrong}\n${JSON.stringify(hash('a'))}\n`,
          [
            ...times(index, 'Rejected JOB_REJECTED'),
            { verdict, line: 1 },
            { verdict: 'Rejected JOB_REJECTED', line: 2 }
          ],
          { job: { code: 'DEVICE_POINT_NOT_ALLOWED', count: 1, lines: [1], indices: [index] } }
        )
      ),
      identifierDeletions(
        [{ ...hash('x'), note: 'udp:7' }],
        [{ verdict: 'NoOp NOT_FOUND', warnings: ['UNKNOWN_FIELD at note'] }]
      )
    ],
    people: [{ emailHashes: ['a'], devices: [{ agents: ['vec:1'] }] }]
  },
  {
    key: 'A-06.elsewhere',
    sentence: "a device point's id is valid in deletions of device points and user points",
    steps: [
      joined(join(hash('a'), agent('vec:1')), join(hash('b'), agent('vec:2'))),
      people([
        { id: mintedId(1), emailHashes: ['a'], devices: [{ id: mintedDevice(0), agents: ['vec:1'] }] },
        { id: mintedId(3), emailHashes: ['b'], devices: [{ id: mintedDevice(2), agents: ['vec:2'] }] }
      ]),
      deviceDeletions(
        [agent(mintedDevice(0)), agent(mintedDevice(0)), agent('vec:1')],
        ['Applied', 'NoOp NOT_FOUND', 'NoOp NOT_FOUND']
      ),
      pointDeletions([agent(mintedDevice(2))], ['Applied'])
    ],
    people: [{ emailHashes: ['a'] }]
  },
  {
    key: 'A-07.compartments',
    sentence:
      'with a list of compartments, a line that would create in another one is rejected, and a deletion is looked up',
    steps: [
      stored(upsert({ ...ada, compartment_id: 2_000 }, { $compartment_id: 2_000, n: 1 })),
      profiles(
        [
          upsert({ ...ada, compartment_id: 2_000 }, { $compartment_id: 1_000 }),
          upsert({ ...ada, compartment_id: 1_000 }, { $compartment_id: 2_000 }),
          upsert(ada, { $compartment_id: 1_000 }),
          drop({ ...ada, compartment_id: 3_000 }),
          drop({ ...ada, compartment_id: 2_000 }, { $compartment_id: '02000' }),
          upsert({ ...ada, compartment_id: '01000' }, { $compartment_id: 1_000 })
        ],
        [
          'Rejected UNKNOWN_COMPARTMENT at compartment_id',
          'Rejected UNKNOWN_COMPARTMENT at user_profile.$compartment_id',
          'Rejected UNKNOWN_COMPARTMENT at compartment_id',
          'NoOp NOT_FOUND',
          'Applied',
          'Applied'
        ],
        { policies: { knownCompartments: shop === undefined ? [] : [shop] } }
      ),
      identifierDeletions([account('ada', 2_000), account('ada', 3_000)], ['Applied', 'NoOp NOT_FOUND'], {
        policies: { knownCompartments: [] }
      })
    ],
    people: [{}, { accounts: ['1000:ada'], profiles: { '1000': {} } }]
  },
  {
    key: 'A-07.registries',
    sentence:
      'with a list of registries, a line that would create in another one is rejected, and a deletion is looked up',
    steps: [
      joined(join(agent('net:9:x'), agent('net:8:x'), agent('ins:8:y'))),
      associations(
        [
          join(hash('a'), agent('net:8:z')),
          join(hash('a'), agent('ins:08:z')),
          join(hash('a'), agent('net:9:z')),
          join(hash('a'), agent('vec:8'))
        ],
        [
          'Rejected UNKNOWN_REGISTRY at identifiers[1].user_agent_id',
          'Rejected UNKNOWN_REGISTRY at identifiers[1].user_agent_id',
          'Applied',
          'Applied'
        ],
        { policies: { knownRegistries: ['9'] } }
      ),
      identifierDeletions([agent('net:8:x'), agent('net:7:x')], ['Applied', 'NoOp NOT_FOUND'], {
        policies: { knownRegistries: ['9'] }
      })
    ],
    people: [
      { devices: [{ agents: ['net:9:x', 'ins:8:y'] }] },
      { emailHashes: ['a'], devices: [{ agents: ['net:9:z'] }, { agents: ['vec:8'] }] }
    ]
  },
  {
    key: 'A-08.types',
    sentence: 'an unknown type rejects the line, and names are case-sensitive',
    steps: [
      stored(upsert(mail('a'))),
      pointDeletions(
        [
          { type: 'user_email', hash: 'a' },
          { type: 'USER_EMAILS', hash: 'a' },
          { type: '__proto__', hash: 'a' },
          { type: ['USER_EMAIL'], hash: 'a' },
          { hash: 'a' },
          { type: null, hash: 'a' },
          { type: 'USER_EMAIL', Hash: 'a' }
        ],
        [
          ...times(4, 'Rejected UNSUPPORTED_TYPE at type'),
          ...times(2, 'Rejected MISSING_FIELD at type'),
          'Rejected MISSING_FIELD at hash'
        ]
      ),
      deviceDeletions([hash('a')], ['Rejected UNSUPPORTED_TYPE at type']),
      associations(
        [join(hash('a'), { type: 'constructor' }), join(hash('a'), point(mintedId(0)))],
        times(2, 'Rejected UNSUPPORTED_TYPE at identifiers[1].type')
      )
    ],
    people: [adaByHash]
  },
  {
    key: 'A-08.fields',
    sentence: 'a field that is missing, empty, too long or of the wrong kind rejects the line, and its place is named',
    steps: [
      stored(upsert(mail('a'))),
      pointDeletions(
        [
          { type: 'USER_EMAIL' },
          hash(''),
          { type: 'USER_EMAIL', hash: 7 },
          { type: 'USER_EMAIL', hash: { a: 1 } },
          hash('x'.repeat(513)),
          hash('x'.repeat(512)),
          agent('vec'),
          agent('VEC:1'),
          agent('net:x:1'),
          agent('mob:ios')
        ],
        [
          'Rejected MISSING_FIELD at hash',
          ...times(3, 'Rejected BAD_FIELD at hash'),
          'Rejected IDENTIFIER_TOO_LONG at hash',
          'NoOp NOT_FOUND',
          ...times(4, 'Rejected BAD_USER_AGENT_ID at user_agent_id')
        ]
      ),
      associations(
        [{}, { identifiers: {} }, { identifiers: [] }, join(hash('b'), 'a')],
        [
          'Rejected MISSING_FIELD at identifiers',
          'Rejected BAD_FIELD at identifiers',
          'Rejected MISSING_IDENTIFIER at identifiers',
          'Rejected BAD_FIELD at identifiers[1]'
        ]
      ),
      pointDeletions(
        [
          '"a"',
          '7',
          'null',
          '{"type":"USER_EMAIL","hash":"a\\u0000"}',
          '{"type":"USER_EMAIL","hash":"a","\\ud800":1}'
        ].join('\n'),
        [...times(3, 'Rejected NOT_AN_OBJECT'), 'Rejected BAD_TEXT at hash', 'Rejected BAD_TEXT at *']
      )
    ],
    people: [adaByHash],
    nowhere: [byHash('b'), byHash('x'.repeat(512))]
  },
  {
    key: 'A-08.more-fields',
    sentence: 'an unknown field is a warning, and the line is applied',
    steps: [
      profiles(
        [
          { ...upsert(mail('a')), note: 'x', Email_hash: 'b' },
          { ...drop(mail('a')), ['__proto__']: { email_hash: 'b' } }
        ],
        [
          { verdict: 'Applied', warnings: ['UNKNOWN_FIELD at note', 'UNKNOWN_FIELD at Email_hash'] },
          { verdict: 'Applied', warnings: ['UNKNOWN_FIELD at __proto__'] }
        ]
      ),
      associations(
        [join({ ...hash('a'), email: 'ada@x.y', note: 1 }, hash('c'))],
        [{ verdict: 'Applied', warnings: ['UNKNOWN_FIELD at identifiers[0].note'] }]
      )
    ],
    people: [{ emailHashes: ['a', 'c'] }],
    nowhere: [byHash('b'), byName('email', 'ada@x.y')]
  },
  {
    key: 'A-08.user-agents',
    sentence:
      'with the policy `strict` only documented schemes are user agent ids, and `vec:` accepts digits; without it any scheme is one',
    steps: [
      stored(upsert({ user_agent_id: 'cus:1' }, { n: 1 }), upsert({ user_agent_id: 'vec:x' }, { n: 2 })),
      profiles(
        [
          upsert({ user_agent_id: 'cus:1' }),
          upsert({ user_agent_id: 'vec:x' }),
          upsert({ user_agent_id: 'vec:0' }, { n: 3 }),
          upsert({ user_agent_id: 'mum:x' }, { n: 4 }),
          upsert({ user_agent_id: 'mob:ios:raw:x:y' }, { n: 5 }),
          upsert({ user_agent_id: 'vec:00' }, { n: 6 })
        ],
        [...times(2, 'Rejected BAD_USER_AGENT_ID at user_agent_id'), ...times(4, 'Applied')],
        { policies: { userAgentIds: 'strict' } }
      ),
      identifierDeletions(
        [agent('cus:1'), agent('ins:9:1')],
        ['Rejected BAD_USER_AGENT_ID at user_agent_id', 'NoOp NOT_FOUND'],
        {
          policies: { userAgentIds: 'strict' }
        }
      )
    ],
    people: ['cus:1', 'vec:x', 'vec:0', 'mum:x', 'mob:ios:raw:x:y', 'vec:00'].map((id, n) => ({
      devices: [{ agents: [id] }],
      profiles: { '0': { n: n + 1 } }
    }))
  },
  {
    key: 'A-08.depth',
    sentence: 'a line that is nested too deep is rejected, and one at the limit is stored unchanged',
    steps: [
      profiles(
        [upsert(mail('a'), { deep: nested(98) }), upsert(mail('b'), { deep: nested(99) })],
        ['Applied', 'Rejected TOO_DEEP at user_profile.*[0].*…']
      )
    ],
    people: [{ emailHashes: ['a'], profiles: { '0': { deep: nested(98) } } }]
  },
  {
    key: 'A-30.twins',
    sentence: 'identifiers that look alike are different, and stay so when some are deleted',
    ...peopleByHash(twins)
  },
  {
    key: 'A-30.any',
    sentence: 'any two texts that differ identify two people',
    runs: 6,
    stories: fc.uniqueArray(identifierText(), { minLength: 2, maxLength: 6 }).map(peopleByHash)
  },
  {
    key: 'A-30.sorts',
    sentence:
      'one text as an account, an e-mail hash, a technical id and a named identifier is four identifiers, in any spelling',
    settings: {
      identifiers: [
        { name: 'uuid' },
        { name: 'x', custom: true },
        { name: 'x:1', custom: true },
        { name: '__proto__', custom: true }
      ]
    },
    steps: [
      stored(
        upsert({ user_account_id: 'vec:1' }, { n: 0 }),
        upsert(mail('vec:1'), { n: 1 }),
        upsert({ user_agent_id: 'vec:1' }, { n: 2 }),
        upsert(mail('account:0:vec:1'), { n: 3 }),
        upsert({ user_account_id: '0:vec:1' }, { n: 4 }),
        upsert({ user_account_id: 'vec:1', compartment_id: 1 }, { n: 5 }),
        upsert({ user_account_id: '1:vec:1' }, { n: 6 }),
        upsert({ user_agent_id: 'agent:vec:1' }, { n: 7 }),
        upsert(mail('agent:vec:1'), { n: 8 }),
        upsert({ user_account_id: 'email_hash:vec:1' }, { n: 9 }),
        upsert(mail('named:4:uuid:vec:1'), { n: 10 })
      ),
      upsertUsers(
        [
          user({ uuid: 'vec:1' }, { attributes: { n: 11 } }),
          user({ custom: { x: '1:y' } }, { attributes: { n: 12 } }),
          user({ custom: { 'x:1': 'y' } }, { attributes: { n: 13 } }),
          user({ custom: { ['__proto__']: 'vec:1' } }, { attributes: { n: 14 } })
        ],
        times(4, 'Applied')
      ),
      people([
        { accounts: ['0:vec:1'], profiles: { '0': { n: 0 } } },
        { emailHashes: ['vec:1'], profiles: { '0': { n: 1 } } },
        { devices: [{ agents: ['vec:1'] }], profiles: { '0': { n: 2 } } },
        { emailHashes: ['account:0:vec:1'], profiles: { '0': { n: 3 } } },
        { accounts: ['0:0:vec:1'], profiles: { '0': { n: 4 } } },
        { accounts: ['1:vec:1'], profiles: { '0': { n: 5 } } },
        { accounts: ['0:1:vec:1'], profiles: { '0': { n: 6 } } },
        { devices: [{ agents: ['agent:vec:1'] }], profiles: { '0': { n: 7 } } },
        { emailHashes: ['agent:vec:1'], profiles: { '0': { n: 8 } } },
        { accounts: ['0:email_hash:vec:1'], profiles: { '0': { n: 9 } } },
        { emailHashes: ['named:4:uuid:vec:1'], profiles: { '0': { n: 10 } } },
        { named: { uuid: ['vec:1'] }, profiles: { '0': { n: 11 } } },
        { named: { 'custom.x': ['1:y'] }, profiles: { '0': { n: 12 } } },
        { named: { 'custom.x:1': ['y'] }, profiles: { '0': { n: 13 } } },
        { named: { 'custom.__proto__': ['vec:1'] }, profiles: { '0': { n: 14 } } }
      ]),
      pointDeletions(
        [
          hash('vec:1'),
          hash('vec:1'),
          account('vec:1'),
          agent('vec:1'),
          account('1:vec:1'),
          hash('named:4:uuid:vec:1')
        ],
        ['Applied', 'NoOp NOT_FOUND', ...times(4, 'Applied')]
      )
    ],
    people: [
      { emailHashes: ['account:0:vec:1'], profiles: { '0': { n: 3 } } },
      { accounts: ['0:0:vec:1'], profiles: { '0': { n: 4 } } },
      { accounts: ['1:vec:1'], profiles: { '0': { n: 5 } } },
      { devices: [{ agents: ['agent:vec:1'] }], profiles: { '0': { n: 7 } } },
      { emailHashes: ['agent:vec:1'], profiles: { '0': { n: 8 } } },
      { accounts: ['0:email_hash:vec:1'], profiles: { '0': { n: 9 } } },
      { named: { uuid: ['vec:1'] }, profiles: { '0': { n: 11 } } },
      { named: { 'custom.x': ['1:y'] }, profiles: { '0': { n: 12 } } },
      { named: { 'custom.x:1': ['y'] }, profiles: { '0': { n: 13 } } },
      { named: { 'custom.__proto__': ['vec:1'] }, profiles: { '0': { n: 14 } } }
    ]
  },
  {
    key: 'A-30.own-id',
    sentence: "a user point's own id is compared in lower case, of ASCII letters only, and is not an identifier",
    steps: [
      stored(upsert(mail(mintedId(0))), upsert(mail('b')), upsert(mail('c'))),
      people([
        { id: mintedId(0), emailHashes: [mintedId(0)], profiles: { '0': {} } },
        { id: mintedId(1), emailHashes: ['b'], profiles: { '0': {} } },
        { id: mintedId(2), emailHashes: ['c'], profiles: { '0': {} } }
      ]),
      pointDeletions(
        [
          hash(mintedId(1)),
          point(` ${mintedId(1)}`),
          point(mintedId(1).toUpperCase()),
          point(mintedId(1)),
          point('b'),
          point('\u212a'),
          point('\u{1f600}')
        ],
        ['NoOp NOT_FOUND', 'NoOp NOT_FOUND', 'Applied', ...times(4, 'NoOp NOT_FOUND')]
      ),
      pointDeletions(
        [point('42'), point(`${mintedId(2)}0`), point(mintedId(2).toUpperCase())],
        ['Rejected BAD_FIELD at user_point_id', 'Rejected BAD_FIELD at user_point_id', 'Applied'],
        { policies: { userPointIds: 'uuid' } }
      )
    ],
    people: [{ id: mintedId(0), emailHashes: [mintedId(0)], profiles: { '0': {} } }],
    nowhere: [byId(mintedId(1)), byId('b')]
  },
  {
    key: 'A-31.order',
    sentence: 'lines are applied in the order of the document, and each sees the changes of the lines before it',
    steps: [
      profiles(
        [
          drop(mail('a')),
          upsert(mail('a'), { n: 1, list: [1] }),
          upsert(mail('a'), { n: 2 }, shallow),
          upsert(mail('a'), { list: [2] }, { force_replace: false, merge_objects: true }),
          drop(mail('a')),
          upsert(mail('a'), { m: 1 }, shallow),
          upsert(mail('a'), { n: 3 }, shallow)
        ],
        [
          'NoOp NOT_FOUND',
          { verdict: 'Applied', effect: { userPointCreated: true, profileCreated: true } },
          { verdict: 'Applied', effect: { userPointCreated: false, profileCreated: false } },
          'Applied',
          { verdict: 'Applied', effect: { profiles: 1 } },
          { verdict: 'Applied', effect: { userPointCreated: false, profileCreated: true } },
          'Applied'
        ]
      ),
      associations(
        [join(hash('a'), hash('b')), join(hash('b'), hash('c')), join(hash('a'), hash('c'))],
        ['Applied', 'Applied', 'NoOp ALREADY_ASSOCIATED']
      ),
      identifierDeletions([hash('b'), hash('b'), hash('a')], ['Applied', 'NoOp NOT_FOUND', 'Applied'])
    ],
    people: [{ emailHashes: ['c'], profiles: { '0': { m: 1, n: 3 } } }]
  },
  {
    key: 'A-32.line',
    sentence: 'a rejected line changes nothing and stops no other',
    steps: [
      profiles(
        [
          upsert(mail('a'), { n: 1 }),
          upsert({ email_hash: 'a', user_agent_id: 'vec:1' }, { n: 2 }),
          upsert({ user_agent_id: 'udp:7' }, { n: 3 }),
          7,
          upsert(mail('b'), { n: 4 })
        ],
        [
          'Applied',
          'Rejected MULTIPLE_IDENTIFIERS',
          'Rejected UNKNOWN_DEVICE_POINT at user_agent_id',
          'Rejected NOT_AN_OBJECT',
          'Applied'
        ]
      ),
      associations(
        [join(hash('a'), hash('c'), agent('udp:7')), join(hash('b'), hash('d'))],
        ['Rejected UNKNOWN_DEVICE_POINT at identifiers[2].user_agent_id', 'Applied']
      )
    ],
    people: [
      { emailHashes: ['a'], profiles: { '0': { n: 1 } } },
      { emailHashes: ['b', 'd'], profiles: { '0': { n: 4 } } }
    ],
    nowhere: [byHash('c'), byAgent('vec:1')]
  },
  {
    key: 'A-32.max-rejected',
    sentence:
      'a document with more wrong lines than `maxRejected` is rejected as a whole, and what is stored does not count',
    steps: [
      stored(upsert(mail('a'))),
      pointDeletions(
        [hash('a'), {}, 7, hash('b')],
        ['Rejected JOB_REJECTED', 'Rejected MISSING_FIELD at type', 'Rejected NOT_AN_OBJECT', 'Rejected JOB_REJECTED'],
        { maxRejected: 1, job: { code: 'TOO_MANY_REJECTED', count: 2, lines: [2, 3], indices: [1, 2] } }
      ),
      pointDeletions([{}, hash('b')], ['Rejected MISSING_FIELD at type', 'Rejected JOB_REJECTED'], {
        maxRejected: '49%',
        job: { code: 'TOO_MANY_REJECTED', count: 1, lines: [1], indices: [0] }
      }),
      // As many as the limit, and a line that is rejected because of what is stored.
      profiles(
        [upsert(mail('c')), {}, upsert({ user_agent_id: 'udp:7' }), upsert(mail('d'))],
        ['Applied', 'Rejected MISSING_FIELD at operation', 'Rejected UNKNOWN_DEVICE_POINT at user_agent_id', 'Applied'],
        { maxRejected: '25%' }
      )
    ],
    people: [adaByHash, { emailHashes: ['c'], profiles: { '0': {} } }, { emailHashes: ['d'], profiles: { '0': {} } }]
  },
  {
    key: 'A-32.no-text',
    sentence: 'bytes that are not UTF-8 reject the job, and nothing is applied',
    steps: [
      stored(upsert(mail('a'))),
      pointDeletions(Uint8Array.from([...new TextEncoder().encode(lines(hash('a'), hash('b'))), 0xc3, 0x28]), [], {
        job: { code: 'INVALID_UTF8', count: 1, lines: [3], indices: [] }
      }),
      pointDeletions(Uint8Array.from([...new TextEncoder().encode(lines(hash('a'))), 0xe2, 0x82]), [], {
        job: { code: 'INVALID_UTF8', count: 1, lines: [2], indices: [] }
      })
    ],
    people: [adaByHash]
  },
  {
    key: 'A-33.completed',
    sentence: 'an import has completed when every line has a verdict, rejected ones too',
    steps: [
      identifierDeletions(
        [{}, hash(''), 'x', hash('a')],
        ['Rejected MISSING_FIELD at type', 'Rejected BAD_FIELD at hash', 'Rejected NOT_AN_OBJECT', 'NoOp NOT_FOUND']
      ),
      profiles(
        Array.from({ length: 7 }, () => ({})),
        times(7, 'Rejected MISSING_FIELD at operation')
      )
    ],
    people: []
  },
  {
    key: 'A-34.own-id',
    sentence: "a user point's own id rejects its line of an identifiers deletion, and no other line",
    steps: [
      stored(upsert(mail('a')), upsert(mail('b'))),
      identifierDeletions([point(mintedId(0)), hash('b')], ['Rejected UNSUPPORTED_TYPE at type', 'Applied']),
      deviceDeletions([point(mintedId(0))], ['Rejected UNSUPPORTED_TYPE at type']),
      pointDeletions([point(mintedId(1))], ['Applied'])
    ],
    people: [{ id: mintedId(0), emailHashes: ['a'], profiles: { '0': {} } }]
  },
  {
    key: 'A-36.versions',
    sentence: 'a datamart that is known to be too old for a document rejects the job',
    steps: [
      stored(upsert(mail('a')), upsert(mail('b'))),
      ...tooOld('v201811', associations([join(hash('a'), hash('b'))], ['Rejected JOB_REJECTED'])),
      ...tooOld('v201812', identifierDeletions([hash('a')], ['Rejected JOB_REJECTED'])),
      ...tooOld(
        'v201901',
        pointDeletions([hash('a'), {}], ['Rejected JOB_REJECTED', 'Rejected MISSING_FIELD at type'])
      ),
      ...tooOld('v202204', deviceDeletions([agent('vec:1')], ['Rejected JOB_REJECTED'])),
      profiles([upsert(mail('a'), { n: 1 })], ['Applied'], { policies: { systemVersion: 'v201709' } }),
      associations([join(hash('a'), hash('c'))], ['Applied'], { policies: { systemVersion: 'v201812' } }),
      identifierDeletions([hash('a')], ['Applied'], { policies: { systemVersion: 'v201901' } }),
      pointDeletions([hash('b')], ['Applied'], { policies: { systemVersion: 'v202205' } })
    ],
    people: [{ emailHashes: ['c'], profiles: { '0': { n: 1 } } }]
  },
  {
    key: 'A-37.operations',
    sentence: 'an unknown operation rejects the line, and so do a missing one and one in another case',
    steps: [
      stored(upsert(mail('a'))),
      profiles(
        ['delete', 'Delete', 'UPDATE', 'toString', '__proto__', '', 7, null].map((operation) => ({
          operation,
          ...mail('a')
        })),
        [...times(7, 'Rejected UNSUPPORTED_OPERATION at operation'), 'Rejected MISSING_FIELD at operation']
      ),
      segments(
        [
          { ...segment(mail('a'), 9), operation: 'UPSERT' },
          { ...segment(mail('a'), 9), operation: 'update' }
        ],
        times(2, 'Rejected UNSUPPORTED_OPERATION at operation')
      ),
      choices(
        [{ ...choose(mail('a'), { $processing_id: 7, $choice_ts: beginning }), operation: 'UPDATE' }],
        ['Rejected UNSUPPORTED_OPERATION at operation']
      )
    ],
    people: [adaByHash]
  },
  {
    key: 'A-40.empty',
    sentence: 'a document without a command completes with no lines, in every type',
    steps: [
      stored(upsert(mail('a'))),
      profiles('', []),
      segments('\n \t\r\n', []),
      choices('\ufeff', []),
      associations('\ufeff\n', [], { framing: 'strict' }),
      identifierDeletions('', []),
      deviceDeletions('\n\n', [], { framing: 'strict' }),
      pointDeletions(new Uint8Array(), [])
    ],
    people: [adaByHash]
  },
  {
    key: 'A-41.twice',
    sentence: 'a key that occurs twice in one object rejects its line, at any depth and in any spelling',
    steps: [
      stored(upsert(mail('mia'), { n: 1 }), upsert(mail('tom'), { n: 2 })),
      ...(['lenient', 'strict'] as const).map((framing) =>
        pointDeletions(
          [
            '{"type":"USER_EMAIL","hash":"mia","hash":"tom"}',
            '{"type":"USER_EMAIL","hash":"mia","h\\u0061sh":"mia"}',
            '{"type" : "USER_EMAIL", "hash" : "mia", "type" : "USER_EMAIL"}',
            '{"type":"USER_EMAIL","hash":"mia","note":{"list":[{"__proto__":1,"__proto__":1}]}}'
          ].join('\n'),
          [
            ...times(2, 'Rejected DUPLICATE_KEY at hash'),
            'Rejected DUPLICATE_KEY at type',
            'Rejected DUPLICATE_KEY at *.*[0].*'
          ],
          { framing }
        )
      ),
      profiles(
        [
          '{"operation":"UPSERT","email_hash":"mia","email_hash":"tom","force_replace":true,"user_profile":{"n":3}}',
          '{"operation":"UPSERT","email_hash":"mia","force_replace":true,"user_profile":{"n":3},"operation":"DELETE"}',
          '{"operation":"UPSERT","email_hash":"mia","force_replace":true,"user_profile":{"n":{"a":1,"b":2,"a":1}}}',
          '{"operation":"UPSERT","email_hash":"tom","force_replace":true,"user_profile":{"n":{"a":{"a":":"}},"a":"\\":"}}'
        ].join('\n'),
        [
          'Rejected DUPLICATE_KEY at email_hash',
          'Rejected DUPLICATE_KEY at operation',
          'Rejected DUPLICATE_KEY at user_profile.*.*',
          'Applied'
        ]
      )
    ],
    people: [
      { emailHashes: ['mia'], profiles: { '0': { n: 1 } } },
      { emailHashes: ['tom'], profiles: { '0': { n: { a: { a: ':' } }, a: '":' } } }
    ]
  },
  {
    key: 'A-46.blocked',
    sentence:
      'a placeholder that the policy blocks creates no user point, and data stored under it can still be removed',
    steps: [
      stored(upsert(mail('NULL'), { n: 1 }), upsert({ user_account_id: 'null' }, { n: 2 })),
      profiles(
        [
          upsert(mail('null'), { n: 3 }),
          upsert({ user_account_id: ' ' }),
          upsert({ user_agent_id: 'vec:0' }),
          upsert(mail('a'), { $user_account_id: '0' }),
          upsert(mail('a'), { name: 'null' }),
          drop({ user_account_id: 'null' })
        ],
        [
          'Rejected BLOCKED_VALUE at email_hash',
          'Rejected BLOCKED_VALUE at user_account_id',
          'Rejected BLOCKED_VALUE at user_agent_id',
          'Rejected BLOCKED_VALUE at user_profile.$user_account_id',
          'Applied',
          'Applied'
        ],
        { policies: { blockedValues: ['', '0', 'null'] } }
      ),
      associations([join(hash('a'), account('0'))], ['Rejected BLOCKED_VALUE at identifiers[1].user_account_id'], {
        policies: { blockedValues: ['0'] }
      }),
      segments([segment(mail('0'), 9)], ['Rejected BLOCKED_VALUE at email_hash'], {
        policies: { blockedValues: ['0'] }
      }),
      choices([choose(mail('0'), { $processing_id: 7, $choice_ts: 5 })], ['Rejected BLOCKED_VALUE at email_hash'], {
        policies: { blockedValues: ['0'] }
      }),
      pointDeletions([hash('NULL'), hash('null')], ['Applied', 'NoOp NOT_FOUND'], {
        policies: { blockedValues: ['null'] }
      })
    ],
    people: [{ accounts: ['0:null'] }, { emailHashes: ['a'], profiles: { '0': { name: 'null' } } }],
    nowhere: [byHash('null'), byHash('0'), byAccount('0', ' '), byAgent('vec:0')]
  },
  {
    key: 'A-47.numbers',
    sentence:
      'an integer that would change rejects its line, in any spelling; any other number is returned to the last digit',
    steps: [
      profiles(
        [
          '9007199254740993',
          '653247040368672769',
          '653247040368672769.0',
          '6.53247040368672769e17',
          '1e400',
          '1e-400',
          '9007199254740992',
          '9007199254740992.00',
          '-0',
          '0.1',
          '0.1234567890123456789',
          '1.7976931348623157e308',
          '5e-324'
        ]
          .map(
            (number, n) =>
              `{"operation":"UPSERT","email_hash":"${n}","force_replace":true,"user_profile":{"n":[${number}]}}`
          )
          .join('\n'),
        [...times(6, 'Rejected BAD_NUMBER at user_profile.*[0]'), ...times(7, 'Applied')]
      )
    ],
    people: [2 ** 53, 2 ** 53, 0, 0.1, 0.12345678901234568, 1.7976931348623157e308, 5e-324].map((n, index) => ({
      emailHashes: [`${index + 6}`],
      profiles: { '0': { n: [n] } }
    }))
  },
  {
    key: 'A-49.snapshot',
    sentence: 'a line is taken as it is at the call, even if its owner changes it later',
    steps: [
      {
        ...line('USER_PROFILE', upsert(mail('a'), { list: [1], inner: { n: 1 } }), 'Applied'),
        afterwards: (own) => {
          const { user_profile: profile } = own as { user_profile: { list: unknown[]; inner: object; more?: unknown } }
          profile.list.push(own)
          Object.assign(profile.inner, { n: 'a\u0000b' })
          profile.more = 1n
        }
      }
    ],
    people: [{ emailHashes: ['a'], profiles: { '0': { list: [1], inner: { n: 1 } } } }]
  }
]
