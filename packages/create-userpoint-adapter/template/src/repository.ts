/** my-store: a store of userpoint. */
import type { CommitResult, Reference, Repository, Stored, Write } from '@userpoint/core/repository'

const notWritten = (what: string): never => {
  throw new Error(`${what} is not written yet`)
}

/**
 * Opens a handle on the store at this place.
 *
 * @param place What leads to the store: a path, an address, an open database.
 */
export const openRepository = (place: string): Repository => ({
  // What the store can do. Declare `durable` and `concurrent` once they are true; the suite then tests them.
  manifest: { name: 'my-store', durable: false, concurrent: false },

  /** One answer for each reference, in their order, at one moment (PO-1 to PO-4). */
  load: (references: ReadonlyArray<Reference>): ReadonlyArray<Stored | undefined> =>
    notWritten(`load of ${references.length} references at ${place}`),

  /** All writes or none, and only if every version and claim still holds (PO-5 to PO-10, PO-15). */
  commit: (writes: ReadonlyArray<Write>): CommitResult => notWritten(`commit of ${writes.length} writes at ${place}`),

  /** The documents of a kind in ascending order of their ids, by code point (PO-11, PO-12). */
  *scan(kind): Generator<Stored> {
    yield notWritten(`scan of ${kind} at ${place}`)
  }
})
