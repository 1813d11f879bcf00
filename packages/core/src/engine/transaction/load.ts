/** Collects the references of lines, each once, and loads the user points to which they lead. */
import { referencesOf } from '../../command/command.ts'
import { type Loaded, type LoadedSuppression, Workspace } from '../../decide/workspace.ts'
import { claimOf, type Reference, type UserPointId, userPointClaim } from '../../domain/identifier.ts'
import { fromStored, type StoredUserPoint } from '../../domain/stored-user-point.ts'
import { E } from '../../fp.ts'
import type * as port from '../../repository/repository.ts'
import type { Line } from '../input/line.ts'
import { claimFault } from './claim-key.ts'
import { fromStore, type StoreFailed } from './engine-error.ts'
import type { Runtime } from './runtime.ts'

/** The kind of the documents that hold user points. */
export const userPointKind: port.Kind = 'user_point'

/** The kind of the documents that each suppress an identifier (L-37). */
export const suppressionKind: port.Kind = 'suppression'

/** The references of some lines in the store's terms, each once. The key is the claim, or that of {@link keyOfId}. */
export type References = Map<string, port.Reference>

/** Returns the key of a reference by id. No claim begins with NUL. */
export const keyOfId = (id: string): string => `\0${id}`

// Ids of a store are printable ASCII; no document has another text as its id.
const idShape = /^[\x21-\x7e]{1,512}$/

/** Adds a reference to `references`, and to `added` if it was not there. */
const add = (references: References, reference: Reference, added = references): void => {
  if (reference._tag !== 'UserPoint') {
    const claim = claimOf(reference)
    if (references.has(claim)) return
    const found = { _tag: 'ByClaim', claim } as const
    references.set(claim, found)
    added.set(claim, found)
  } else if (idShape.test(reference.id)) {
    const key = keyOfId(reference.id)
    if (references.has(key)) return
    // If the user point was absorbed, its id is a claim of the survivor.
    const claim = userPointClaim(reference.id)
    for (const each of [references, added]) {
      each.set(key, { _tag: 'ById', kind: userPointKind, id: reference.id })
      each.set(claim, { _tag: 'ByClaim', claim })
    }
  }
}

/** Returns these references in the store's terms. */
export const referencesFrom = (references: Iterable<Reference>): References => {
  const found: References = new Map()
  for (const reference of references) add(found, reference)
  return found
}

/** Adds the references of lines, and returns those that were not there. */
export const addReferences = (references: References, lines: ReadonlyArray<Line>): References => {
  const added: References = new Map()
  for (const { decoded } of lines) {
    if (decoded._tag !== 'Command') continue
    for (const reference of referencesOf(decoded.command)) add(references, reference, added)
  }
  return added
}

/** Returns a stored document as a user point. Core wrote the document, so it is not checked again. */
export const toLoaded = (stored: port.Stored): Loaded => ({
  id: stored.id as UserPointId,
  version: stored.version,
  point: fromStored(stored.body as StoredUserPoint)
})

/** The user points, and the suppressions, to which some references lead. */
export interface LoadedParts {
  /** Each once. */
  readonly people: ReadonlyArray<Loaded>
  readonly suppressions: ReadonlyArray<LoadedSuppression>
}

const nothing: LoadedParts = { people: [], suppressions: [] }

export const workspaceOf = ({ people, suppressions }: LoadedParts): Workspace => new Workspace(people, suppressions)

const load = async (
  repository: port.Repository,
  references: ReadonlyArray<port.Reference>
): Promise<E.Either<StoreFailed, LoadedParts>> => {
  if (references.length === 0) return E.right(nothing)
  return fromStore('load', async () => {
    const people = new Map<string, Loaded>()
    const suppressions: LoadedSuppression[] = []
    const answers = await repository.load(references)
    for (let at = 0; at < answers.length; at++) {
      const stored = answers[at]
      if (stored === undefined) continue
      const reference = references[at]
      if (stored.kind === suppressionKind && reference?._tag === 'ByClaim') {
        suppressions.push({ claim: reference.claim, id: stored.id, version: stored.version })
      } else if (!people.has(stored.id)) {
        // Many references may lead to one large document.
        people.set(stored.id, toLoaded(stored))
      }
    }
    return { people: [...people.values()], suppressions }
  })
}

/** Loads all to which the references lead. The first call also reads the moments of earlier engines. */
export const loadParts = async (
  repository: port.Repository,
  references: ReadonlyArray<port.Reference>,
  { moments, erasure }: Pick<Runtime, 'moments' | 'erasure'>
): Promise<E.Either<StoreFailed, LoadedParts>> => {
  const failed = moments.isOpen() ? undefined : await moments.open()
  if (failed !== undefined) return E.left(failed)
  // Without the key, every lookup would find no person.
  if (moments.isKeyed() && erasure?.claims !== 'keyed')
    return E.left({ _tag: 'StoreFailed', operation: 'load', cause: claimFault('KEYED_CLAIMS') })
  return load(repository, references)
}
