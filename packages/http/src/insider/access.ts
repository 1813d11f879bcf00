/** Authenticates the partner of a request, and defines the rate limiter (B-22 to B-24). */

/** The headers by which a request names its sender. */
export interface Credentials {
  readonly partner: string | undefined
  readonly token: string | undefined
}

/** Returns `true` if the token is the partner's, `false` if it is not, and `undefined` for an unknown partner. Compares in constant time. */
export type KnowsToken = (partner: string, token: string) => boolean | undefined

/** Counts the requests of each partner; upserts and deletions of attributes share one limit (B-24). */
export interface RateLimiter {
  /** Counts one request of the partner; returns `false` if the limit is reached. */
  readonly take: (partner: string) => boolean | PromiseLike<boolean>
}

/** The reason why a request is rejected before its body is read. */
export interface AccessRefused {
  readonly _tag: 'AccessRefused'
  readonly code: 'PARTNER_INVALID' | 'ACCESS_DENIED'
}

const partnerInvalid: AccessRefused = { _tag: 'AccessRefused', code: 'PARTNER_INVALID' }
const accessDenied: AccessRefused = { _tag: 'AccessRefused', code: 'ACCESS_DENIED' }

/**
 * Returns the partner of a request, or the reason why it is rejected. An unknown partner, or one that is not in lower
 * case, is invalid: case is never folded (B-23). A missing or wrong token is denied (B-22).
 */
export const admitPartner = ({ partner, token }: Credentials, knows: KnowsToken): string | AccessRefused => {
  if (partner === undefined || partner === '' || partner !== partner.toLowerCase()) return partnerInvalid
  const known = knows(partner, token ?? '')
  if (known === undefined) return partnerInvalid
  return known && token !== undefined ? partner : accessDenied
}
