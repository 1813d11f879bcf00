import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { keepsNumbers } from '../../src/domain/numbers.ts'
import { json } from '@userpoint/conformance/arbitraries'
import { law } from './law.ts'

const digit = fc.constantFrom(...'0123456789')
const digits = (maxLength: number) =>
  fc.oneof(
    fc.array(digit, { minLength: 1, maxLength }).map((all) => all.join('')),
    fc.integer({ min: 1, max: maxLength }).map((length) => '0'.repeat(length))
  )
const whole = digits(20).map((text) => text.replace(/^0+(?=.)/, ''))

/** A number as JSON may write it, and whether it survives. */
type Literal = { readonly text: string; readonly survives: boolean }

// An integer must be the same digits when it is written again.
const integer: fc.Arbitrary<Literal> = fc
  .tuple(fc.constantFrom('', '-'), whole)
  .map(([sign, text]) => ({ text: sign + text, survives: String(Number(text)) === text }))

// Of what is written with a point or an exponent only the size matters: it must be neither infinite nor nothing.
const fraction: fc.Arbitrary<Literal> = fc
  .record({
    sign: fc.constantFrom('', '-'),
    whole,
    point: fc.option(digits(20), { nil: undefined }),
    mark: fc.constantFrom('e', 'E', 'e+', 'E+', 'e-', 'E-'),
    exponent: fc.option(fc.oneof(fc.nat(400), fc.constant('0400'), fc.constant('007')), { nil: undefined })
  })
  .filter(({ point, exponent }) => point !== undefined || exponent !== undefined)
  .map(({ sign, whole: before, point, mark, exponent }) => {
    const mantissa = point === undefined ? before : `${before}.${point}`
    const text = sign + mantissa + (exponent === undefined ? '' : `${mark}${exponent}`)
    const read = Math.abs(Number(text))
    return { text, survives: read !== Number.POSITIVE_INFINITY && (read > 0 || !/[1-9]/.test(mantissa)) }
  })

describe('numbers', () => {
  law(
    'of a text survive where each of them does, whatever stands around them',
    fc.array(fc.tuple(json(), fc.oneof(integer, fraction)), { minLength: 1, maxLength: 4 }),
    (members) => {
      const text = `{${members.map(([around, { text: number }], n) => `"${n}": [${JSON.stringify(around)},${number}]`).join(',')}}`
      JSON.parse(text)
      return keepsNumbers(text) === members.every(([, { survives }]) => survives)
    },
    5_000
  )

  law(
    'that were written survive',
    fc.oneof(fc.double({ noNaN: true, noDefaultInfinity: true }), fc.maxSafeInteger()),
    (value) => keepsNumbers(JSON.stringify([value])),
    1_000
  )

  law(
    'in texts are no numbers',
    fc.array(fc.oneof(fc.constantFrom('"', '\\', '1e999', '0.5', '\n', 'x', ','), whole), { maxLength: 6 }),
    (parts) => keepsNumbers(JSON.stringify({ [parts.join('')]: parts.join('') }))
  )

  it.each([
    ['9007199254740993', false],
    ['9007199254740992', true],
    ['123456789012345680000', true],
    ['1000000000000000000000', false],
    ['1e21', true],
    ['1e308', true],
    ['1e309', false],
    ['5e-324', true],
    ['1e-324', false],
    ['0e-324', true],
    ['-0.000e-999', true],
    ['[-0, 1234567890123456]', true],
    ['"12345678901234567890"', true],
    ['{"1e999": "\\"1e999"}', true],
    ['{"a\\\\": 1e999}', false]
  ])('of %s survive: %j', (text, survives) => {
    expect(keepsNumbers(text)).toBe(survives)
  })
})
