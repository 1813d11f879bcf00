/**
 * Loaded into the server: measures the longest turn of its event loop, in processor time of its main thread. What other
 * processes do does not change that. Only Linux tells it; elsewhere nothing is measured.
 */
import { readFileSync } from 'node:fs'
import { isMainThread } from 'node:worker_threads'

const path = `/proc/self/task/${process.pid}/schedstat`

/** Returns the milliseconds that this thread has computed. */
const spent = (): number => Number(readFileSync(path, 'utf8').split(' ')[0]) / 1e6

if (isMainThread && process.platform === 'linux' && process.send !== undefined) {
  let longest = 0
  let last = spent()
  setInterval(() => {
    const now = spent()
    longest = Math.max(longest, now - last)
    last = now
  }, 2).unref()
  process.on('message', () => {
    process.send?.(longest)
    longest = 0
  })
  // The server ends when it has nothing else to do.
  process.channel?.unref()
}
