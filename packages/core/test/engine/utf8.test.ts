import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createUtf8Checker, createUtf8Decoder } from '../../src/engine/input/utf8.ts'
import { law } from '../laws/law.ts'

/** Returns the text of all bytes, by a decoder of the runtime; `undefined`: they are not UTF-8. */
const whole = (bytes: Uint8Array, ignoreBOM = false): string | undefined => {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM }).decode(bytes)
  } catch {
    return undefined
  }
}

/** Returns the text of these pieces; `undefined`: the decoder threw. */
const inPieces = (pieces: ReadonlyArray<Uint8Array>, keepsMark = false): string | undefined => {
  const decoder = createUtf8Decoder(keepsMark)
  try {
    const text = pieces.map((piece) => decoder.decode(piece)).join('')
    decoder.end()
    return text
  } catch {
    return undefined
  }
}

const passes = (pieces: ReadonlyArray<Uint8Array>): boolean => {
  const checker = createUtf8Checker()
  try {
    for (const piece of pieces) checker.push(piece)
    checker.end()
    return true
  } catch {
    return false
  }
}

const encoded = (text: string): Uint8Array => new TextEncoder().encode(text)

// Text of all lengths of characters, with bytes among it that are none: lead bytes, continuations, what only looks alike.
const oneByte = fc.constantFrom(
  0x00,
  0x41,
  0x7f,
  0x80,
  0xbf,
  0xc0,
  0xc3,
  0xe2,
  0xed,
  0xa0,
  0xef,
  0xbb,
  0xf0,
  0xf4,
  0xf8,
  0xff
)
const bytes = fc
  .array(
    fc.oneof(
      { weight: 6, arbitrary: fc.constantFrom('a', 'é', '€', '🙂', '\ufeff', 'plain text').map(encoded) },
      { weight: 1, arbitrary: oneByte.map((byte) => Uint8Array.of(byte)) }
    ),
    { maxLength: 12 }
  )
  .map((parts) => Uint8Array.from(parts.flatMap((part) => [...part])))

/** Cuts bytes into pieces in shared memory: they begin anywhere, and are overwritten afterwards. */
const cut = (all: Uint8Array, cuts: ReadonlyArray<number>): ReadonlyArray<Uint8Array> => {
  const ends = [...cuts.map((each) => each % (all.length + 1)), all.length].sort((a, b) => a - b)
  return ends.map((end, i) => all.subarray(i === 0 ? 0 : ends[i - 1], end))
}

const pieces = fc
  .tuple(bytes, fc.array(fc.nat(60), { maxLength: 8 }))
  .map(([all, cuts]) => ({ all, pieces: cut(all, cuts) }))

describe('UTF-8 that comes in pieces', () => {
  law('is the text that it is as a whole', pieces, ({ all, pieces: cuts }) => inPieces(cuts) === whole(all), 3_000)

  law(
    'keeps a byte order mark where that is asked for',
    pieces,
    ({ all, pieces: cuts }) => inPieces(cuts, true) === whole(all, true),
    1_000
  )

  law(
    'passes a check where it has a text',
    pieces,
    ({ all, pieces: cuts }) => passes(cuts) === (whole(all) !== undefined),
    3_000
  )

  it('is not kept in memory that its sender uses again', () => {
    const memory = encoded('x€')
    const decoder = createUtf8Decoder()
    expect(decoder.decode(memory.subarray(0, 3))).toBe('x')
    const last = memory.slice(3)
    memory.fill(0)
    expect(decoder.decode(last)).toBe('€')
  })

  it('passes a check with any one byte that is not ASCII', () => {
    for (let length = 1; length < 20; length++) {
      for (let at = 0; at < length; at++) {
        for (let start = 0; start < 4; start++) {
          const memory = new Uint8Array(start + length).fill(0x61)
          memory[start + at] = 0xff
          expect(passes([memory.subarray(start)])).toBe(false)
        }
      }
    }
  })
})
