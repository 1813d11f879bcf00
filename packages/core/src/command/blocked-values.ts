/**
 * Placeholder values, which a sender's program writes if it knows no identifier. As identifiers they would merge all people
 * without an identifier into one.
 */

const normal = (text: string): string => text.trim().toLowerCase()

const sets = new WeakMap<ReadonlyArray<string>, ReadonlySet<string>>()

const setOf = (values: ReadonlyArray<string>): ReadonlySet<string> => {
  const known = sets.get(values)
  if (known !== undefined) return known
  const made = new Set(values.map(normal))
  sets.set(values, made)
  return made
}

/**
 * Returns whether a list blocks a text. Case does not matter, nor does white space at either end; `''` blocks blank texts.
 */
export const isBlocked = (text: string, values: ReadonlyArray<string>): boolean =>
  values.length > 0 && setOf(values).has(normal(text))

/**
 * Values to block unless a datamart uses one of them: words for a missing value, zeros, an object as text, and the hash of an
 * empty text.
 *
 * @example
 * ```ts
 * import { recommendedBlockedValues } from '@userpoint/core'
 *
 * // Give it to createEngine: policies: { blockedValues: recommendedBlockedValues }
 * console.log(['null', 'undefined', '0'].every((value) => recommendedBlockedValues.includes(value))) // => true
 * ```
 */
export const recommendedBlockedValues: ReadonlyArray<string> = [
  '',
  'undefined',
  'null',
  'none',
  'nil',
  'nan',
  'n/a',
  'na',
  'unknown',
  'anonymous',
  'true',
  'false',
  '[object object]',
  '{}',
  '[]',
  '-',
  '0',
  '-1',
  '00000000-0000-0000-0000-000000000000',
  // MD5, SHA-1, SHA-224, SHA-256, SHA-384, SHA-512, SHA3-256 and BLAKE2b-512 of nothing.
  'd41d8cd98f00b204e9800998ecf8427e',
  'da39a3ee5e6b4b0d3255bfef95601890afd80709',
  'd14a028c2a3a2bc9476102bb288234c415a2b01f828ea62ac5b3e42f',
  'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
  '38b060a751ac96384cd9327eb1b1e36a21fdb71114be07434c0cc7bf63f6e1da274edebfe76f65fbd51ad2f14898b95b',
  'cf83e1357eefb8bdf1542850d66d8007d620e4050b5715dc83f4a921d36ce9ce47d0d13c5d85f2b0ff8318d2877eec2f63b931bd47417a81a538327af927da3e',
  'a7ffc6f8bf1ed76651c14756a061d662f580ff4de43b49fa82d80a4b80f8434a',
  '786a02f742015903c6c6fd852552d272912f4740e15847618a86e217f71f5419d25e1031afee585313896444934eb04b903a685b1448b755d56f701afe9be2ce',
  // The same in Base64, of MD5, SHA-1, SHA-256 and SHA-512.
  '1B2M2Y8AsgTpgAmY7PhCfg==',
  '2jmj7l5rSw0yVb/vlWAYkK/YBwk=',
  '47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=',
  'z4PhNX7vuL3xVChQ1m2AB9Yg5AULVxXcg/SpIdNs6c5H0NE8XYXysP+DGNKHfuwvY7kxvUdBeoGlODJ6+SfaPg=='
]
