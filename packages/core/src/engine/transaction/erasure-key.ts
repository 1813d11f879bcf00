/** The key of a datamart for its receipts and suppressions. Core computes no digest of its own: it gets the functions. */

/** Digests under a datamart's key, which core gets from the embedder. */
export interface ErasureKey {
  /**
   * Returns a digest of a text that only the holder of the key can compute, such as HMAC-SHA-256 of its UTF-8: 64 lower-case
   * hexadecimal digits. The same key must give the same digests for as long as the store exists.
   */
  readonly keyedDigest: (text: string) => string
  /** Returns the SHA-256 of a text's UTF-8, as 64 lower-case hexadecimal digits: anyone can compute it. */
  readonly digest: (text: string) => string
}

/** The sorts of text of which keyed digests are made. Each sort has its own prefix, so that a digest of one sort never equals one of another. */
type Sort = 'claim' | 'command' | 'subject' | 'request' | 'receipt' | 'check'

/** Returns the keyed digest of a text of some sort. */
export const digestOf = ({ keyedDigest }: ErasureKey, sort: Sort, text: string): string =>
  keyedDigest(`userpoint ${sort}\n${text}`)
