/** Access control: each token opens one datamart, and only the token's digest is kept. */
import { WrongCall } from '@userpoint/core/repository'
import { sha256 } from '@noble/hashes/sha2.js'
import { bytesToHex, hexToBytes, utf8ToBytes } from '@noble/hashes/utils.js'
import type { TokenSettings } from './settings.ts'

export interface Access {
  /** Returns the datamart that a token opens, or `undefined` for an unknown token. */
  readonly datamartOf: (token: string) => string | undefined
  /** Returns `true` if the token opens this datamart. */
  readonly opens: (token: string, datamart: string) => boolean
}

// A longer text is never a token, and would take time to digest.
const longestToken = 1_024

/** Compares two digests in constant time. */
const isSame = (a: Uint8Array, b: Uint8Array): boolean => {
  let difference = 0
  for (const [at, byte] of a.entries()) difference |= byte ^ (b[at] ?? 0)
  return difference === 0
}

/** @throws TypeError if a digest is not a SHA-256, or is listed twice. */
export const createAccess = (tokens: ReadonlyArray<TokenSettings>): Access => {
  const known = tokens.map(({ sha256: digest, datamart }) => {
    if (!/^[0-9a-f]{64}$/i.test(digest))
      throw new WrongCall('WRONG_ARGUMENT', 'the sha256 of a token must be 64 hexadecimal digits')
    return { digest: hexToBytes(digest.toLowerCase()), datamart }
  })
  if (new Set(tokens.map((each) => each.sha256.toLowerCase())).size < tokens.length)
    throw new WrongCall('WRONG_ARGUMENT', 'the same token is listed twice')
  const datamartOf = (token: string): string | undefined => {
    const digest = sha256(utf8ToBytes(token.slice(0, longestToken + 1)))
    let datamart: string | undefined
    // Compare with every digest, so that the time does not reveal which one matches.
    for (const each of known) if (isSame(digest, each.digest)) datamart = each.datamart
    return token.length > longestToken ? undefined : datamart
  }
  return { datamartOf, opens: (token, datamart) => datamartOf(token) === datamart }
}

/** Returns the SHA-256 of a token as 64 hexadecimal digits, as settings take it. */
export const sha256Of = (token: string): string => bytesToHex(sha256(utf8ToBytes(token)))
