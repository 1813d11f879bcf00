/** Hashes e-mail addresses: Insider's calls have the address of a user, and documents have its hash. */
import { md5, sha1 } from '@noble/hashes/legacy.js'
import { sha256, sha512 } from '@noble/hashes/sha2.js'
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js'

/** The hash function of e-mail addresses in a datamart's documents. */
export interface EmailHashing {
  readonly algorithm: 'sha256' | 'sha512' | 'sha1' | 'md5'
  /** `true`: white space around the address is removed first. */
  readonly trim: boolean
  /** `true`: the address is converted to lower case first. */
  readonly lowerCase: boolean
}

const algorithms: Readonly<Record<EmailHashing['algorithm'], (bytes: Uint8Array) => Uint8Array>> = {
  sha256,
  sha512,
  sha1,
  md5
}

/**
 * Returns the hash of an e-mail address: lower-case hexadecimal digits, over the UTF-8 of the normalised address.
 *
 * @example
 * ```ts
 * import { hashEmail } from '@userpoint/core/insider'
 *
 * const hash = hashEmail(' Ada@Example.org', { algorithm: 'sha256', trim: true, lowerCase: true })
 * console.log(hash.slice(0, 16)) // => cfe00dde46ef9426
 * ```
 */
export const hashEmail = (email: string, { algorithm, trim, lowerCase }: EmailHashing): string => {
  const trimmed = trim ? email.trim() : email
  return bytesToHex(algorithms[algorithm](utf8ToBytes(lowerCase ? trimmed.toLowerCase() : trimmed)))
}
