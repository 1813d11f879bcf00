/**
 * When the parts of a profile were written. A profile that was written at one moment stores only that moment; the members
 * that were written at other moments are listed. Arrays and scalars are written as one value. An object is open or closed:
 *
 * - The members of an **open** object were written one by one: by a replacement of the profile, by a deep merge, or by an
 *   upsert of custom attributes. A merge of user points adds the members of the other one.
 * - A **closed** object was written as one value, by a shallow merge. A merge of user points adds only later members.
 */
import { defineKey, getKey, isJsonArray, isJsonObject, type Json, type JsonObject } from './json.ts'
import type { Moment } from './moment.ts'
import type { MergeMode, Patch } from './patch.ts'

/** The time at which a value was written: one moment (then an object is open), or several. */
export type Part = Moment | Parts

export type Parts = {
  /** The moment of everything that `in` does not list. */
  readonly at: Moment
  /** `true`: the object is closed. */
  readonly whole?: true
  /** The members that were written at another moment. */
  readonly in?: { readonly [name: string]: Part }
}

/** Returns the moment at which a value was written, without later writes in it. */
export const momentOfPart = (part: Part): Moment => (typeof part === 'number' ? part : part.at)

/** Returns the moment of the last write to any part of a value. */
export const latestOfPart = (part: Part): Moment =>
  typeof part === 'number'
    ? part
    : Object.values(part.in ?? {}).reduce<Moment>((latest, member) => Math.max(latest, latestOfPart(member)), part.at)

export const isClosed = (part: Part): part is Parts => typeof part === 'object' && part.whole === true

/** Returns the part of a member of an object. */
export const partOfMember = (part: Part, name: string): Part => {
  if (typeof part === 'number') return part
  if (part.in !== undefined && Object.hasOwn(part.in, name)) return part.in[name] as Part
  return part.whole === true ? { at: part.at, whole: true } : part.at
}

/** Returns the part of a value that is written as one value. */
const partOfPut = (value: Json, at: Moment): Part => (isJsonObject(value) ? { at, whole: true } : at)

const isSameAs = (part: Part, at: Moment, whole: boolean): boolean =>
  part === at || (whole && isClosed(part) && part.at === at && part.in === undefined)

const isEmptyObject = (object: JsonObject): boolean => Object.keys(object).length === 0

const countWrittenAt = (members: { readonly [name: string]: Part }, at: Moment): number =>
  Object.keys(members).filter((name) => members[name] === at).length

/** One change of a value, at a moment. */
interface Change<Value extends Json | undefined = Json | undefined> {
  readonly before: Value
  /** When `before` was written. */
  readonly part: Part
  readonly after: Value
  readonly now: Moment
}

type ObjectChange = Change<JsonObject>

/** Returns a part that lists as few members as it can, so that the stored document stays short. */
const compact = ({ at, whole }: Parts, members: Record<string, Part>, { after, now }: ObjectChange): Part => {
  let base = at
  const names = Object.keys(after)
  const unlisted = names.length - Object.keys(members).length
  if (whole === undefined && countWrittenAt(members, now) > unlisted) {
    for (const name of names) {
      const part = getKey(members, name)
      if (part === undefined) defineKey(members, name, base)
      else if (part === now) delete members[name]
    }
    base = now
  }
  const isEmpty = Object.keys(members).length === 0
  if (whole === undefined) return isEmpty ? base : { at: base, in: members }
  return isEmpty ? { at: base, whole } : { at: base, whole, in: members }
}

type ChangedMembers = ReadonlyArray<readonly [name: string, part: Part | undefined]>

/** Returns the part of an object after some members were written or removed. */
const withMembers = (changed: ChangedMembers, change: ObjectChange): Part => {
  const { part, after } = change
  const parts: Parts = typeof part === 'number' ? { at: part } : part
  // An emptied object is as old as its last member.
  if (parts.whole === undefined && isEmptyObject(after)) return latestOfPart(part)
  const members: Record<string, Part> = { ...parts.in }
  for (const [name, member] of changed) {
    if (member === undefined || isSameAs(member, parts.at, parts.whole === true)) delete members[name]
    else defineKey(members, name, member)
  }
  return compact(parts, members, change)
}

const memberChange = ({ before, part, after, now }: ObjectChange, name: string): Change => ({
  before: getKey(before, name),
  part: partOfMember(part, name),
  after: getKey(after, name),
  now
})

const isObjectChange = (change: Change): change is ObjectChange =>
  isJsonObject(change.before) && isJsonObject(change.after)

const mergedMembers = (mode: MergeMode, source: JsonObject, change: ObjectChange): Part =>
  withMembers(
    Object.keys(source).map((name) => {
      const value = source[name] as Json
      if (mode === 'Shallow') return [name, partOfPut(value, change.now)]
      if (!isJsonObject(value)) return [name, change.now]
      const member = memberChange(change, name)
      return [name, isObjectChange(member) ? mergedMembers(mode, value, member) : change.now]
    }),
    change
  )

const recordedMembers = (record: ReadonlyMap<string, Patch>, change: ObjectChange): Part =>
  withMembers(
    [...record].map(([name, patch]) => [name, partAfter(patch, memberChange(change, name))]),
    change
  )

/** Returns the part of an object after a patch; `undefined`: the patch replaces or deletes the object. */
const partOfChanged = ({ object: op }: Patch, change: ObjectChange): Part | undefined => {
  switch (op._tag) {
    case 'Keep':
      return change.part
    case 'Record':
      return recordedMembers(op.record, change)
    case 'Merge':
      return mergedMembers(op.mode, op.source, change)
    case 'Put':
    case 'Delete':
      return undefined
  }
}

const nothing: JsonObject = {}

/** Returns whether a patch does not write a value that is not an object. A removal from an array writes nothing. */
const keepsPart = ({ array, scalar }: Patch, before: Json | undefined): boolean =>
  isJsonArray(before)
    ? array._tag === 'Keep' || (array._tag === 'Edit' && array.steps.every(({ _tag }) => _tag === 'Remove'))
    : scalar._tag === 'Keep'

/** Returns the part of a value after a patch; `undefined`: the patch deletes it. */
const partAfter = (patch: Patch, change: Change): Part | undefined => {
  const { before, part, after, now } = change
  if (after === undefined) return undefined
  if (isJsonObject(before)) {
    return (isObjectChange(change) ? partOfChanged(patch, change) : undefined) ?? partOfPut(after, now)
  }
  if (keepsPart(patch, before)) return part
  // A merge creates an open object.
  const opened = isJsonObject(after) ? partOfChanged(patch, { before: nothing, part: now, after, now }) : undefined
  return opened ?? partOfPut(after, now)
}

/**
 * Returns whether each place of a merged object, at any depth, is also one of the source. It counts the members, because each
 * of the source is one of the object.
 */
const covers = (source: JsonObject, merged: JsonObject): boolean => {
  let unmatched = 0
  for (const name in source) {
    unmatched++
    const value = source[name] as Json
    const member = merged[name] as Json
    if (isJsonObject(value) && isJsonObject(member) && member !== value && !covers(value, member)) return false
  }
  for (const _ in merged) unmatched--
  return unmatched === 0
}

const hasObject = (source: JsonObject): boolean => {
  for (const name in source) if (isJsonObject(source[name])) return true
  return false
}

/**
 * Returns the part of the properties after a patch. A patch that replaces them leaves them open, because a replacement cannot
 * know the properties of another user point.
 *
 * @param change.before `{}` if the profile is new; then `part` is `now`.
 */
export const partOfProperties = (patch: Patch, change: ObjectChange): Part => {
  const { object: op } = patch
  const { part, after, now } = change
  // Nearly every line takes one of these two shortcuts.
  if (op._tag === 'Put') return now
  if (op._tag === 'Merge' && typeof part === 'number' && (op.mode !== 'Shallow' || !hasObject(op.source))) {
    if (op.source === after || covers(op.source, after)) return now
  }
  return partOfChanged(patch, change) ?? now
}
