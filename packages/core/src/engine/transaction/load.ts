/** Collects the references of lines, each once, and loads the user points to which they lead. */
import { referencesOf } from '../../command/command.ts'
import type { Loaded } from '../../decide/workspace.ts'
import { claimOf, type Reference, type UserPointId, userPointClaim } from '../../domain/identifier.ts'
import { fromStored, type StoredUserPoint } from '../../domain/stored-user-point.ts'
import { E } from '../../fp.ts'
import type * as port from '../../repository/repository.ts'
import type { Line } from '../input/line.ts'
import { fromStore, type StoreFailed } from './engine-error.ts'
import type { Runtime } from './runtime.ts'

/** The kind of the documents that hold user points. */
export const userPointKind: port.Kind = 'user_point'

/** The references of some lines in the store's terms, each once. The key is the claim, or that of {@link keyOfId}. */
export type References = Map<string, port.Reference>

/** Returns the key of a reference by id. No claim begins with NUL. */
export const keyOfId = (id: string): string => `\0${id}`

// Ids of a store are printable ASCII; no document has another text as its id.
const idShape = /^[\x21-\x7e]{1,512}$/

const add = (references: References, reference: Reference): void => {
  if (reference._tag !== 'UserPoint') {
    const claim = claimOf(reference)
    if (!references.has(claim)) references.set(claim, { _tag: 'ByClaim', claim })
  } else if (idShape.test(reference.id)) {
    references.set(keyOfId(reference.id), { _tag: 'ById', kind: userPointKind, id: reference.id })
    // If the user point was absorbed, its id is a claim of the survivor.
    const claim = userPointClaim(reference.id)
    references.set(claim, { _tag: 'ByClaim', claim })
  }
}

/** Returns these references in the store's terms. */
export const referencesFrom = (references: Iterable<Reference>): References => {
  const found: References = new Map()
  for (const reference of references) add(found, reference)
  return found
}

/** Adds the references of lines. */
export const addReferences = (references: References, lines: ReadonlyArray<Line>): void => {
  for (const { decoded } of lines) {
    if (decoded._tag === 'Command') for (const reference of referencesOf(decoded.command)) add(references, reference)
  }
}

/** Returns a stored document as a user point. Core wrote the document, so it is not checked again. */
export const toLoaded = (stored: port.Stored): Loaded => ({
  id: stored.id as UserPointId,
  version: stored.version,
  point: fromStored(stored.body as StoredUserPoint)
})

/** Loads the user points to which the references lead, each once. */
export const load = async (
  repository: port.Repository,
  references: ReadonlyArray<port.Reference>
): Promise<E.Either<StoreFailed, ReadonlyArray<Loaded>>> => {
  if (references.length === 0) return E.right([])
  return fromStore('load', async () => {
    const loaded = new Map<string, Loaded>()
    for (const stored of await repository.load(references)) {
      // Many references may lead to one large document.
      if (stored !== undefined && !loaded.has(stored.id)) loaded.set(stored.id, toLoaded(stored))
    }
    return [...loaded.values()]
  })
}

/** Loads user points for a decision. The first call also reads the moments of earlier engines. */
export const loadToDecide = async (
  repository: port.Repository,
  references: ReadonlyArray<port.Reference>,
  { moments }: Runtime
): Promise<E.Either<StoreFailed, ReadonlyArray<Loaded>>> => {
  const failed = moments.isOpen() ? undefined : await moments.open()
  return failed === undefined ? load(repository, references) : E.left(failed)
}
