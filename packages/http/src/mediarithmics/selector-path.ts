/** Paths whose selector has a slash, as some clients send an account: `compartment_id=1/user_account_id=x`. */

// After these, a selector of a user point follows.
const slashed =
  /^(\/v1\/datamarts\/[^/]{1,64}\/user_(?:points|identifiers|profiles|segments|timelines)\/compartment_id=[^/,]*)\/(?=user_account_id=)/

/** Returns the path with a comma instead of the slash within the selector of its user point. */
export const withOneSelector = (path: string): string => path.replace(slashed, '$1,')
