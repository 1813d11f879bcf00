/** Differences: what changed between two JSON values, place by place, for people to read before it happens. */
import { equalsJson, getKey, isJsonArray, isJsonObject, type Json } from './json.ts'

/** One place that changed. `before` is absent if the place is new, `after` if it is deleted. */
export interface Difference {
  /** Keys and positions, from the outside in. */
  readonly path: ReadonlyArray<string | number>
  readonly before?: Json
  readonly after?: Json
}

const leaf = (path: ReadonlyArray<string | number>, before: Json | undefined, after: Json | undefined): Difference => ({
  path,
  ...(before !== undefined && { before }),
  ...(after !== undefined && { after })
})

/**
 * Returns every place where two values differ; empty exactly if they are equal. Objects are compared key by key, and arrays
 * of one length element by element. Other arrays are compared as a whole: after an insertion every element would differ.
 */
export const differences = (
  before: Json | undefined,
  after: Json | undefined,
  path: ReadonlyArray<string | number> = []
): ReadonlyArray<Difference> => {
  if (before === after || (before !== undefined && after !== undefined && equalsJson(before, after))) return []
  if (isJsonObject(before) && isJsonObject(after)) {
    const keys = new Set([...Object.keys(before), ...Object.keys(after)])
    return [...keys].flatMap((key) => differences(getKey(before, key), getKey(after, key), [...path, key]))
  }
  if (isJsonArray(before) && isJsonArray(after) && before.length === after.length) {
    return before.flatMap((element, i) => differences(element, after[i], [...path, i]))
  }
  return [leaf(path, before, after)]
}
