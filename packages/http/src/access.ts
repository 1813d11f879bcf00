/** Who may do what: a token opens one datamart, and only its digest is known. */
import { sha256 } from '@noble/hashes/sha2.js'
import { bytesToHex, hexToBytes, utf8ToBytes } from '@noble/hashes/utils.js'
import type { TokenSettings } from './settings.ts'

export interface Access {
  /** The datamart that a token opens; `undefined`: there is none. */
  readonly datamartOf: (token: string) => string | undefined
  /** Whether a token opens this datamart. */
  readonly opens: (token: string, datamart: string) => boolean
}

// Longer texts are no tokens, and would cost time to digest.
const longestToken = 1_024

/** Whether two digests are one, in a time that does not tell where they differ. */
const isSame = (a: Uint8Array, b: Uint8Array): boolean => {
  let difference = 0
  for (const [at, byte] of a.entries()) difference |= byte ^ (b[at] ?? 0)
  return difference === 0
}

/** @throws TypeError where a digest is no SHA-256, or opens two datamarts. */
export const createAccess = (tokens: ReadonlyArray<TokenSettings>): Access => {
  const known = tokens.map(({ sha256: digest, datamart }) => {
    if (!/^[0-9a-f]{64}$/i.test(digest))
      throw new TypeError('a token is given as the 64 hexadecimal digits of its SHA-256')
    return { digest: hexToBytes(digest.toLowerCase()), datamart }
  })
  if (new Set(tokens.map((each) => each.sha256.toLowerCase())).size < tokens.length)
    throw new TypeError('a token is given twice')
  const datamartOf = (token: string): string | undefined => {
    const digest = sha256(utf8ToBytes(token.slice(0, longestToken + 1)))
    let datamart: string | undefined
    // All of them, always: how long it takes says nothing of which it is.
    for (const each of known) if (isSame(digest, each.digest)) datamart = each.datamart
    return token.length > longestToken ? undefined : datamart
  }
  return { datamartOf, opens: (token, datamart) => datamartOf(token) === datamart }
}

/** The SHA-256 of a token, as settings hold it: 64 hexadecimal digits. */
export const sha256Of = (token: string): string => bytesToHex(sha256(utf8ToBytes(token)))
