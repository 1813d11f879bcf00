/**
 * Joins the properties of two profiles: repeats all writes to either of them in the order of their moments. So the moment of
 * a merge does not matter.
 */
import { defineKey, equalsJson, getKey, isJsonObject, type Json, type JsonObject } from './json.ts'
import type { Moment } from './moment.ts'
import type { WrittenProperties } from './profile.ts'
import { isClosed, momentOfPart, type Part, partOfMember } from './written.ts'

/** A value that another value replaced in a merge. */
export interface LostValue {
  readonly path: ReadonlyArray<string | number>
  readonly value: Json
}

/** One write of a value. `Open`: an empty object, to which earlier writes may have added members. */
interface Write {
  readonly _tag: 'Whole' | 'Open'
  readonly path: ReadonlyArray<string>
  readonly value: Json
  readonly at: Moment
}

const withoutMembers = (object: JsonObject, names: JsonObject): JsonObject => {
  const rest: Record<string, Json> = {}
  for (const name of Object.keys(object)) {
    if (!Object.hasOwn(names, name)) defineKey(rest, name, object[name] as Json)
  }
  return rest
}

/** Adds the writes that made a value, each object before its members. */
const addWrites = (
  { value, part }: { readonly value: Json; readonly part: Part },
  path: ReadonlyArray<string>,
  writes: Write[]
): void => {
  const at = momentOfPart(part)
  if (!isJsonObject(value)) {
    writes.push({ _tag: 'Whole', path, value, at })
    return
  }
  const addMembers = (names: ReadonlyArray<string>): void => {
    for (const name of names) {
      addWrites({ value: value[name] as Json, part: partOfMember(part, name) }, [...path, name], writes)
    }
  }
  if (isClosed(part)) {
    const later = (part.in ?? {}) as JsonObject
    writes.push({ _tag: 'Whole', path, value: withoutMembers(value, later), at })
    addMembers(Object.keys(later).filter((name) => Object.hasOwn(value, name)))
    return
  }
  const names = Object.keys(value)
  if (names.length === 0 && path.length > 0) writes.push({ _tag: 'Open', path, value, at })
  addMembers(names)
}

/** A place that is being written: a value and the later writes in it, or, without a value, an open object. */
interface Place {
  readonly at: Moment
  readonly value?: Json
  readonly members: Map<string, Place>
}

const openPlace = (at: Moment): Place => ({ at, members: new Map() })

/** Returns the place of a member that can have members itself. */
const innerPlace = (place: Place, name: string, at: Moment): Place => {
  const known = place.members.get(name)
  const own = isJsonObject(place.value) ? getKey(place.value, name) : undefined
  const member = known ?? (own === undefined ? undefined : { at: place.at, value: own, members: new Map() })
  // Members that are written later replace a value that is not an object.
  const isOpen = member !== undefined && (member.value === undefined || isJsonObject(member.value))
  const inner = isOpen ? member : openPlace(at)
  if (inner !== known) place.members.set(name, inner)
  return inner
}

const write = (root: Place, { _tag, path, value, at }: Write): void => {
  const [last] = path.slice(-1)
  if (last === undefined) return
  const place = path.slice(0, -1).reduce((inner, name) => innerPlace(inner, name, at), root)
  if (_tag === 'Open') innerPlace(place, last, at)
  else place.members.set(last, { at, value, members: new Map() })
}

const mostFrequent = (parts: ReadonlyArray<Part>): Moment | undefined => {
  const counts = new Map<Moment, number>()
  for (const part of parts) if (typeof part === 'number') counts.set(part, (counts.get(part) ?? 0) + 1)
  return [...counts].sort(([, a], [, b]) => b - a)[0]?.[0]
}

/** Returns the value at a place, and when it was written. */
const resultOf = ({ at, value, members }: Place): { readonly value: Json; readonly part: Part } => {
  if (value !== undefined && !isJsonObject(value)) return { value, part: at }
  const object: Record<string, Json> = { ...value }
  const parts = new Map<string, Part>()
  for (const [name, member] of members) {
    const result = resultOf(member)
    defineKey(object, name, result.value)
    parts.set(name, result.part)
  }
  const base = value === undefined ? (mostFrequent([...parts.values()]) ?? at) : at
  const listed: Record<string, Json> = {}
  for (const [name, part] of parts) {
    if (part !== base || value !== undefined) defineKey(listed, name, part)
  }
  const isPlain = Object.keys(listed).length === 0
  const inside = isPlain ? {} : { in: listed as unknown as { readonly [name: string]: Part } }
  if (value !== undefined) return { value: object, part: { at: base, whole: true, ...inside } }
  return { value: object, part: isPlain ? base : { at: base, ...inside } }
}

const isLeaf = (value: Json): boolean => !isJsonObject(value) || Object.keys(value).length === 0

/** Returns the values of an object, at any depth, that another object does not have at the same place. */
export const lostValues = (
  before: JsonObject,
  after: Json | undefined,
  path: ReadonlyArray<string> = []
): ReadonlyArray<LostValue> =>
  Object.keys(before).flatMap((name): ReadonlyArray<LostValue> => {
    const value = before[name] as Json
    const now = isJsonObject(after) ? getKey(after, name) : undefined
    const place = [...path, name]
    if (!isLeaf(value)) return lostValues(value as JsonObject, now, place)
    const isKept = now !== undefined && (equalsJson(value, now) || (isJsonObject(value) && isJsonObject(now)))
    return isKept ? [] : [{ path: place, value }]
  })

export interface JoinedProperties extends WrittenProperties {
  readonly lost: ReadonlyArray<LostValue>
}

/** Joins the properties of two profiles, and returns the lost values too. The survivor wins a tie. */
export const joinProperties = (survivor: WrittenProperties, other: WrittenProperties): JoinedProperties => {
  const writes: Write[] = []
  for (const { properties, part } of [other, survivor]) addWrites({ value: properties, part }, [], writes)
  // The sort is stable: within one moment the survivor's writes come last, and an object comes before its members.
  const inOrder = writes.toSorted((a, b) => a.at - b.at)
  const root = openPlace(Math.max(momentOfPart(survivor.part), momentOfPart(other.part)))
  for (const each of inOrder) write(root, each)
  const { value, part } = resultOf(root)
  const properties = value as JsonObject
  const lost = [survivor, other].flatMap((each) => lostValues(each.properties, properties))
  return { properties, part, lost }
}
