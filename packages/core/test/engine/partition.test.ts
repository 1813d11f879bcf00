import fc from 'fast-check'
import { describe, expect } from 'vitest'
import { deal, groupsOf, meetings } from '../../src/engine/partition.ts'
import { law } from '../laws/law.ts'

const keys = fc.array(
  fc.array(fc.constantFrom('', 'a', 'b', 'c', 'd', 'e', '__proto__', 'constructor'), { maxLength: 3 }),
  {
    maxLength: 12
  }
)

/** Which of these are connected, the slow way: whoever shares a key with a friend is a friend. */
const friendsOf = (all: ReadonlyArray<ReadonlyArray<string>>, n: number): ReadonlySet<number> => {
  const friends = new Set([n])
  for (;;) {
    const more = all.flatMap((each, other) =>
      !friends.has(other) && [...friends].some((friend) => all[friend]?.some((key) => each.includes(key)))
        ? [other]
        : []
    )
    if (more.length === 0) return friends
    for (const other of more) friends.add(other)
  }
}

describe('lines that are divided among workers', () => {
  law('[L-32] are in one group exactly where keys connect them', keys, (all) => {
    const groups = groupsOf(all)
    all.forEach((_, n) => {
      const friends = friendsOf(all, n)
      all.forEach((__, other) => expect(groups[n] === groups[other]).toBe(friends.has(other)))
    })
    // Numbered from 0 by their first lines.
    expect([...new Set(groups)]).toEqual([...new Set(groups)].map((_, group) => group))
  })

  law(
    'are dealt by whole groups, no worker more than one group ahead of another',
    fc.tuple(keys, fc.integer({ min: 1, max: 5 })),
    ([all, workers]) => {
      const groups = groupsOf(all)
      const dealt = deal(groups, workers)
      expect(dealt).toHaveLength(new Set(groups).size)
      const loads = Array.from(
        { length: workers },
        (_, worker) => groups.filter((group) => dealt[group] === worker).length
      )
      const largest = Math.max(0, ...dealt.map((_, group) => groups.filter((each) => each === group).length))
      expect(Math.max(...loads) - Math.min(...loads)).toBeLessThanOrEqual(largest)
    }
  )

  law(
    '[L-32] are left to the run where documents connect them with those of another worker, and only there',
    keys.chain((touched) =>
      fc.tuple(
        fc.constant(touched),
        fc.array(fc.integer({ min: 0, max: 2 }), { minLength: touched.length, maxLength: touched.length })
      )
    ),
    ([touched, dealt]) => {
      const left = meetings(dealt, touched)
      touched.forEach((_, group) => {
        const workers = new Set([...friendsOf(touched, group)].map((friend) => dealt[friend]))
        expect(left.has(group)).toBe(workers.size > 1)
      })
    }
  )
})
