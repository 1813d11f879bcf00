import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { processIo } from '../src/io.ts'

const listeners = (): number => process.listenerCount('SIGHUP')

beforeEach(() => vi.useFakeTimers())
afterEach(() => vi.useRealTimers())

it('takes a signal that arrives twice for one, also if the work ends in between', () => {
  const before = listeners()
  const heard: string[] = []
  const stopListening = processIo.onStop((signal) => heard.push(signal))
  process.emit('SIGHUP', 'SIGHUP')
  stopListening()
  // Without a listener, the second signal would end the process.
  expect(listeners()).toBe(before + 1)
  process.emit('SIGHUP', 'SIGHUP')
  expect(heard).toEqual(['SIGHUP'])
  vi.advanceTimersByTime(1_000)
  expect(listeners()).toBe(before)
})

it('leaves the signals alone when the work has ended without one', () => {
  const before = listeners()
  processIo.onStop(() => undefined)()
  expect(listeners()).toBe(before)
})
