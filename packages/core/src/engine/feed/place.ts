/**
 * Places: the last change that a consumer has, as text, for consumers that another process answers. A place names what was
 * delivered since the last acknowledgement, and no more, so it is short and an old one does no harm.
 */
import type { Entry } from './entries.ts'
import type { Mark, Marks } from './feed-state.ts'

/** The progress of a consumer. */
export interface Cursor {
  /** The last entry of each writer that it has acknowledged as a whole. */
  readonly marks: Marks
  /** The number of changes that it has acknowledged of the entry after the mark of one writer. */
  readonly part?: { readonly writer: string; readonly number: number; readonly changes: number }
  /** The id of the last person of the snapshot that it has acknowledged, or `''`; absent: it has them all. */
  readonly snapshot?: string
}

/** A change, or a presence, that was delivered. */
export type Delivered =
  | { readonly _tag: 'Presence'; readonly id: string }
  | { readonly _tag: 'SnapshotEnded' }
  | { readonly _tag: 'Change'; readonly entry: Entry; readonly index: number }

/** A cursor that is being moved. */
export interface Moving {
  readonly marks: Map<string, Mark>
  part: Cursor['part'] | undefined
  snapshot: Cursor['snapshot'] | undefined
}

/** Returns whether a delivery is the last one of its entry. Only then a cursor has another mark. */
export const endsEntry = (delivered: Delivered): boolean =>
  delivered._tag === 'Change' && delivered.index + 1 >= delivered.entry.people.length

/** Moves a cursor behind a delivery. */
export const moveBehind = (moving: Moving, delivered: Delivered): void => {
  moving.snapshot = delivered._tag === 'Presence' ? delivered.id : undefined
  moving.part = undefined
  if (delivered._tag !== 'Change') return
  const { entry, index } = delivered
  const { writer, number, at } = entry
  if (endsEntry(delivered)) moving.marks.set(writer, [number, at])
  else moving.part = { writer, number, changes: index + 1 }
}

export const cursorOf = ({ marks, part, snapshot }: Moving): Cursor => ({
  marks: Object.fromEntries(marks),
  ...(part !== undefined && { part }),
  ...(snapshot !== undefined && { snapshot })
})

/** The part of a cursor that a consumer has gained since its last acknowledgement. */
export interface Place extends Cursor {
  /** The document of the consumer, which a consumer that begins anew does not have. */
  readonly document: string
}

export const placeText = ({ document, marks, part, snapshot }: Place): string =>
  encodeURIComponent(JSON.stringify({ document, marks, part, snapshot }))

const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const isMark = (value: unknown): value is Mark =>
  Array.isArray(value) && value.length === 2 && isCount(value[0]) && Number.isFinite(value[1])

const isPart = (value: unknown): value is NonNullable<Cursor['part']> =>
  isObject(value) && typeof value['writer'] === 'string' && isCount(value['number']) && isCount(value['changes'])

const isPlace = (value: unknown): boolean =>
  isObject(value) &&
  typeof value['document'] === 'string' &&
  isObject(value['marks']) &&
  Object.values(value['marks']).every(isMark) &&
  (value['part'] === undefined || isPart(value['part'])) &&
  (value['snapshot'] === undefined || typeof value['snapshot'] === 'string')

/** Returns the place of a text; `undefined`: the text is not the place of a change. */
export const parsePlace = (text: string): Place | undefined => {
  try {
    const value: unknown = JSON.parse(decodeURIComponent(text))
    return isPlace(value) ? (value as Place) : undefined
  } catch {
    return undefined
  }
}

const later = (
  marks: ReadonlyMap<string, Mark>,
  one: Cursor['part'],
  other: Cursor['part']
): Cursor['part'] | undefined => {
  const [first, second] = [one, other].filter((part) => part && part.number > (marks.get(part.writer)?.[0] ?? -1))
  return first !== undefined && second !== undefined && second.changes > first.changes ? second : (first ?? second)
}

/** Returns a cursor that has also what a place has. `now` bounds the times of its marks. */
export const cursorBehind = (cursor: Cursor, place: Place, now: number): Cursor => {
  const marks = new Map<string, Mark>(Object.entries(cursor.marks))
  for (const [writer, [number, at]] of Object.entries(place.marks))
    if (number > (marks.get(writer)?.[0] ?? -1)) marks.set(writer, [number, Math.min(at, now)])
  const { snapshot: had } = cursor
  const { snapshot: has } = place
  const snapshot = had === undefined || has === undefined ? undefined : has > had ? has : had
  return cursorOf({ marks, part: later(marks, cursor.part, place.part), snapshot })
}
