/** The comparison of a document's claims that every adapter's check makes (PO-18). */
import type { ClaimsOf, Flaw, Stored } from './repository.ts'

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
