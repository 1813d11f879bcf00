/** Idempotency keys: a request that is repeated under the same key is applied once, and answered alike. */

/** The lifetime of a key, in milliseconds: a day. */
export const keyLifetime = 86_400_000

/** A key: 1 to 255 printable ASCII characters. */
const shape = /^[\x20-\x7e]{1,255}$/

/** Returns the key of a request, `undefined` if it has none, and `invalid` if it has a wrong one. */
export const idempotencyKeyOf = (header: string | undefined): { readonly key: string } | undefined | 'invalid' => {
  if (header === undefined) return undefined
  return shape.test(header) ? { key: header } : 'invalid'
}
