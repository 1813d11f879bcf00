import { createHash, createHmac } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { erasureKeyFrom, secretFrom } from '../src/index.ts'

describe('the digests under a key', () => {
  it('are HMAC-SHA-256 and SHA-256, of any texts in any order', () => {
    const secrets = fc.uint8Array({ minLength: 32, maxLength: 100 })
    const texts = fc.array(fc.string({ maxLength: 200, unit: 'grapheme' }), { maxLength: 10 })
    fc.assert(
      fc.property(secrets, texts, (secret, some) => {
        const { keyedDigest, digest } = erasureKeyFrom(secret)
        for (const text of some) {
          expect(keyedDigest(text)).toBe(createHmac('sha256', secret).update(text, 'utf8').digest('hex'))
          expect(digest(text)).toBe(createHash('sha256').update(text, 'utf8').digest('hex'))
        }
      })
    )
  })

  it('need 32 bytes, which a file may have as digits', () => {
    expect(() => erasureKeyFrom(new Uint8Array(31))).toThrow(TypeError)
    expect(secretFrom(`\n${'0a'.repeat(32)} \n`)).toEqual(new Uint8Array(32).fill(10))
    for (const text of ['', '0a'.repeat(31), `${'0a'.repeat(32)}f`, 'g'.repeat(64)])
      expect(secretFrom(text)).toBeUndefined()
  })
})
