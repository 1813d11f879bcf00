/** Paths with a selector: those with a slash in it (`compartment_id=1/user_account_id=x`), and those that could name two people. */

// After these, a selector of a user point follows.
const slashed =
  /^(\/v1\/datamarts\/[^/]{1,64}\/user_(?:points|identifiers|profiles|segments|timelines)\/compartment_id=[^/,]*)\/(?=user_account_id=)/

/** Returns the path with a comma instead of the slash within the selector of its user point. */
export const withOneSelector = (path: string): string => path.replace(slashed, '$1,')

/**
 * Returns `false` for an address whose path could be taken for that of another person: Hono keeps an escape that is not UTF-8 as
 * it is, so that `%ff` and `%25ff` would be one name, and it leaves out what follows a `#`.
 */
export const isWellFormed = (url: string): boolean => {
  if (url.includes('#')) return false
  try {
    decodeURIComponent(url.replace(/\?.*$/s, ''))
    return true
  } catch {
    return false
  }
}
