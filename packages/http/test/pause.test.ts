import { expect, it } from 'vitest'
import { pause } from '../src/pause.ts'

const compute = (milliseconds: number): void => {
  const until = performance.now() + milliseconds
  while (performance.now() < until);
}

it('[L-41] of many that wait for the event loop, each works in a turn of its own', async () => {
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
