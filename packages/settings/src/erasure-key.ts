/** The digests under a datamart's key, as core takes them. */
import { hmac } from '@noble/hashes/hmac.js'
import { sha256 } from '@noble/hashes/sha2.js'
import { bytesToHex, hexToBytes, utf8ToBytes } from '@noble/hashes/utils.js'
import type { ErasureKey } from '@userpoint/core/receipts'
import { WrongCall } from '@userpoint/core/repository'

/** The fewest bytes of a key. */
const fewest = 32

// Bytes of another realm are bytes too.
const isBytes = (value: unknown): boolean => Object.prototype.toString.call(value) === '[object Uint8Array]'

/**
 * Returns the digests under a datamart's key, for receipts and suppressions: HMAC-SHA-256, and SHA-256 without the key.
 *
 * @param secret The key: 32 bytes or more, from a source of random bytes. A holder of it can tell whether a given identifier is
 *   suppressed; without it, suppressions and receipts say nothing about whom they are.
 * @throws TypeError if the key has fewer than 32 bytes.
 * @example
 * ```ts
 * import { erasureKeyFrom } from '@userpoint/settings'
 *
 * const key = erasureKeyFrom(crypto.getRandomValues(new Uint8Array(32)))
 * console.log(key.keyedDigest('text').length) // => 64
 * ```
 */
export const erasureKeyFrom = (secret: Uint8Array): ErasureKey => {
  if (!isBytes(secret)) throw new WrongCall('WRONG_ARGUMENT', 'the key of a datamart must be bytes, in a Uint8Array')
  if (secret.length < fewest) throw new WrongCall('WRONG_ARGUMENT', 'the key of a datamart must have 32 bytes or more')
  // The state after the key, which each digest copies: half of the work. A new state for each would be as much again.
  const begun = hmac.create(sha256, secret)
  const state = begun.clone()
  return {
    keyedDigest: (text) => bytesToHex(begun._cloneInto(state).update(utf8ToBytes(text)).digest()),
    digest: (text) => bytesToHex(sha256(utf8ToBytes(text)))
  }
}

const hexKey = /^\s*([0-9a-fA-F]{64,})\s*$/

/**
 * Returns the key that a file holds: 64 or more hexadecimal digits, which `openssl rand -hex 32` makes; `undefined` if the text is
 * not a key.
 */
export const secretFrom = (text: string): Uint8Array | undefined => {
  const digits = hexKey.exec(text)?.[1]
  return digits === undefined || digits.length % 2 === 1 ? undefined : hexToBytes(digits)
}
