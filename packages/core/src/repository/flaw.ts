/** What a check of a store may find (PO-18). */
import type { Kind, Stored } from './repository.ts'

/**
 * Something in a store that is not as it must be. It names documents by kind and id, and never holds a claim or a part of a
 * body, which are personal data.
 *
 * - `DamagedStore`: the database says that its own file or table is damaged; `detail` is its sentence.
 * - `UnreadableDocument`: a body is no JSON, or the caller could not read it.
 * - `MissingClaims`: so many claims that the document must hold do not lead to it.
 * - `StrayClaims`: so many claims lead to the document although it must not hold them; without `kind` and `id`: to no
 *   document at all.
 */
export type Flaw =
  | { readonly _tag: 'DamagedStore'; readonly detail: string }
  | { readonly _tag: 'UnreadableDocument'; readonly kind: Kind; readonly id: string }
  | { readonly _tag: 'MissingClaims'; readonly kind: Kind; readonly id: string; readonly count: number }
  | { readonly _tag: 'StrayClaims'; readonly kind?: Kind; readonly id?: string; readonly count: number }

/**
 * Returns the claims that a document must hold, which only its writer knows; `undefined` where it does not know documents
 * of this kind. It throws where the body is not what it must be.
 */
export type ClaimsOf = (stored: Stored) => ReadonlyArray<string> | undefined

/**
 * Returns the flaws of one document, for adapters: it compares the claims that lead to it with those that it must hold.
 *
 * @param read Returns the claims that the document must hold, or throws where its body cannot be read.
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
