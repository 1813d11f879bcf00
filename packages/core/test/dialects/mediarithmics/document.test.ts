import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { isSupported, rejectsJob } from '../../../src/command/dialect.ts'
import {
  decodeLine,
  documentTypes,
  parseDocumentType,
  mediarithmics
} from '../../../src/dialects/mediarithmics/document.ts'
import { defaultPolicies } from '../../../src/command/policies.ts'
import { rejectionMessages } from '../../../src/command/rejection.ts'
import { E } from '../../../src/fp.ts'
import { commandOf, faultOf, nested } from './decoding.ts'
import { seed, times } from '../../laws/law.ts'

const upsert = (profile: unknown): unknown => ({
  operation: 'UPSERT',
  email_hash: 'h1',
  force_replace: true,
  user_profile: profile
})

describe('document types', () => {
  it('have canonical plural names, and one singular alias', () => {
    for (const type of documentTypes) expect(parseDocumentType(type)).toBe(type)
    expect([...documentTypes].sort()).toEqual([
      'USER_CHOICE',
      'USER_DEVICE_POINTS_DELETION',
      'USER_IDENTIFIERS_ASSOCIATION_DECLARATIONS',
      'USER_IDENTIFIERS_DELETION',
      'USER_POINTS_DELETION',
      'USER_PROFILE',
      'USER_SEGMENT'
    ])
    expect(parseDocumentType('USER_DEVICE_POINT_DELETION')).toBe('USER_DEVICE_POINTS_DELETION')
  })

  it.each(['USER_POINT_DELETION', 'user_profile', 'USER_PROFILE ', '', 'constructor', '__proto__', 'USER_SEGMENTS'])(
    'do not include %j',
    (name) => {
      expect(parseDocumentType(name)).toBeUndefined()
    }
  )

  it.each([
    ['USER_IDENTIFIERS_DELETION', 'v201901', 'v201812'],
    ['USER_POINTS_DELETION', 'v202205', 'v201901'],
    ['USER_DEVICE_POINTS_DELETION', 'v202205', 'v201901'],
    ['USER_IDENTIFIERS_ASSOCIATION_DECLARATIONS', 'v201812', 'v201709']
  ] as const)('[A-36] %s needs %s', (type, oldest, older) => {
    expect(isSupported(mediarithmics.documents[type], oldest)).toBe(true)
    expect(isSupported(mediarithmics.documents[type], 'v202301')).toBe(true)
    expect(isSupported(mediarithmics.documents[type], older)).toBe(false)
  })

  it('[A-36] profiles, segments and choices need no version, and no version means no check', () => {
    for (const type of ['USER_PROFILE', 'USER_SEGMENT', 'USER_CHOICE'] as const) {
      expect(isSupported(mediarithmics.documents[type], 'v201709')).toBe(true)
    }
    for (const type of documentTypes) expect(isSupported(mediarithmics.documents[type], undefined)).toBe(true)
  })

  it('[A-06] only an identifiers deletion is screened, and only a device point rejects it', () => {
    expect(documentTypes.filter((type) => mediarithmics.documents[type].jobRejection !== undefined)).toEqual([
      'USER_IDENTIFIERS_DELETION'
    ])
    for (const type of documentTypes) {
      expect(rejectsJob(mediarithmics.documents[type], 'DEVICE_POINT_NOT_ALLOWED')).toBe(
        type === 'USER_IDENTIFIERS_DELETION'
      )
      expect(rejectsJob(mediarithmics.documents[type], 'UNSUPPORTED_TYPE')).toBe(false)
    }
  })
})

describe('a line of any document', () => {
  it.each(documentTypes)('[A-05] that is an array is told that NDJSON is expected: %s', (type) => {
    expect(faultOf(type, [{ type: 'USER_EMAIL', hash: 'h1' }])).toBe('EXPECTED_NDJSON')
    expect(faultOf(type, [])).toBe('EXPECTED_NDJSON')
    expect(rejectionMessages.EXPECTED_NDJSON).toContain('NDJSON')
  })

  it.each(documentTypes)('[A-08] that is no object is rejected: %s', (type) => {
    for (const scalar of ['USER_EMAIL', 7, true, null]) expect(faultOf(type, scalar)).toBe('NOT_AN_OBJECT')
  })

  it('may nest arrays and objects up to the bound, itself included, and not one more', () => {
    expect(faultOf('USER_PROFILE', upsert({ deep: nested(98) }))).toBe('accepted')
    const tooDeep = faultOf('USER_PROFILE', upsert({ deep: nested(99) }))
    expect(tooDeep).toBe('TOO_DEEP at user_profile.*[0][0][0][0][0][0]…')
    expect(faultOf('USER_PROFILE', upsert({ deep: [] }), { maxDepth: 2 })).toBe('TOO_DEEP at user_profile.*')
    expect(faultOf('USER_PROFILE', upsert({ flat: 1 }), { maxDepth: 2 })).toBe('accepted')
    expect(faultOf('USER_PROFILE', upsert(nested(100_000)))).toMatch(/^TOO_DEEP/)
  })

  it('may hold any text but NUL and lone surrogates, in values and in keys', () => {
    expect(faultOf('USER_PROFILE', upsert({ a: 'b\u0000' }))).toBe('BAD_TEXT at user_profile.*')
    expect(faultOf('USER_PROFILE', upsert({ a: ['\ud800'] }))).toBe('BAD_TEXT at user_profile.*[0]')
    expect(faultOf('USER_PROFILE', upsert({ '\udc00': 1 }))).toBe('BAD_TEXT at user_profile.*')
    expect(faultOf('USER_PROFILE', upsert({ a: '\u{1f600} \u2028 \ufeff \u007f' }))).toBe('accepted')
  })

  it('holds finite numbers only, and -0 is 0', () => {
    expect(faultOf('USER_PROFILE', upsert({ a: JSON.parse('1e999') }))).toBe('BAD_NUMBER at user_profile.*')
    expect(commandOf('USER_PROFILE', upsert({ a: -0 }))).toEqual(commandOf('USER_PROFILE', upsert({ a: 0 })))
  })

  it('holds only what JSON knows', () => {
    for (const alien of [new Date(0), () => 1, undefined, 1n, Symbol('s'), new Map()]) {
      expect(faultOf('USER_PROFILE', upsert({ a: alien }))).toBe('NOT_JSON at user_profile.*')
    }
  })

  it('says where it is wrong, with the names of fields and without any key of free data', () => {
    const bad = 'b\u0000'
    for (const key of ['ada', 'ada@example.org', '+33612345678', '', '__proto__', 'k'.repeat(5_000)]) {
      const body = Object.fromEntries([[key, { list: [0, bad] }]])
      expect(faultOf('USER_PROFILE', upsert(body))).toBe('BAD_TEXT at user_profile.*.*[1]')
    }
    expect(faultOf('USER_PROFILE', upsert({ $compartment_id: bad }))).toBe('BAD_TEXT at user_profile.$compartment_id')
    expect(faultOf('USER_PROFILE', [{ hash: bad }])).toBe('BAD_TEXT at [0].hash')
    expect(faultOf('USER_PROFILE', { operation: 'UPSERT', email_hash: 'a', 'ada@example.org': bad })).toBe(
      'BAD_TEXT at *'
    )
  })

  it('says where in about 200 characters at most', () => {
    const fault = faultOf('USER_PROFILE', upsert(JSON.parse(`${'['.repeat(90)}"\\u0000"${']'.repeat(90)}`)))
    expect(fault).toBe(`BAD_TEXT at user_profile${'[0]'.repeat(90)}`.slice(0, 'BAD_TEXT at '.length + 200).concat('…'))
  })
})

describe('hostile lines', () => {
  const marker = 'S3CR3T'
  const typed = [
    { type: 'USER_ACCOUNT', compartment_id: 1, user_account_id: marker },
    { type: 'USER_EMAIL', hash: marker },
    { type: 'USER_AGENT', user_agent_id: `net:9:${marker}` },
    { type: 'USER_AGENT', user_agent_id: `udp:${marker}` },
    { type: 'USER_POINT', user_point_id: marker }
  ]
  const profile = { operation: 'UPSERT', email_hash: marker, force_replace: true, user_profile: { a: marker } }
  const templates: ReadonlyArray<object> = [
    ...typed,
    { identifiers: typed },
    profile,
    { ...profile, operation: 'DELETE' },
    { ...profile, user_account_id: marker },
    { operation: 'UPSERT', user_agent_id: `net:9:${marker}`, force_replace: true, user_profile: {} }
  ]
  const fields = [
    '__proto__ constructor toString $compartment_id $user_account_id $creation_ts operation update_strategy type hash',
    'email_hash email user_account_id compartment_id user_agent_id user_point_id identifiers user_profile force_replace',
    'merge_objects '
  ].flatMap((names) => names.split(' '))
  // Every text carries the marker, but for the few that choose the way through the decoder.
  const leaf = fc.oneof(
    fc.constantFrom('USER_ACCOUNT', 'USER_EMAIL', 'USER_AGENT', 'UPSERT', 'DELETE', '1000', '', 'udp:'),
    fc.constantFrom('USER_EMAIL', 'UPSERT', '1000', 'udp:', 'net:8:', 'net:').map((word) => word + marker),
    fc.string({ unit: 'binary', maxLength: 4 }).map((text) => text + marker + text),
    fc.constantFrom(marker.repeat(100), `${marker}\u0000`, `${marker}\ud800`),
    fc.constantFrom(null, true, false, -1, 1.5, Number.NaN, undefined)
  )
  const value = fc.oneof(leaf, fc.array(leaf, { maxLength: 2 }), fc.dictionary(fc.constantFrom(...fields), leaf))
  const changes = fc.array(fc.tuple(fc.constantFrom(...fields), value), { maxLength: 3 })
  const line = fc
    .tuple(fc.constantFrom(...templates), changes)
    .map(([template, entries]) => Object.fromEntries([...Object.entries(template), ...entries]))

  it('never make the decoder throw, and no value of them shows in a rejection or a warning', () => {
    const seen = new Set<string>()
    const strict = { userAgentIds: 'strict', userPointIds: 'uuid', knownCompartments: [], knownRegistries: [] } as const
    fc.assert(
      fc.property(fc.constantFrom(...documentTypes), fc.oneof(line, value), fc.boolean(), (type, hostile, isStrict) => {
        const decoded = decodeLine(type, hostile, { ...defaultPolicies, ...(isStrict && strict) })
        const said = E.isLeft(decoded) ? decoded.left : decoded.right.warnings
        seen.add(E.isLeft(decoded) ? decoded.left.code : 'accepted')
        expect(JSON.stringify(said)).not.toContain(marker)
        if (E.isLeft(decoded)) expect(decoded.left.message).toBe(rejectionMessages[decoded.left.code])
      }),
      { numRuns: times(5_000), seed }
    )
    expect(Object.keys(Object.prototype)).toEqual([])
    // The property is worth something only where it reaches far into the decoder.
    expect(seen).toContain('accepted')
    expect(seen).toContain('MULTIPLE_IDENTIFIERS')
    expect(seen.size).toBeGreaterThan(10)
  })
})
