import { Buffer } from 'node:buffer'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type ClaimKey, claimHash } from '../src/claim-hash.ts'

/** HalfSipHash of bytes as its authors wrote it down, with so many rounds for each word and at the end. */
const halfSipHash = (
  [k0, k1]: ClaimKey,
  bytes: Uint8Array,
  perWord: number,
  atEnd: number
): readonly [number, number] => {
  const v = Uint32Array.of(k0, k1 ^ 0xee, k0 ^ 0x6c796765, k1 ^ 0x74656462)
  const at = (i: number): number => v[i] as number
  const turn = (i: number, bits: number): void => {
    v[i] = (at(i) << bits) | (at(i) >>> (32 - bits))
  }
  const mix = (sum: number, other: number, bits: number): void => {
    v[sum] = at(sum) + at(other)
    turn(other, bits)
    v[other] = at(other) ^ at(sum)
  }
  const rounds = (count: number): void => {
    for (let i = 0; i < count; i++) {
      mix(0, 1, 5)
      turn(0, 16)
      mix(2, 3, 8)
      mix(0, 3, 7)
      mix(2, 1, 13)
      turn(2, 16)
    }
  }
  const padded = new Uint8Array((bytes.length & ~3) + 4)
  padded.set(bytes)
  padded[padded.length - 1] = bytes.length
  const view = new DataView(padded.buffer)
  for (let offset = 0; offset < padded.length; offset += 4) {
    const word = view.getUint32(offset, true)
    v[3] = at(3) ^ word
    rounds(perWord)
    v[0] = at(0) ^ word
  }
  v[2] = at(2) ^ 0xee
  rounds(atEnd)
  const low = (at(1) ^ at(3)) >>> 0
  v[1] = at(1) ^ 0xdd
  rounds(atEnd)
  return [low, (at(1) ^ at(3)) >>> 0]
}

const key32 = fc.integer({ min: 0, max: 0xffffffff })
const key: fc.Arbitrary<ClaimKey> = fc.tuple(key32, key32)
const text = fc.string({ unit: 'binary', maxLength: 200 })

describe('the hash of a claim', () => {
  test('what the tests compare it with is HalfSipHash: the vectors of its authors, of 0, 1 and 2 bytes', () => {
    const vectors = ['218d1f59b9b83cc8', 'be552412f8387315', '064f39ef7c50eb57']
    const hashes = vectors.map((_, length) =>
      Buffer.from(
        Uint32Array.from(
          halfSipHash(
            [0x03020100, 0x07060504],
            Uint8Array.from({ length }, (__, i) => i),
            2,
            4
          )
        ).buffer
      ).toString('hex')
    )
    expect(hashes).toEqual(vectors)
  })

  test('it is HalfSipHash-1-3 of the UTF-16 units, cut to 51 bits', () => {
    fc.assert(
      fc.property(key, text, (k, claim) => {
        const [low, high] = halfSipHash(k, Buffer.from(claim, 'utf16le'), 1, 3)
        expect(claimHash(k)(claim)).toBe((high & 0x7ffff) * 2 ** 32 + low)
      })
    )
  })

  test('it depends on the key, on each unit and on the length, and is spread over all of its bits', () => {
    const hash = claimHash([1, 2])
    const texts = Array.from({ length: 2_000 }, (_, n) => `email:${n}`)
    const near = ['a', 'aa', 'aaa', 'aaaa', 'b', 'ab', 'ba', '\u0100', '\u0100\u0001', '\u0001\u0100']
    const hashes = new Set([...texts, ...near].map(hash))
    expect(hashes.size).toBe(texts.length + near.length)
    const others = texts.map(claimHash([1, 3]))
    expect(others.filter((other) => hashes.has(other))).toEqual([])
    for (let bit = 0; bit < 51; bit++) {
      const set = [...hashes].filter((each) => Math.floor(each / 2 ** bit) % 2 === 1).length
      expect(set / hashes.size).toBeGreaterThan(0.4)
      expect(set / hashes.size).toBeLessThan(0.6)
    }
  })
})
