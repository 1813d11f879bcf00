/** The digest of settings, by which an execution knows whether it goes on under the same ones. */
import { sha256 } from '@noble/hashes/sha2.js'
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js'
import type { Json } from '@userpoint/core'
import { canonicalText } from '@userpoint/core/patch'
import type { CompleteSettings } from './defaults.ts'

/**
 * Returns the SHA-256 of settings as canonical JSON, as 64 hexadecimal digits: policies, identity settings and bounds, on which
 * it depends what becomes of a command. Tokens, names and limits are left out, so that executions continue although one of them changed.
 *
 * @example
 * ```ts
 * import { completeSettings, settingsDigest } from '@userpoint/settings'
 *
 * const digest = settingsDigest(completeSettings({ policies: { arrays: 'union' } }))
 * console.log(digest === settingsDigest(completeSettings({ policies: { arrays: 'union', systemVersion: null } }))) // => true
 * ```
 */
export const settingsDigest = ({ policies, identity, bounds }: CompleteSettings): string => {
  // JSON leaves out what is undefined.
  const value = JSON.parse(JSON.stringify({ policies, identity, bounds })) as Json
  return bytesToHex(sha256(utf8ToBytes(canonicalText(value))))
}
