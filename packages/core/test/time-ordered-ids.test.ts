import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createTimeOrderedIds } from '../src/time-ordered-ids.ts'
import { law } from './laws/law.ts'

const uuidV7 = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/

const fillRandom = (bytes: Uint8Array) => crypto.getRandomValues(bytes)

/** Returns a clock that gives these times in turn, and then the last one. */
const clockOf = (times: ReadonlyArray<number>) => {
  let at = 0
  return () => times[Math.min(at++, times.length - 1)] as number
}

const millisecondOf = (id: string): number => Number.parseInt(id.slice(0, 8) + id.slice(9, 13), 16)

// A clock may stand still, go back, jump, and have fractions.
const times = fc.array(fc.oneof(fc.nat({ max: 3 }), fc.double({ min: 0, max: 2 ** 48 - 10_000, noNaN: true })), {
  minLength: 1,
  maxLength: 50
})

describe('time-ordered ids', () => {
  law(
    'ascend strictly and are UUIDs of version 7, with any clock and any random bytes',
    fc.tuple(times, fc.nat({ max: 255 }), fc.nat({ max: 200 })),
    ([clock, random, more]) => {
      const newId = createTimeOrderedIds({ clock: clockOf(clock), fillRandom: (bytes) => bytes.fill(random) })
      let last = ''
      for (let i = 0; i < clock.length + more; i++) {
        const id = newId()
        if (!uuidV7.test(id) || id <= last) return false
        last = id
      }
      return true
    }
  )

  it('ascend over many milliseconds while the clock stands still', () => {
    const newId = createTimeOrderedIds({ clock: () => 7, fillRandom })
    const ids = Array.from({ length: 10_000 }, newId)
    expect(ids).toEqual([...new Set(ids)].sort())
    expect(millisecondOf(ids.at(-1) as string)).toBe(9)
  })

  it('have the time of the clock', () => {
    const newId = createTimeOrderedIds({ clock: () => 1_767_225_600_123.9, fillRandom })
    expect(millisecondOf(newId())).toBe(1_767_225_600_123)
  })

  it('ask for random bytes once for hundreds, and use none of them twice', () => {
    let asked = 0
    const newId = createTimeOrderedIds({
      clock: () => 7,
      fillRandom: (bytes) => {
        asked++
        fillRandom(bytes)
      }
    })
    const randoms = Array.from({ length: 3_000 }, () => newId().slice(20))
    expect(new Set(randoms).size).toBe(randoms.length)
    expect(asked).toBe(Math.ceil(randoms.length / 1_024))
  })

  it('use every random bit', () => {
    const digits = new Map<string, Set<string>>()
    const newId = createTimeOrderedIds({ clock: () => 7, fillRandom })
    for (let i = 0; i < 2_000; i++) {
      const random = newId().slice(19).replace('-', '')
      for (const [at, digit] of [...random].entries()) {
        digits.set(`${at}`, (digits.get(`${at}`) ?? new Set()).add(digit))
      }
    }
    const [variant, ...others] = [...digits.values()].map(({ size }) => size)
    expect(variant).toBe(4)
    expect(others).toEqual(others.map(() => 16))
  })
})
