/** Batches of one document, for tests of a store alone. */
import type { Repository, Write } from '@userpoint/core/repository'

/** Returns a write of a new document, which takes one claim. */
export const write = (id: string, more: Partial<Write> = {}): Write => ({
  kind: 'user_point',
  id,
  expected: 0,
  body: { id },
  claim: [`of ${id}`],
  release: [],
  ...more
})

/** Returns the document to which the claim of {@link write} leads. */
export const find = async (repository: Repository, id: string) =>
  (await repository.load([{ _tag: 'ByClaim', claim: `of ${id}` }]))[0]
