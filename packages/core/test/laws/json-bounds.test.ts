/** A text of JSON whose parsing would take long is refused before it is parsed. */
import { json, jsonObject, text as anyText } from '@userpoint/conformance/arbitraries'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { partsOfRequest } from '../../src/dialects/insider/users-text.ts'
import { endOfText, excessOf, mostLevels, mostValues } from '../../src/domain/json-bounds.ts'
import { readJson } from '../../src/domain/json-text.ts'

import { law } from './law.ts'
import { same } from './predicates.ts'

const nested = (levels: number): string => '['.repeat(levels) + ']'.repeat(levels)
const padding = `"${'x'.repeat(5_000)}"`
const hostile = fc.string({ unit: fc.constantFrom('"', '\\', '[', ']', '{', '}', ',', 'a', ' '), maxLength: 300 })

describe('[L-41] JSON text', () => {
  it.each([
    ['deep', nested(2_500_000), 'TOO_DEEP'],
    ['deep in a member', `{"a":${padding},"b":${nested(mostLevels)}}`, 'TOO_DEEP'],
    ['as deep as allowed', `[${padding},${nested(mostLevels - 1)}]`, undefined],
    ['of many arrays', `[${'[],'.repeat(mostValues)}0]`, 'TOO_MANY_VALUES'],
    ['of many numbers', `[${'1,'.repeat(mostValues)}0]`, 'TOO_MANY_VALUES'],
    ['of as many numbers as allowed', `[${'1,'.repeat(mostValues - 1)}0]`, undefined],
    ['with brackets in its texts', JSON.stringify([nested(5_000), '\\"[', '\\\\']), undefined],
    ['with a text that never ends', `["${'\\'.repeat(1_000_001)}"${nested(5_000)}`, undefined]
  ] as const)('%s: the scan says %#', (_, text, excess) => {
    expect(excessOf(text)).toBe(excess)
    if (excess !== undefined) expect(readJson(text)).toEqual({ _tag: 'Fault', code: excess })
  })

  law(
    '[L-41] that JSON.parse accepts is within the bounds exactly if its value is',
    fc.tuple(json(), fc.integer({ min: 0, max: mostLevels + 5 })),
    ([value, levels]) => {
      const text = `[${padding},${'['.repeat(levels)}${JSON.stringify(value)}${']'.repeat(levels)}]`
      const depthOf = (each: unknown): number =>
        typeof each === 'object' && each !== null ? 1 + Math.max(0, ...Object.values(each).map(depthOf)) : 0
      return same(excessOf(text), 1 + levels + depthOf(value) > mostLevels ? 'TOO_DEEP' : undefined)
    },
    300
  )

  law(
    '[L-41] has the end of a string where JSON.parse has it',
    fc.tuple(anyText(), hostile),
    ([text, rest]) => {
      const written = JSON.stringify(text)
      return endOfText(written + rest, 0) === written.length - 1
    },
    500
  )
})

describe('[L-41] the parts of a request', () => {
  const most = { members: 1_000, users: 1_000 }
  const space = fc.constantFrom('', ' ', '\n\t', '\r\n')

  law(
    'are together what JSON.parse returns',
    fc.tuple(fc.array(json(), { maxLength: 5 }), jsonObject(), space, fc.constantFrom('"users"', '"\\u0075sers"')),
    ([users, fields, between, spelled]) => {
      const others = Object.entries(fields).filter(([key]) => key !== 'users')
      const written = [
        `${spelled}${between}:${between}[${users.map((each) => between + JSON.stringify(each)).join(`${between},`)}${between}]`,
        ...others.map(([key, value]) => `${JSON.stringify(key)}:${JSON.stringify(value)}`)
      ]
      const parts = partsOfRequest(`${between}{${between}${written.join(`${between},`)}}${between}`, most)
      if (typeof parts === 'string') return false
      return (
        same(
          parts.users.map((each) => each.map((text) => JSON.parse(text) as unknown)),
          [users]
        ) &&
        same(
          parts.members.map(({ key, value }) => [key, JSON.parse(value) as unknown]),
          others
        )
      )
    },
    1_000
  )

  law(
    'of a text with a changed character are JSON texts only if the text is one',
    fc.tuple(
      fc.array(json(), { maxLength: 3 }),
      fc.nat(),
      fc.constantFrom('', '"', '{', ']', ',', ':', '\\', '0', 'x', ' ')
    ),
    ([users, place, change]) => {
      const whole = JSON.stringify({ users, other: [users] })
      const at = place % whole.length
      const text = whole.slice(0, at) + change + whole.slice(at + 1)
      const isJson = (each: string): boolean => {
        try {
          JSON.parse(each)
          return true
        } catch {
          return false
        }
      }
      const parts = partsOfRequest(text, most)
      const areJson =
        typeof parts !== 'string' &&
        parts.users.flat().every(isJson) &&
        parts.members.every(({ value }) => isJson(value))
      return areJson === isJson(text)
    },
    2_000
  )

  it('are refused beyond their number, before the rest is read', () => {
    expect(partsOfRequest(`{"users":[${'1,'.repeat(1_000)}1]}`, most)).toBe('TOO_MANY_USERS')
    expect(partsOfRequest(`{${'"a":1,'.repeat(1_000)}"a":1}`, most)).toBe('TOO_MANY_MEMBERS')
    expect(partsOfRequest('[1]', most)).toBe('NOT_AN_OBJECT')
  })
})
