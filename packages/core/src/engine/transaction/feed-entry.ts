/**
 * The entries of the feed: what a batch did to people, as a document of that batch. It names user points, the places that
 * changed, and the identifiers that a known user point took and gave back. It has no value of any property.
 */
import type { PendingWrite } from '../../decide/workspace.ts'
import { changedPaths, type ChangedPath, hasMovedIdentifiers, samePaths } from '../../domain/changed-paths.ts'
import type { Writable } from '../../domain/edit.ts'
import type { UserPointId } from '../../domain/identifier.ts'
import type { JsonObject, Kind } from '../../repository/index.ts'
import type { Judgement } from './judgement.ts'

/** The kind of the documents that hold entries. */
export const changeKind: Kind = 'change'

/** The cause of a change: an execution, a document without an id, or a call under a receipt. */
export type ChangeOrigin =
  | { readonly _tag: 'Execution'; readonly id: string }
  | { readonly _tag: 'Document'; readonly type: string }
  | { readonly _tag: 'Request'; readonly id: string }

/** A user point that was merged into another one, and the version at which it ended. */
export interface Absorbed {
  readonly id: UserPointId
  readonly version: number
}

/** The effect of a batch on one user point. Lists are absent if they are empty. */
export interface StoredRecord {
  readonly id: UserPointId
  /** The version that the batch made; of an erasure, the one after the last. */
  readonly version: number
  readonly what: 'created' | 'changed' | 'erased'
  /** The line that changed it last; absent: the change came from no document. */
  readonly line?: number
  /** The place in the entry's `paths` of the list of places that differ. */
  readonly paths?: number
  /** The claims that it took; not told of a new user point, whose identifiers are all new. */
  readonly taken?: ReadonlyArray<string>
  /** The claims that it gave back; of an erasure, all that it had. */
  readonly given?: ReadonlyArray<string>
  readonly merged?: ReadonlyArray<Absorbed>
}

/** An entry as it is stored. */
export interface StoredEntry {
  /** In milliseconds since 1970. */
  readonly at: number
  readonly origin?: ChangeOrigin
  /** Lists of places that differ. Most lines of a document change the same. */
  readonly paths?: ReadonlyArray<ReadonlyArray<ChangedPath>>
  readonly people: ReadonlyArray<StoredRecord>
}

/** Returns the line that changed each user point last. */
const linesOf = (judgements: ReadonlyArray<Judgement>): ReadonlyMap<string, number> => {
  const lines = new Map<string, number>()
  for (const { line, verdict } of judgements) {
    if (verdict._tag === 'Applied' && 'userPoint' in verdict.effect) lines.set(verdict.effect.userPoint, line)
  }
  return lines
}

/** Returns the user points that each survivor of a batch absorbed in it; those that were never stored are left out. */
const absorbedIn = (writes: ReadonlyArray<PendingWrite>): ReadonlyMap<string, ReadonlyArray<Absorbed>> => {
  const ended = new Map<string, Absorbed>()
  for (const { id, expected, point } of writes) {
    if (point === undefined) ended.set(id, { id, version: expected + 1 })
  }
  const merged = new Map<string, ReadonlyArray<Absorbed>>()
  if (ended.size === 0) return merged
  for (const { id, before, point } of writes) {
    if (point === undefined || point.formerIds === before?.formerIds) continue
    const absorbed = point.formerIds.flatMap((former) => ended.get(former) ?? [])
    if (absorbed.length > 0) merged.set(id, absorbed)
  }
  return merged
}

/** Returns the place of a list among those of an entry, to which it is added if it differs from the last one. */
const placeOf = (paths: ReadonlyArray<ChangedPath>, lists: Array<ReadonlyArray<ChangedPath>>): number => {
  const last = lists.at(-1)
  return last !== undefined && samePaths(last, paths) ? lists.length - 1 : lists.push(paths) - 1
}

const recordOf = (
  { id, expected, before, point, claim, release }: PendingWrite,
  merged: ReadonlyArray<Absorbed> | undefined,
  lists: Array<ReadonlyArray<ChangedPath>>
): Writable<StoredRecord> | undefined => {
  const version = expected + 1
  if (point === undefined) return { id, version, what: 'erased', given: release }
  const record: Writable<StoredRecord> = { id, version, what: before === undefined ? 'created' : 'changed' }
  if (merged !== undefined) record.merged = merged
  if (before === undefined) return record
  if (claim.length > 0) record.taken = claim
  if (release.length > 0) record.given = release
  const paths = changedPaths(before, point)
  const areMoved = claim.length + release.length === 0 && hasMovedIdentifiers(before, point)
  if (paths.length > 0 || areMoved) record.paths = placeOf(areMoved ? [...paths, ['identifiers']] : paths, lists)
  const isSilent = claim.length + release.length === 0 && merged === undefined && record.paths === undefined
  return isSilent ? undefined : record
}

/** The parts of a batch that its entry tells of. */
export interface Told {
  readonly writes: ReadonlyArray<PendingWrite>
  readonly judgements: ReadonlyArray<Judgement>
  readonly origin: ChangeOrigin | undefined
  /** In milliseconds since 1970. */
  readonly now: number
}

const orderOf = { erased: 0, changed: 1, created: 2 } as const

/**
 * Returns what an entry tells of a batch; `undefined`: it altered no data of a person, but for the times of writes.
 * Erasures come first, because others of the batch may have taken what they gave back.
 */
export const entryBody = ({ writes, judgements, origin, now }: Told): JsonObject | undefined => {
  const hasLines = origin?._tag === 'Execution' || origin?._tag === 'Document'
  const lines = hasLines ? linesOf(judgements) : undefined
  const merged = absorbedIn(writes)
  const absorbed = new Set<string>()
  for (const ended of merged.values()) for (const { id } of ended) absorbed.add(id)
  const lists: Array<ReadonlyArray<ChangedPath>> = []
  const people: Array<Writable<StoredRecord>> = []
  for (const write of writes) {
    if (write.point === undefined && absorbed.has(write.id)) continue
    const record = recordOf(write, merged.get(write.id), lists)
    if (record === undefined) continue
    const line = lines?.get(write.id)
    if (line !== undefined) record.line = line
    people.push(record)
  }
  if (people.length === 0) return undefined
  people.sort((a, b) => orderOf[a.what] - orderOf[b.what])
  const entry: Writable<StoredEntry> = { at: now, people }
  if (origin !== undefined) entry.origin = origin
  if (lists.length > 0) entry.paths = lists
  return entry as unknown as JsonObject
}
