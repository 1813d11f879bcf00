import { readFileSync } from 'node:fs'
import { defaultBounds, defaultPolicies, recommendedBlockedValues } from '@userpoint/core'
import { defaultIdentitySettings } from '@userpoint/core/insider'
import { Ajv } from 'ajv'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  completeSettings,
  defaultLimits,
  issuesOf,
  printSettings,
  readSettings,
  type Settings,
  settingsDigest,
  SettingsRefused
} from '../src/index.ts'
import { defaultSettings } from '../src/entries/defaults.ts'

const published = new URL('../userpoint.schema.json', import.meta.url)
const isValid = new Ajv({ strict: false }).compile(JSON.parse(readFileSync(published, 'utf8')) as object)

/** Every setting, none of them at its default. */
const everything: Settings = {
  $schema: './userpoint.schema.json',
  datamart: '1162',
  partner: 'mybrand',
  policies: {
    arrays: 'union',
    defaultCompartment: 7,
    profileDeleteScope: 'all',
    profileMerge: 'newestWhole',
    userAgentIds: 'strict',
    userPointIds: 'uuid',
    knownCompartments: ['007', 8],
    knownRegistries: ['1'],
    blockedValues: 'recommended',
    defaultStrategy: 'deep',
    systemVersion: 'v202205',
    quarantine: { segments: 1 },
    hyperPoint: {
      technicalIds: { count: 1, days: 0.5 },
      accounts: { count: 1, days: 1 },
      emailHashes: { count: 1, days: 1 },
      merges: { count: 1, days: 1 },
      identifiers: 9
    },
    limits: { identifiers: 9, attachments: 9, profileBytes: 9, arrayLength: 9 },
    suppression: 'people'
  },
  identity: {
    identifiers: [{ name: 'card', custom: true, limit: 2 }],
    blockedValues: ['null'],
    onConflict: 'priority',
    emptiedArray: 'drop',
    partialOnScalar: 'reject',
    singleValue: 'wrap',
    numericIdentifiers: 'text',
    listAttribute: 'static_segment_id',
    emailHash: { algorithm: 'md5', trim: true },
    personal: [{ name: 'city' }]
  },
  bounds: { maxDepth: 5, maxLineLength: 1_000 },
  limits: {
    maxRejected: '5%',
    uploadBytes: 1,
    bodyBytes: 2,
    idleMilliseconds: 3,
    bodyMilliseconds: 5,
    bytesPerSecond: 0,
    requestsAtOnce: 6,
    executionsAtOnce: 7,
    executionsKeptHours: 24,
    requestsPerMinute: 4
  },
  erasure: { keyFile: 'key', documentKeys: 'people.keys', claims: 'plain' },
  retention: { properties: [{ name: 'phone', days: 1 }], profiles: 2, memberships: 3, people: 4 },
  feed: { state: 'on', keptHours: 1 },
  tokens: [{ sha256: 'ab'.repeat(32) }]
}

describe('complete settings', () => {
  it('have core’s defaults', () => {
    expect(completeSettings()).toStrictEqual(defaultSettings)
    expect(completeSettings()).toEqual({
      datamart: undefined,
      partner: undefined,
      policies: defaultPolicies,
      identity: defaultIdentitySettings,
      bounds: defaultBounds,
      limits: defaultLimits,
      erasure: { keyFile: undefined, keyVariable: undefined, documentKeys: undefined, claims: 'keyed' },
      retention: { properties: [], profiles: undefined, memberships: undefined, people: undefined },
      feed: { state: 'off', keptHours: 168 },
      tokens: []
    })
  })

  it('have every setting in core’s spelling', () => {
    const { policies, identity, limits, erasure, tokens } = completeSettings(everything)
    expect(policies).toEqual({
      ...everything.policies,
      defaultCompartment: '7',
      knownCompartments: ['7', '8'],
      blockedValues: recommendedBlockedValues
    })
    expect(identity).toEqual({ ...everything.identity, emailHash: { algorithm: 'md5', trim: true, lowerCase: false } })
    expect(limits).toEqual(everything.limits)
    expect(erasure).toEqual({ ...everything.erasure, keyVariable: undefined })
    expect(completeSettings({ erasure: { keyFile: null, keyVariable: 'KEY' } }).erasure.keyVariable).toBe('KEY')
    expect(tokens).toEqual(everything.tokens)
  })

  it('are settings, which do not change when they are completed again', () => {
    for (const settings of [{}, everything, { policies: { defaultCompartment: null } }]) {
      const complete = completeSettings(settings)
      expect(completeSettings(complete)).toEqual(complete)
    }
  })

  it('[A-02] have no default compartment where it is given as none', () => {
    expect(completeSettings({ policies: { defaultCompartment: null } }).policies.defaultCompartment).toBeUndefined()
    expect(
      completeSettings({ policies: { defaultCompartment: undefined } }).policies.defaultCompartment
    ).toBeUndefined()
    expect(completeSettings({ policies: { arrays: undefined } }).policies).toEqual(defaultPolicies)
  })

  it('do not change with the settings that they are made from', () => {
    const blockedValues = ['null']
    const { policies } = completeSettings({ policies: { blockedValues } })
    blockedValues.push('0')
    expect(policies.blockedValues).toEqual(['null'])
  })
})

const issueOf = (settings: unknown) => issuesOf(settings).map(({ code, path }) => [code, path])

describe('wrong settings', () => {
  it.each([
    [[], 'WRONG_TYPE', ''],
    [null, 'WRONG_TYPE', ''],
    [{ datamart: 'a b' }, 'WRONG_VALUE', 'datamart'],
    [{ partner: 'MyBrand' }, 'WRONG_VALUE', 'partner'],
    [{ partner: 'Ünal' }, 'WRONG_VALUE', 'partner'],
    [{ policy: {} }, 'UNKNOWN_SETTING', 'policy'],
    [{ policies: { arays: 'union' } }, 'UNKNOWN_SETTING', 'policies.arays'],
    [JSON.parse('{"policies":{"__proto__":[]}}'), 'UNKNOWN_SETTING', 'policies.__proto__'],
    [{ policies: { arrays: 'sum' } }, 'WRONG_VALUE', 'policies.arrays'],
    [{ policies: { arrays: null } }, 'WRONG_TYPE', 'policies.arrays'],
    [{ policies: { defaultCompartment: -1 } }, 'WRONG_VALUE', 'policies.defaultCompartment'],
    [{ policies: { defaultCompartment: 1.5 } }, 'WRONG_VALUE', 'policies.defaultCompartment'],
    [{ policies: { knownCompartments: ['1', 'x'] } }, 'WRONG_VALUE', 'policies.knownCompartments[1]'],
    [{ policies: { systemVersion: '202205' } }, 'WRONG_VALUE', 'policies.systemVersion'],
    [{ policies: { quarantine: {} } }, 'MISSING', 'policies.quarantine.segments'],
    [{ policies: { blockedValues: 'all' } }, 'WRONG_VALUE', 'policies.blockedValues'],
    [{ identity: { identifiers: {} } }, 'WRONG_TYPE', 'identity.identifiers'],
    [{ identity: { identifiers: ['email'] } }, 'WRONG_TYPE', 'identity.identifiers[0]'],
    [{ identity: { identifiers: [{}] } }, 'MISSING', 'identity.identifiers[0].name'],
    [{ identity: { identifiers: [{ name: '' }] } }, 'WRONG_VALUE', 'identity.identifiers[0].name'],
    [{ identity: { identifiers: [{ name: 'a', custom: 'yes' }] } }, 'WRONG_TYPE', 'identity.identifiers[0].custom'],
    [{ identity: { identifiers: [{ name: 'a', limit: 0 }] } }, 'WRONG_VALUE', 'identity.identifiers[0].limit'],
    [{ identity: { identifiers: [{ name: 'a', limits: 1 }] } }, 'UNKNOWN_SETTING', 'identity.identifiers[0].limits'],
    [
      { identity: { identifiers: [{ name: 'a' }, { name: 'a', custom: false }] } },
      'REPEATED',
      'identity.identifiers[1]'
    ],
    [
      {
        retention: {
          properties: [
            { name: 'phone', days: 9 },
            { name: 'city', days: 9 },
            { name: 'phone', days: 8 }
          ]
        }
      },
      'REPEATED',
      'retention.properties[2]'
    ],
    [{ erasure: { keyFile: 'key', keyVariable: 'KEY' } }, 'WRONG_VALUE', 'erasure.keyVariable'],
    [{ identity: { emailHash: { algorithm: 'sha3' } } }, 'WRONG_VALUE', 'identity.emailHash.algorithm'],
    [{ bounds: { maxDepth: 1_001 } }, 'WRONG_VALUE', 'bounds.maxDepth'],
    [{ limits: { maxRejected: '101%' } }, 'WRONG_VALUE', 'limits.maxRejected'],
    [{ limits: { bodyBytes: 5_000_001 } }, 'WRONG_VALUE', 'limits.bodyBytes'],
    [{ tokens: [{ sha256: 'secret' }] }, 'WRONG_VALUE', 'tokens[0].sha256']
  ])('are named by path: %j', (settings, code, path) => {
    expect(issueOf(settings)).toEqual([[code, path]])
  })

  it('are all named, each with what was expected', () => {
    const wrong = { policies: { arrays: 'sum' }, limits: { uploadBytes: '1' } }
    expect(() => completeSettings(wrong as never)).toThrow(
      'policies.arrays: expected "concat" or "union" (WRONG_VALUE); limits.uploadBytes: expected a whole number from 1 (WRONG_TYPE)'
    )
  })

  it('show no value, and nothing of a token', () => {
    const secret = 'my-secret-token'
    const shapes: ReadonlyArray<unknown> = [
      secret,
      [secret],
      { [secret]: secret },
      [{ [secret]: secret }],
      [{ sha256: secret }],
      [{ sha256: { [secret]: secret } }],
      [{ sha256: 'a'.repeat(64), [secret]: 1 }]
    ]
    for (const tokens of shapes) {
      const issues = issuesOf({ tokens })
      expect(issues.length).toBeGreaterThan(0)
      expect(JSON.stringify(issues)).not.toContain(secret)
    }
    const values = { datamart: `${secret} `, partner: secret.toUpperCase(), policies: { systemVersion: secret } }
    expect(JSON.stringify(issuesOf(values)).toLowerCase()).not.toContain(secret)
  })

  it('never throw anything but their refusal, even if they are anything', () => {
    fc.assert(
      fc.property(fc.anything({ withBigInt: true, withDate: true, withNullPrototype: true }), (value) => {
        const names = ['policies', 'identity', 'bounds', 'limits', 'feed', 'erasure', 'tokens', 'partner']
        for (const settings of [value, ...names.map((name) => ({ [name]: value }))]) {
          try {
            completeSettings(settings as Settings)
          } catch (error) {
            expect(error).toBeInstanceOf(SettingsRefused)
          }
        }
      })
    )
  })
})

describe('a file of settings', () => {
  const read = (text: string) => readSettings(new TextEncoder().encode(text))

  it('is read as it is written', () => {
    expect(read(JSON.stringify(everything))).toEqual(everything)
  })

  it.each([
    ['{', 'NOT_JSON', 'line 1'],
    ['{\n  "partner": "a",\n  "datamart": }\n', 'NOT_JSON', 'line 3'],
    ['{\n  "partner": "a",\n\n', 'NOT_JSON', 'line 2'],
    ['', 'NOT_JSON', 'line 1'],
    ['{}\n\n}', 'NOT_JSON', 'line 3'],
    ['{\n"a": [1,\n2,\n],\n"b": 1}', 'NOT_JSON', 'line 4'],
    ['{\n"a": "open\n}', 'NOT_JSON', 'line 2'],
    ['{"partner":"a","partner":"b"}', 'DUPLICATE_KEY', 'partner'],
    ['{"policies":{"arrays":"union","arrays":"concat"}}', 'DUPLICATE_KEY', 'policies.arrays'],
    ['{"tokens":[{"sha256":"x"},{"secret":1,"secret":2}]}', 'DUPLICATE_KEY', 'tokens[1]'],
    ['{"limits":{"uploadBytes":653247040368672769}}', 'WRONG_VALUE', 'limits.uploadBytes']
  ])('is refused as a whole, with the place: %s', (text, code, place) => {
    expect(() => read(text)).toThrow(new RegExp(`^${place.replaceAll(/[[\]]/g, '\\$&')}: .*\\(${code}\\)`))
  })

  it('that is no UTF-8 is refused', () => {
    expect(() => readSettings(new Uint8Array([0x7b, 0xff, 0x7d]))).toThrow('expected JSON as UTF-8 (NOT_JSON)')
  })

  it('is valid for the published JSON Schema exactly where it is taken', () => {
    const complete = JSON.parse(printSettings({ ...completeSettings(everything), tokens: [] })) as object
    for (const settings of [{}, everything, complete])
      expect([isValid(settings), issuesOf(settings)]).toEqual([true, []])
    for (const wrong of [
      { policies: { arrays: 'sum' } },
      { policies: { quarantine: {} } },
      { policies: { systemVersion: 'v1' } },
      { tokens: [{ sha256: 'x' }] },
      { partner: 'A' },
      { limits: { bodyBytes: 0 } },
      { anything: 1 }
    ])
      expect([isValid(wrong), issuesOf(wrong).length > 0]).toEqual([false, true])
  })
})

describe('the digest of settings', () => {
  const digestOf = (settings: Settings) => settingsDigest(completeSettings(settings))

  it('is the same however they are spelled', () => {
    expect(digestOf({ policies: { defaultCompartment: 7, arrays: 'concat' } })).toBe(
      digestOf({ policies: { defaultCompartment: '007' }, identity: { emailHash: null } })
    )
  })

  it('differs where a command may be decided differently', () => {
    const { policies = {}, identity = {}, bounds = {} } = everything
    const one = (part: string, fields: object) =>
      Object.entries(fields).map(([name, value]) => ({ [part]: { [name]: value } }))
    const changes = [...one('policies', policies), ...one('identity', identity), ...one('bounds', bounds)]
    expect(changes.length).toBeGreaterThan(20)
    expect(new Set([{}, ...changes].map((each) => digestOf(each as Settings))).size).toBe(changes.length + 1)
  })

  it('does not depend on tokens, names and limits', () => {
    const { datamart, partner, limits, feed, tokens } = everything
    expect(digestOf({ datamart, partner, limits, feed, tokens })).toBe(digestOf({}))
  })
})

describe('printed settings', () => {
  it('show every default, and no token', () => {
    const text = printSettings(completeSettings(everything))
    expect(text).not.toContain('abab')
    expect(JSON.parse(printSettings(completeSettings()))).toMatchObject({
      policies: { arrays: 'concat', systemVersion: null },
      limits: { maxRejected: null, uploadBytes: 1_073_741_824 }
    })
  })
})
