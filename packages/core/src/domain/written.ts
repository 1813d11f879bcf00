/**
 * When the parts of a profile were written. A profile that was written at one moment needs no more than that moment; only
 * what was written at another one is listed. An array and a scalar are written whole. An object is open or closed:
 *
 * - The members of an **open** one were written one by one, by a replacement of the whole profile, a deep merge, or an
 *   upsert of custom attributes. Members that were written elsewhere join them.
 * - A **closed** one was put as one value, by a shallow merge. Only members that were written later join it.
 */
import { defineKey, getKey, isJsonArray, isJsonObject, type Json, type JsonObject } from './json.ts'
import type { Moment } from './moment.ts'
import type { MergeMode, Patch } from './patch.ts'

/** When a value was written: at one moment, and open where it is an object; or in parts. */
export type Part = Moment | Parts

export type Parts = {
  /** The moment of everything that `in` does not list. */
  readonly at: Moment
  /** Whether the object is closed. */
  readonly whole?: true
  /** The members that were written otherwise. */
  readonly in?: { readonly [name: string]: Part }
}

/** When a value was written, without what was written in it later. */
export const momentOfPart = (part: Part): Moment => (typeof part === 'number' ? part : part.at)

/** The latest moment at which anything of a value was written. */
export const latestOfPart = (part: Part): Moment =>
  typeof part === 'number'
    ? part
    : Object.values(part.in ?? {}).reduce<Moment>((latest, member) => Math.max(latest, latestOfPart(member)), part.at)

export const isClosed = (part: Part): part is Parts => typeof part === 'object' && part.whole === true

/** When a member of an object was written. */
export const partOfMember = (part: Part, name: string): Part => {
  if (typeof part === 'number') return part
  if (part.in !== undefined && Object.hasOwn(part.in, name)) return part.in[name] as Part
  return part.whole === true ? { at: part.at, whole: true } : part.at
}

/** The part of a value that is put as one. */
const partOfPut = (value: Json, at: Moment): Part => (isJsonObject(value) ? { at, whole: true } : at)

const isSameAs = (part: Part, at: Moment, whole: boolean): boolean =>
  part === at || (whole && isClosed(part) && part.at === at && part.in === undefined)

const isEmptyObject = (object: JsonObject): boolean => Object.keys(object).length === 0

const countWrittenAt = (members: { readonly [name: string]: Part }, at: Moment): number =>
  Object.keys(members).filter((name) => members[name] === at).length

/** A part that lists as few members as it can, so that what is stored stays short. */
const compact = (
  object: JsonObject,
  { at, whole }: Pick<Parts, 'at' | 'whole'>,
  members: Record<string, Part>,
  now: Moment
): Part => {
  let base = at
  const names = Object.keys(object)
  const unlisted = names.length - Object.keys(members).length
  if (whole === undefined && countWrittenAt(members, now) > unlisted) {
    for (const name of names) {
      const part = getKey(members, name) as Part | undefined
      if (part === undefined) defineKey(members, name, base)
      else if (part === now) delete members[name]
    }
    base = now
  }
  const isEmpty = Object.keys(members).length === 0
  if (whole === undefined) return isEmpty ? base : { at: base, in: members }
  return isEmpty ? { at: base, whole } : { at: base, whole, in: members }
}

/** The part of an object some of whose members were written, or removed, at a moment. */
const withMembers = (
  object: JsonObject,
  part: Part,
  changed: ReadonlyArray<readonly [name: string, part: Part | undefined]>,
  now: Moment
): Part => {
  const { at, whole, in: before }: Parts = typeof part === 'number' ? { at: part } : part
  // What was emptied is as old as the last that was in it.
  if (whole === undefined && isEmptyObject(object)) return latestOfPart(part)
  const members: Record<string, Part> = { ...before }
  for (const [name, member] of changed) {
    if (member === undefined || isSameAs(member, at, whole === true)) delete members[name]
    else defineKey(members, name, member)
  }
  return compact(object, { at, ...(whole && { whole }) }, members, now)
}

const mergedMembers = (
  mode: MergeMode,
  source: JsonObject,
  before: JsonObject,
  after: JsonObject,
  part: Part,
  now: Moment
): Part =>
  withMembers(
    after,
    part,
    Object.keys(source).map((name) => {
      const value = source[name] as Json
      if (mode === 'Shallow') return [name, partOfPut(value, now)]
      if (!isJsonObject(value)) return [name, now]
      const old = getKey(before, name)
      const fresh = getKey(after, name)
      return isJsonObject(old) && isJsonObject(fresh)
        ? [name, mergedMembers(mode, value, old, fresh, partOfMember(part, name), now)]
        : [name, now]
    }),
    now
  )

const nothing: JsonObject = {}

const recordedMembers = (
  record: ReadonlyMap<string, Patch>,
  before: JsonObject,
  after: JsonObject,
  part: Part,
  now: Moment
): Part =>
  withMembers(
    after,
    part,
    [...record].map(([name, patch]) => [
      name,
      writtenBy(patch, getKey(before, name), partOfMember(part, name), getKey(after, name), now)
    ]),
    now
  )

/** The part of an object that a patch made of another one; `undefined`: the patch puts or deletes it as a whole. */
const changedObject = (
  { object: op }: Patch,
  before: JsonObject,
  after: JsonObject,
  part: Part,
  now: Moment
): Part | undefined => {
  switch (op._tag) {
    case 'Keep':
      return part
    case 'Record':
      return recordedMembers(op.record, before, after, part, now)
    case 'Merge':
      return mergedMembers(op.mode, op.source, before, after, part, now)
    case 'Put':
    case 'Delete':
      return undefined
  }
}

/** When what a patch made of a value was written; `undefined`: nothing is left of it. */
const writtenBy = (
  patch: Patch,
  before: Json | undefined,
  part: Part,
  after: Json | undefined,
  now: Moment
): Part | undefined => {
  if (after === undefined) return undefined
  if (isJsonObject(before)) {
    const changed = isJsonObject(after) ? changedObject(patch, before, after, part, now) : undefined
    return changed ?? partOfPut(after, now)
  }
  if (isJsonArray(before)) {
    if (patch.array._tag === 'Keep') return part
    // A removal takes from what is there, and writes nothing.
    if (patch.array._tag === 'Edit' && patch.array.steps.every(({ _tag }) => _tag === 'Remove')) return part
  } else if (patch.scalar._tag === 'Keep') return part
  // What merges into an object starts an open one where there is none.
  const opened = isJsonObject(after) ? changedObject(patch, nothing, after, now, now) : undefined
  return opened ?? partOfPut(after, now)
}

/** Holds where every place of the object, at any depth, is one of the source too. */
const covers = (source: JsonObject, object: JsonObject): boolean => {
  for (const name in object) {
    const value = getKey(source, name)
    if (value === undefined) return false
    const member = object[name] as Json
    if (isJsonObject(member) && isJsonObject(value) && member !== value && !covers(value, member)) return false
  }
  return true
}

const hasObject = (source: JsonObject): boolean => {
  for (const name in source) if (isJsonObject(source[name])) return true
  return false
}

/**
 * When the properties that a patch made of others were written. A patch that replaces them leaves them open: the law of
 * joining carries over what a replacement cannot have known.
 *
 * @param before `{}` where there were none; `part` is then `now`.
 */
export const writtenProperties = (
  patch: Patch,
  before: JsonObject,
  part: Part,
  after: JsonObject,
  now: Moment
): Part => {
  const { object: op } = patch
  // Nearly every line is one of these.
  if (op._tag === 'Put') return now
  if (op._tag === 'Merge' && typeof part === 'number' && (op.mode !== 'Shallow' || !hasObject(op.source))) {
    if (op.source === after || covers(op.source, after)) return now
  }
  return changedObject(patch, before, after, part, now) ?? now
}
