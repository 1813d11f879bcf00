/**
 * The number that stands for a claim in the index: HalfSipHash-1-3 of its UTF-16 units, cut to 51 bits, which every driver
 * binds exactly. Linux uses the same function for its hash tables, for the same reason: without the key, a sender cannot choose
 * claims with one hash. docs/adr/0017-claims-are-found-by-a-keyed-hash.md has what that guarantees, and what it does not.
 */

/** Returns the number of a claim. */
export type ClaimHash = (claim: string) => number

/** Two halves of 32 bits. */
export type ClaimKey = readonly [number, number]

const finalRounds = 3

/** The hash under a key. */
export const claimHash =
  ([k0, k1]: ClaimKey): ClaimHash =>
  (claim) => {
    const { length } = claim
    const words = (length >> 1) + 1
    let v0 = k0 | 0
    let v1 = k1 ^ 0xee
    let v2 = k0 ^ 0x6c_79_67_65
    let v3 = k1 ^ 0x74_65_64_62
    let low = 0
    // One loop for the words and the final rounds, so that the round is written once and its state stays in registers.
    for (let step = 0; step < words + 2 * finalRounds; step++) {
      const at = step << 1
      let word = 0
      if (at + 1 < length) {
        word = claim.charCodeAt(at) | (claim.charCodeAt(at + 1) << 16)
      } else if (step === words - 1) {
        // The last word: the remaining units, below the length in bytes.
        word = (length << 25) | (at < length ? claim.charCodeAt(at) : 0)
      } else if (step === words) {
        v2 ^= 0xee
      } else if (step === words + finalRounds) {
        low = (v1 ^ v3) >>> 0
        v1 ^= 0xdd
      }
      v3 ^= word
      v0 = (v0 + v1) | 0
      v1 = ((v1 << 5) | (v1 >>> 27)) ^ v0
      v0 = (v0 << 16) | (v0 >>> 16)
      v2 = (v2 + v3) | 0
      v3 = ((v3 << 8) | (v3 >>> 24)) ^ v2
      v0 = (v0 + v3) | 0
      v3 = ((v3 << 7) | (v3 >>> 25)) ^ v0
      v2 = (v2 + v1) | 0
      v1 = ((v1 << 13) | (v1 >>> 19)) ^ v2
      v2 = (v2 << 16) | (v2 >>> 16)
      v0 ^= word
    }
    return ((v1 ^ v3) & 0x7_ff_ff) * 0x1_00_00_00_00 + low
  }
