/** The access file and its page: all that a person has, and nothing that a browser would run. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { accessPageOf } from '../src/access-page.ts'
import { accessFileOf } from '../src/domain/access-file.ts'
import type { Json, JsonObject } from '../src/domain/json.ts'
import type { UserPointId } from '../src/domain/identifier.ts'
import type { DevicePointId } from '../src/domain/user-agent-id.ts'
import type { Subject } from '../src/domain/user-point.ts'
import { key, person, profile } from './decide/given.ts'

const full = (): Subject => {
  const { id, point } = person('p1', {
    createdAt: 1_000,
    accounts: [['1', 'ada']],
    emails: ['h1'],
    devices: { 'udp:1': ['vec:1'] },
    profiles: [profile(key('0', 'ada'), { city: 'Lund' }, { createdAt: 2_000, modifiedAt: 3_000 })]
  })
  return {
    id,
    point: {
      ...point,
      devicePoints: point.devicePoints.map((each) => ({ ...each, formerIds: ['udp:0' as DevicePointId] })),
      named: [{ name: 'email', value: 'ada@x.yz', createdAt: 4_000, hash: 'h1' }],
      segments: [
        {
          naming: 'Id',
          segment: '7',
          createdAt: 1,
          modifiedAt: 2,

          expiresAt: 9e15,
          dataBag: { bag: [1] }
        } as const
      ],
      scenarios: [{ scenario: 'welcome', createdAt: 1, modifiedAt: 2 }],
      choices: [
        {
          processing: '3',
          chosenAt: 5_000,
          createdAt: 1,
          modifiedAt: 2,

          properties: { ok: true }
        }
      ],
      mergedAt: [6_000],
      formerIds: ['p0' as UserPointId]
    }
  }
}

describe('the access file', () => {
  it('has everything of a person, with the times of identifiers and merges', () => {
    expect(accessFileOf(full(), 0)).toEqual({
      format: 'userpoint-access',
      version: 1,
      made: '1970-01-01T00:00:00.000Z',
      person: { id: 'p1', since: '1970-01-01T00:00:01.000Z' },
      identifiers: [
        { type: 'account', compartment: '1', value: 'ada', since: '1970-01-01T00:00:01.000Z' },
        { type: 'email_hash', value: 'h1', since: '1970-01-01T00:00:01.000Z' },
        { type: 'named', name: 'email', value: 'ada@x.yz', since: '1970-01-01T00:00:04.000Z' },
        {
          type: 'device',
          value: 'udp:1',
          since: '1970-01-01T00:00:01.000Z',
          agents: [{ value: 'vec:1', since: '1970-01-01T00:00:01.000Z' }],
          merged_devices: ['udp:0']
        }
      ],
      profiles: [
        {
          compartment: '0',
          account: 'ada',
          created: '1970-01-01T00:00:02.000Z',
          modified: '1970-01-01T00:00:03.000Z',
          properties: { city: 'Lund' }
        }
      ],
      segments: [
        {
          segment: '7',
          named_by: 'id',
          created: '1970-01-01T00:00:00.001Z',
          modified: '1970-01-01T00:00:00.002Z',
          // Far from now.
          expires: '9000000000000000',
          data: { bag: [1] }
        }
      ],
      scenarios: [{ scenario: 'welcome', created: '1970-01-01T00:00:00.001Z', modified: '1970-01-01T00:00:00.002Z' }],
      choices: [
        {
          processing: '3',
          chosen: '1970-01-01T00:00:05.000Z',
          created: '1970-01-01T00:00:00.001Z',
          modified: '1970-01-01T00:00:00.002Z',
          properties: { ok: true }
        }
      ],
      merges: { times: ['1970-01-01T00:00:06.000Z'], former_ids: ['p0'] }
    })
  })

  it('writes any time as the calendar does', () => {
    fc.assert(
      fc.property(fc.integer({ min: -62_135_596_800_000, max: 62_135_596_800_000 }), (now) => {
        expect(accessFileOf(full(), now)['made']).toBe(new Date(now).toISOString())
      }),
      { numRuns: 2_000 }
    )
  })

  it('leaves no value of a user point out', () => {
    const { point } = full()
    const text = JSON.stringify(accessFileOf(full(), 0))
    for (const value of ['ada', 'h1', 'vec:1', 'udp:1', 'udp:0', 'ada@x.yz', 'Lund', 'bag', 'welcome', 'p0']) {
      expect(text).toContain(JSON.stringify(value).slice(1, -1))
    }
    // A new part of a user point must be shown too, before this list grows.
    expect(Object.keys(point).sort()).toEqual([
      'accounts',
      'choices',
      'createdAt',
      'devicePoints',
      'emailHashes',
      'formerIds',
      'mergedAt',
      'named',
      'profiles',
      'scenarios',
      'segments'
    ])
  })
})

const hostile = fc.oneof(
  fc.constantFrom(
    '<script>alert(1)</script>',
    '"><img src=x onerror=alert(1)>',
    "' onload='x",
    '&lt;',
    '</style>',
    '__proto__'
  ),
  fc.string({ unit: 'grapheme' })
)
const { json } = fc.letrec<{ json: Json }>((tie) => ({
  json: fc.oneof(
    { depthSize: 'small' },
    hostile,
    fc.double({ noNaN: true, noDefaultInfinity: true }),
    fc.constantFrom(null, true),
    fc.array(tie('json'), { maxLength: 3 }),
    fc.dictionary(hostile, tie('json'), { maxKeys: 3 })
  )
}))

describe('the page', () => {
  it('has no tag but its own, for any properties', () => {
    fc.assert(
      fc.property(fc.dictionary(hostile, json), (properties) => {
        const page = accessPageOf({ made: 'now', profiles: [{ properties: properties as JsonObject }] })
        const body = page.slice(page.indexOf('<body>'))
        const tags = new Set([...body.matchAll(/<[^>]*>?/g)].map(([tag]) => tag))
        const own = ['body', 'h1', 'h2', 'p', 'ul', 'li', 'dl', 'dt', 'dd', 'html'].flatMap((name) => [
          `<${name}>`,
          `</${name}>`
        ])
        for (const tag of tags) expect(own).toContain(tag)
        expect(body).not.toMatch(/["']/)
      })
    )
  })

  it('shows what is nested deeper than people read, and does not fail', () => {
    const deep = Array.from({ length: 1_050 }).reduce<Json>((inner) => [inner], 'the innermost')
    expect(accessPageOf({ made: 'now', profiles: [{ deep }] })).toContain('the innermost')
  })
})
