import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { keepsNumber } from '../../src/domain/numbers.ts'
import { law } from './law.ts'

const digits = (maxLength: number) =>
  fc.oneof(
    fc.stringMatching(new RegExp(`^\\d{1,${maxLength}}$`)),
    fc.tuple(fc.stringMatching(/^[1-9]\d{0,4}$/), fc.nat(maxLength)).map(([text, zeros]) => text + '0'.repeat(zeros)),
    fc.integer({ min: 1, max: maxLength }).map((length) => '0'.repeat(length))
  )
const whole = digits(24).map((text) => text.replace(/^0+(?=.)/, ''))

/** A number as JSON may write it. */
interface Literal {
  readonly sign: string
  readonly whole: string
  readonly fraction: string | undefined
  readonly mark: string
  readonly exponent: string | undefined
}

const literal: fc.Arbitrary<Literal> = fc.record({
  sign: fc.constantFrom('', '-'),
  whole,
  fraction: fc.option(digits(24), { nil: undefined }),
  mark: fc.constantFrom('e', 'E', 'e+', 'E+', 'e-', 'E-'),
  exponent: fc.option(
    fc.oneof(
      fc.nat(30).map(String),
      fc.nat(400).map((n) => `${n}`),
      fc.constantFrom('007', '0400')
    ),
    { nil: undefined }
  )
})

const textOf = ({ sign, whole: before, fraction, mark, exponent }: Literal): string =>
  sign + before + (fraction === undefined ? '' : `.${fraction}`) + (exponent === undefined ? '' : mark + exponent)

/** The number as a ratio of two integers. */
const ratioOf = ({ sign, whole: before, fraction = '', mark, exponent = '0' }: Literal): readonly [bigint, bigint] => {
  const mantissa = BigInt(`${sign}${before}${fraction}`)
  const power = Number(exponent) * (mark.endsWith('-') ? -1 : 1) - fraction.length
  return power >= 0 ? [mantissa * 10n ** BigInt(power), 1n] : [mantissa, 10n ** BigInt(-power)]
}

/** The integer that JSON writes for a double. */
const integerOf = (value: number): bigint => {
  const [mantissa = '', exponent = '0'] = String(value).split('e')
  const [before = '', fraction = ''] = mantissa.split('.')
  return BigInt(before + fraction) * 10n ** BigInt(Number(exponent) - fraction.length)
}

const survives = (each: Literal): boolean => {
  const value = Number(textOf(each))
  if (!Number.isFinite(value)) return false
  const [top, bottom] = ratioOf(each)
  if (top === 0n) return true
  return top % bottom === 0n ? integerOf(value) === top / bottom : value !== 0
}

describe('a number', () => {
  law(
    '[A-47] survives if it is an integer that reads back the same, or a fraction that does not vanish',
    literal,
    (each) => keepsNumber(textOf(each)) === survives(each),
    5_000
  )

  law(
    '[A-47] survives or not by its value, however it is spelled',
    fc.tuple(fc.stringMatching(/^[1-9]\d{0,20}$/), fc.integer({ min: 1, max: 20 })),
    ([integer, places]) => {
      const shifted = `${integer[0]}.${integer.slice(1)}0e${integer.length - 1}`
      const spellings = [`${integer}.${'0'.repeat(places)}`, shifted, `${integer}${'0'.repeat(places)}E-${places}`]
      return spellings.every((each) => keepsNumber(each) === keepsNumber(integer))
    },
    1_000
  )

  law(
    '[A-47] that JSON wrote survives',
    fc.oneof(fc.double({ noNaN: true, noDefaultInfinity: true }), fc.maxSafeInteger()),
    (value) => keepsNumber(JSON.stringify(value)),
    1_000
  )

  it.each([
    ['9007199254740993', false],
    ['9007199254740992', true],
    ['653247040368672769', false],
    ['653247040368672769.0', false],
    ['6.53247040368672769e17', false],
    ['653247040368672800', true],
    ['123456789012345680000', true],
    ['1000000000000000000000', true],
    ['1e21', true],
    ['1e308', true],
    ['1e309', false],
    ['5e-324', true],
    ['1e-324', false],
    ['0e-324', true],
    ['-0.000e-999', true],
    ['-0', true],
    ['0.1234567890123456789', true],
    ['9007199254740993.5', true],
    ['1e99999999999999999999', false],
    ['0e99999999999999999999', true]
  ])('[A-47] %s: %j', (text, kept) => {
    expect(keepsNumber(text)).toBe(kept)
  })
})
