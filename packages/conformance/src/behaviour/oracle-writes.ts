/**
 * A profile as the list of its writes: repeating all writes in order gives its body. Joining two profiles concatenates their
 * lists. This is the oracle's own code; it uses nothing of core.
 */

/** A value that was written at a place. A write that is not `whole` only creates an object there, unless there is one. */
export interface Write {
  readonly path: ReadonlyArray<string>
  readonly value: unknown
  readonly whole: boolean
  /** The number of the step in the history. */
  readonly step: number
}

export const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

export const own = (object: object, name: string): unknown =>
  Object.hasOwn(object, name) ? Object(object)[name] : undefined

/** Returns the value at a place; `undefined` if the place is missing. */
export const valueAt = (value: unknown, path: ReadonlyArray<string>): unknown =>
  path.reduce((inner, name) => (isObject(inner) ? own(inner, name) : undefined), value)

/** Returns the object with a value at a place. Values on the way there that are not objects are replaced. */
const withValue = (object: unknown, [name, ...rest]: ReadonlyArray<string>, write: Write): unknown => {
  if (name === undefined) return write.whole || !isObject(object) ? write.value : object
  const base = isObject(object) ? object : {}
  return Object.fromEntries([
    ...Object.entries(base).filter(([each]) => each !== name),
    [name, withValue(own(base, name), rest, write)]
  ])
}

const inOrder = (writes: ReadonlyArray<Write>): ReadonlyArray<Write> => writes.toSorted((a, b) => a.step - b.step)

/** Returns the body that these writes make. */
export const bodyOf = (writes: ReadonlyArray<Write>): object =>
  inOrder(writes).reduce<unknown>((body, write) => withValue(body, write.path, write), {}) as object

/** Returns one write for each member. */
export const shallowWrites = (body: object, step: number): ReadonlyArray<Write> =>
  Object.entries(body).map(([name, value]) => ({ path: [name], value, whole: true, step }))

/** Returns one write for each value that is not an object, at any depth. `after` has the results of joined arrays. */
export const deepWrites = (
  body: unknown,
  after: unknown,
  step: number,
  path: ReadonlyArray<string> = []
): ReadonlyArray<Write> => {
  if (!isObject(body)) return [{ path, value: valueAt(after, path), whole: true, step }]
  const entries = Object.entries(body)
  if (entries.length === 0) return path.length === 0 ? [] : [{ path, value: {}, whole: false, step }]
  return entries.flatMap(([name, value]) => deepWrites(value, after, step, [...path, name]))
}

const begins = (path: ReadonlyArray<string>, other: ReadonlyArray<string>): boolean =>
  path.length <= other.length && path.every((name, i) => name === other[i])

/** Returns whether later writes replaced a write, or gave members to the object that it created. */
const isGone = (write: Write, after: ReadonlyArray<Write>): boolean =>
  after.some((later) =>
    begins(later.path, write.path)
      ? later.whole || (later.path.length === write.path.length && !isObject(write.value))
      : begins(write.path, later.path) && !isObject(write.value)
  )

/** The writes that still show. */
const standing = (writes: ReadonlyArray<Write>): ReadonlyArray<Write> => {
  const sorted = inOrder(writes)
  return sorted.filter((write, i) => !isGone(write, sorted.slice(i + 1)))
}

/** A value without what is not in another one; what is left of an array is what the other one has. */
const common = (value: unknown, rest: unknown): unknown => {
  if (!isObject(value) || !isObject(rest)) return Array.isArray(value) && Array.isArray(rest) ? rest : value
  return Object.fromEntries(
    Object.entries(value).flatMap(([name, each]) =>
      Object.hasOwn(rest, name) ? [[name, common(each, own(rest, name))]] : []
    )
  )
}

/** The writes of which something is left in a body from which something was removed. */
export const remaining = (writes: ReadonlyArray<Write>, rest: object): ReadonlyArray<Write> =>
  standing(writes).flatMap((write): ReadonlyArray<Write> => {
    const { path } = write
    const left = valueAt(rest, path)
    if (left !== undefined) return [write.whole ? { ...write, value: common(write.value, left) } : write]
    // An object that was emptied stays, and is as old as the last that was in it.
    return path.flatMap((_, n): ReadonlyArray<Write> => {
      const above = path.slice(0, n)
      return n > 0 && isObject(valueAt(rest, above)) ? [{ path: above, value: {}, whole: false, step: write.step }] : []
    })
  })

/** Counts the values of a body, at any depth, that another body does not have at the same place. */
export const countLost = (before: object, after: unknown): number =>
  Object.entries(before).reduce((count, [name, value]) => {
    const now = isObject(after) ? own(after, name) : undefined
    if (isObject(value) && Object.keys(value).length > 0) return count + countLost(value, now)
    if (now === undefined) return count + 1
    const isKept = isObject(value) ? isObject(now) : JSON.stringify(sorted(value)) === JSON.stringify(sorted(now))
    return count + (isKept ? 0 : 1)
  }, 0)

/** The same, with keys in one order, so that equal values have equal texts. */
const sorted = (value: unknown): unknown => {
  if (Array.isArray(value)) return ['array', value.map(sorted)]
  if (!isObject(value)) return value
  const entries = Object.keys(value)
    .sort()
    .map((name) => [name, sorted(own(value, name))])
  return ['object', entries]
}
