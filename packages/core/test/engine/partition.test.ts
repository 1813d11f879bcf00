import fc from 'fast-check'
import { describe } from 'vitest'
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

const numbers = (count: number): ReadonlyArray<number> => Array.from({ length: count }, (_, n) => n)

describe('lines that are divided among workers', () => {
  law('[L-32] are in one group exactly where keys connect them', keys, (all) => {
    const groups = groupsOf(all)
    const lines = numbers(all.length)
    return lines.every((n) => {
      const friends = friendsOf(all, n)
      return lines.every((other) => (groups[n] === groups[other]) === friends.has(other))
    })
  })

  law('are in groups that are numbered by their first lines', keys, (all) =>
    [...new Set(groupsOf(all))].every((group, n) => group === n)
  )

  law(
    'are dealt by whole groups, no worker more than one group ahead of another',
    fc.tuple(keys, fc.integer({ min: 1, max: 5 })),
    ([all, workers]) => {
      const groups = groupsOf(all)
      const dealt = deal(groups, workers)
      const size = (wanted: (group: number) => boolean): number => groups.filter(wanted).length
      const loads = numbers(workers).map((worker) => size((group) => dealt[group] === worker))
      const largest = Math.max(0, ...dealt.map((_, group) => size((each) => each === group)))
      return dealt.length === new Set(groups).size && Math.max(...loads) - Math.min(...loads) <= largest
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
      return numbers(touched.length).every(
        (group) => left.has(group) === new Set([...friendsOf(touched, group)].map((friend) => dealt[friend])).size > 1
      )
    }
  )
})
