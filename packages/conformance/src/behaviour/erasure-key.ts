/** A key for engines under test: fast digests of 256 bits that no reader of a store would take for a text of it. */
import type { ErasureKey } from '@userpoint/core/receipts'

const mixed = (text: string, seed: number): number => {
  let h = seed
  for (let at = 0; at < text.length; at += 1) {
    h = Math.imul(h ^ text.charCodeAt(at), 0x9e_37_79_b1)
    h = (h << 13) | (h >>> 19)
  }
  h ^= h >>> 16
  h = Math.imul(h, 0x85_eb_ca_6b)
  h ^= h >>> 13
  return (Math.imul(h, 0xc2_b2_ae_35) ^ (h >>> 16)) >>> 0
}

const words = 8

const digestWith =
  (seed: number) =>
  (text: string): string =>
    Array.from({ length: words }, (_, at) =>
      mixed(`${at} ${text}`, seed + at)
        .toString(16)
        .padStart(8, '0')
    ).join('')

/** Not a secret, and not a strong digest: for tests alone. */
export const testKey: ErasureKey = { keyedDigest: digestWith(7), digest: digestWith(1_000) }
