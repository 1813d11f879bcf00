/** The changes of the feed, with people as plain JSON. */
import type { Engine, JsonObject } from '@userpoint/core'
import type { Change, ChangesOptions } from '@userpoint/core/feed'
import { type DocumentType, encodeChange } from '@userpoint/core/mediarithmics'
import type { Person } from './person.ts'

/** A change of one person, or their presence when a consumer began. */
export interface PersonChange
  extends Pick<Change, 'version' | 'at' | 'line' | 'paths' | 'origin' | 'acknowledge' | 'place'> {
  readonly what: 'present' | 'created' | 'changed' | 'merged' | 'erased'
  /** Names the change: the same each time it is told, and no other change has it. */
  readonly id: string
  readonly userPoint: string
  /** The identifiers that a known person took, as those of {@link Person}. */
  readonly taken: ReadonlyArray<JsonObject>
  /** The identifiers that the person gave back; of an erasure, all that they had. */
  readonly given: ReadonlyArray<JsonObject>
  /** The user points that were merged into this one. */
  readonly merged: ReadonlyArray<string>
  /** The person as they are now, which may be later than the change; `undefined`: they are gone. */
  readonly person: Person | undefined
}

const toPersonChange = (change: Change): PersonChange => {
  const { _tag, id, userPoint, version, at, line, paths, origin, merged, acknowledge, place } = change
  const encoded = encodeChange(change)
  return {
    what: _tag.toLowerCase() as PersonChange['what'],
    id,
    userPoint,
    version,
    at,
    line,
    paths,
    origin,
    taken: (encoded['identifiers_taken'] ?? []) as ReadonlyArray<JsonObject>,
    given: (encoded['identifiers_given_back'] ?? []) as ReadonlyArray<JsonObject>,
    merged: merged.map((each) => each.id),
    person: encoded['person'] as Person | undefined,
    acknowledge,
    place
  }
}

async function* personChanges(changes: AsyncIterable<Change>): AsyncGenerator<PersonChange, void, undefined> {
  for await (const change of changes) yield toPersonChange(change)
}

/** @throws TypeError at once for a name that no consumer may have. */
export const changesOf = (engine: Engine<DocumentType>, options: ChangesOptions): AsyncIterable<PersonChange> =>
  personChanges(engine.changes(options))
