/** A check of the store: SQLite's own of the file, then each document's claims, then each entry of the index (PO-18). */
import { type Awaitable, type ClaimsOf, documentFlaws, type Flaw } from '@userpoint/core/repository'
import { storedAs } from './body-text.ts'
import type { TextDocument } from './documents.ts'

/** A document, and the claims that lead to it. */
export interface HeldDocument {
  readonly number: number
  readonly document: TextDocument
  readonly claims: ReadonlyArray<string>
}

/** The flaws among some entries of the index: they lead to documents that do not hold such claims. */
export interface StrayEntries {
  readonly flaws: ReadonlyArray<Flaw>
  /** The place from which to continue; `undefined`: the check is complete. */
  readonly next: number | undefined
}

/** The reads of a check, each in a separate transaction. */
export interface CheckSource {
  /** Returns the faults that SQLite finds in the file, one sentence each. */
  readonly damages: () => ReadonlyArray<string>
  /** Returns at most `size` documents whose numbers come after `after`, ascending. */
  readonly held: (after: number, size: number) => ReadonlyArray<HeldDocument>
  /** Checks at most `size` entries of the index, from `from` on. */
  readonly strays: (from: number, size: number) => StrayEntries
}

/** The same, in this thread or in another one. */
type AnyCheckSource = {
  readonly [Name in keyof CheckSource]: (
    ...parameters: Parameters<CheckSource[Name]>
  ) => Awaitable<ReturnType<CheckSource[Name]>>
}

const pageSize = 256

/** Yields the flaws. No transaction is open between two steps. */
export async function* check(source: AnyCheckSource, claimsOf: ClaimsOf): AsyncGenerator<Flaw, void, undefined> {
  const damages = await source.damages()
  for (const detail of damages) yield { _tag: 'DamagedStore', detail }
  // Other results for a damaged file would be unreliable.
  if (damages.length > 0) return
  for (let after = 0; ; ) {
    const page = await source.held(after, pageSize)
    for (const { document, claims } of page) {
      yield* documentFlaws(document, () => claimsOf(storedAs(document)), new Set(claims))
    }
    const last = page.at(-1)
    if (last === undefined || page.length < pageSize) break
    after = last.number
  }
  for (let from: number | undefined = 0; from !== undefined; ) {
    const { flaws, next }: StrayEntries = await source.strays(from, pageSize)
    yield* flaws
    from = next
  }
}
