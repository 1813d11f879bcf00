/** A check of lists: no two elements may be the same. */
import type { z } from 'zod'

/** Returns the list with a check: an element with the key of an earlier one is refused. */
export const refuseRepeated = <List extends z.ZodType<ReadonlyArray<unknown>>>(
  list: List,
  keyOf: (element: z.output<List>[number]) => string
): List =>
  list.check(({ value, issues }) => {
    const seen = new Set<string>()
    for (const [at, element] of value.entries()) {
      const key = keyOf(element)
      // The input is left out: it may be a token.
      if (seen.has(key))
        issues.push({
          code: 'custom',
          input: undefined,
          path: [at],
          params: { repeated: true },
          message: 'no element twice'
        })
      seen.add(key)
    }
  })
