import { expect, it, vi } from 'vitest'
import type { Pause } from '../src/pause.ts'

/** A pause that no other test has used, for example with another clock. */
const ownPause = async (): Promise<Pause> => {
  vi.resetModules()
  return (await import('../src/pause.ts')).pause
}

const compute = (milliseconds: number): void => {
  const until = performance.now() + milliseconds
  while (performance.now() < until);
}

it('[L-41] of many that wait for the event loop, each works in a turn of its own', async () => {
  const pause = await ownPause()
  let turn = 0
  let isOver = false
  const count = (): void => {
    turn++
    if (!isOver) setImmediate(count)
  }
  setImmediate(count)
  compute(20)
  const turns = await Promise.all(
    Array.from({ length: 5 }, async () => {
      const waiting = pause()
      expect(waiting).toBeDefined()
      await waiting
      const own = turn
      // Longer than anything may work without a pause.
      compute(20)
      return own
    })
  )
  isOver = true
  expect(new Set(turns).size).toBe(5)
  expect(pause()).toBeDefined()
})
