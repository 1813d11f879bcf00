/** The findings of a check of a store (PO-18). */
import type { Kind, Stored } from './repository.ts'

/**
 * A flaw in a store. It names documents by kind and id, and never contains a claim or a part of a body, which are personal data.
 *
 * - `DamagedStore`: the database reports that its own file or table is damaged; `detail` is its message.
 * - `UnreadableDocument`: a body is not JSON, or the caller could not read it.
 * - `MissingClaims`: `count` claims that the document must have do not lead to it.
 * - `StrayClaims`: `count` claims lead to the document although it must not have them; without `kind` and `id`, they lead to no
 *   document.
 */
export type Flaw =
  | { readonly _tag: 'DamagedStore'; readonly detail: string }
  | { readonly _tag: 'UnreadableDocument'; readonly kind: Kind; readonly id: string }
  | { readonly _tag: 'MissingClaims'; readonly kind: Kind; readonly id: string; readonly count: number }
  | { readonly _tag: 'StrayClaims'; readonly kind?: Kind; readonly id?: string; readonly count: number }

/**
 * Returns the claims that a document must have, which only its writer knows, or `undefined` for an unknown kind of document.
 * Throws if the body is invalid.
 */
export type ClaimsOf = (stored: Stored) => ReadonlyArray<string> | undefined

/**
 * Returns the flaws of one document, for adapters: compares the claims that lead to it with those that it must have.
 *
 * @param read Returns the claims that the document must have, or throws if its body cannot be read.
 * @param held The claims that lead to it.
 */
export const documentFlaws = (
  { kind, id }: Pick<Stored, 'kind' | 'id'>,
  read: () => ReturnType<ClaimsOf>,
  held: ReadonlySet<string>
): ReadonlyArray<Flaw> => {
  let told: ReturnType<ClaimsOf>
  try {
    told = read()
  } catch {
    return [{ _tag: 'UnreadableDocument', kind, id }]
  }
  if (told === undefined) return []
  const wanted = new Set(told)
  let missing = 0
  for (const claim of wanted) if (!held.has(claim)) missing++
  const stray = held.size - (wanted.size - missing)
  const flaws: Flaw[] = []
  if (missing > 0) flaws.push({ _tag: 'MissingClaims', kind, id, count: missing })
  if (stray > 0) flaws.push({ _tag: 'StrayClaims', kind, id, count: stray })
  return flaws
}
