import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createJsonScanner, type Scanned } from '../../src/engine/input/json-scanner.ts'
import { seed, times } from '../laws/law.ts'

const deepest = 1_000

/** Returns the result of each character of a text, and of its end if the value is still open then. */
const scan = (text: string): ReadonlyArray<Scanned> => {
  const scanner = createJsonScanner(deepest)
  const results: Scanned[] = []
  for (let i = 0; i < text.length; i++) results.push(scanner.push(text.charCodeAt(i)))
  return results
}

/** Returns whether the scanner finds one object in a text, and nothing after it but white space. */
const isOneObject = (text: string): boolean => {
  const scanner = createJsonScanner(deepest)
  for (let i = 0; i < text.length; i++) {
    const scanned = scanner.push(text.charCodeAt(i))
    if (scanned === 'more') continue
    return scanned === 'complete' && /^[ \t\r\n]*$/.test(text.slice(i + 1))
  }
  return false
}

const parses = (text: string): boolean => {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}

describe('the scanner', () => {
  it('says that an object is complete with its last brace, and starts anew', () => {
    expect(scan('{"a":{}}').slice(-3)).toEqual(['more', 'more', 'complete'])
    expect(scan('{}{}')).toEqual(['more', 'complete', 'more', 'complete'])
    expect(scan('{}x{}')).toEqual(['more', 'complete', 'error', 'more', 'complete'])
  })

  it.each(['"text"', 'true', 'false', 'null', '[1,[2]]', '"\\u00e9\\n"'])(
    'says that %s is complete with its end',
    (text) => {
      expect(scan(text).at(-1)).toBe('complete')
      expect(
        scan(text)
          .slice(0, -1)
          .every((each) => each === 'more')
      ).toBe(true)
    }
  )

  it.each(['0', '-0', '7', '10', '1.5', '-1.25e+10', '1E5', '2e-3'])(
    'says that %s is complete before what follows, or at the end',
    (text) => {
      expect(scan(`${text} `).at(-1)).toBe('completeBefore')
      const scanner = createJsonScanner(deepest)
      for (const c of text) expect(scanner.push(c.charCodeAt(0))).toBe('more')
      expect(scanner.end()).toBe('completeBefore')
    }
  )

  it.each(['', '{', '{"a":1', '[', '"a', '-', '1.', '1e', '1e+', 'tru', '{"a":1.5'])(
    'the end after %j is an error',
    (text) => {
      const scanner = createJsonScanner(deepest)
      for (const c of text) expect(scanner.push(c.charCodeAt(0))).toBe('more')
      expect(scanner.end()).toBe('error')
      expect(scanner.push(0x7b)).toBe('more')
      expect(scanner.push(0x7d)).toBe('complete')
    }
  )

  const inObjects = [
    '{,',
    '{1',
    '{a',
    "{'",
    '{"a",',
    '{"a" "',
    '{"a"}',
    '{"a":}',
    '{"a":,',
    '{"a":1,}',
    '{"a":1 "',
    '{"a":1]'
  ]
  const inArrays = ['[,', '[1,]', '[1}', '[1 2', '[1:']
  const inScalars = [
    '01',
    '-a',
    '-.',
    '1.e',
    '1ee',
    '1.5.',
    '1e5.',
    '1e5e',
    'tx',
    'nul1',
    '"\n',
    '"\u0000',
    '"\\x',
    '"\\u12g',
    '"\\u123"'
  ]
  const anywhere = ['.', '+', 'T', '}', ']', ',', ':', '\u00a0', '\ufeff', '/', '#']

  it.each([inObjects, inArrays, inScalars, anywhere].flat())('the last character of %j is an error', (text) => {
    const results = scan(text)
    expect(results.at(-1)).toBe('error')
    expect(results.slice(0, -1).every((each) => each === 'more')).toBe(true)
  })

  it('knows brackets to the depth that it is given', () => {
    expect(scan('['.repeat(1_001)).lastIndexOf('more')).toBe(999)
    expect(scan('['.repeat(1_001)).at(-1)).toBe('error')
    expect(scan('['.repeat(1_000) + ']'.repeat(1_000)).at(-1)).toBe('complete')
  })

  const characters = '{}[]",:\\ \n\t019.-+eEtrufalsn/bx\u0000\u00e9\u2028'
  const mutation = fc.record({
    at: fc.nat(),
    remove: fc.nat({ max: 2 }),
    insert: fc.string({ unit: fc.constantFrom(...characters), maxLength: 2 })
  })
  const mutate = (text: string, { at, remove, insert }: { at: number; remove: number; insert: string }): string => {
    const from = at % (text.length + 1)
    return text.slice(0, from) + insert + text.slice(from + remove)
  }

  it('agrees with JSON.parse on which objects are JSON, right or wrong', () => {
    const count = { right: 0, wrong: 0 }
    fc.assert(
      fc.property(
        fc.dictionary(fc.string(), fc.jsonValue({ depthSize: 'small' })),
        fc.constantFrom(undefined, 1, '\t'),
        fc.array(mutation, { maxLength: 3 }),
        (object, indent, mutations) => {
          const text = mutations.reduce(mutate, JSON.stringify(object, null, indent))
          if (!/^[ \t\r\n]*\{/.test(text)) return
          count[parses(text) ? 'right' : 'wrong']++
          expect(isOneObject(text)).toBe(parses(text))
        }
      ),
      { numRuns: times(8_000), seed }
    )
    expect(count.right).toBeGreaterThan(times(1_000))
    expect(count.wrong).toBeGreaterThan(times(1_000))
  })

  it('agrees with JSON.parse on short texts of the characters that matter', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(...'{}[]",:\\ 01.-eu'), maxLength: 8 }), (inner) => {
        const text = `{"a":${inner}}`
        expect(isOneObject(text)).toBe(parses(text))
      }),
      { numRuns: times(8_000), seed }
    )
  })
})
