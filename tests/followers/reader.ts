/** `reader.ts <place> <mirror file>`, or `reader.ts <place>` for the counter: follows the changes until its parent says `finish`. */
import { setImmediate } from 'node:timers/promises'
import { type Change, FeedFault } from '@userpoint/core/feed'
import { StoreFault } from '@userpoint/core/repository'
import { openMirror } from './mirror.ts'
import { openStore, type Place } from './store.ts'

const [place = '', file] = process.argv.slice(2)
const { engine, count, close } = await openStore(JSON.parse(place) as Place)
const mirror = file === undefined ? undefined : openMirror(file)
const finishing = new AbortController()
process.on('message', () => finishing.abort())
process.send?.('started')

const take = async (change: Change): Promise<void> => {
  if (mirror === undefined) return count(change)
  mirror.apply(change)
  return change.acknowledge()
}

/** A reader that was killed may still have had a transaction, and a store may be busy: begin again then. */
const mayGoOn = (error: unknown): boolean =>
  (error instanceof FeedFault && error.code === 'CONSUMER_TAKEN') || error instanceof StoreFault

const consumer = mirror === undefined ? 'counter' : 'mirror'
for (let isLast = false; !isLast; ) {
  isLast = finishing.signal.aborted
  const { signal } = finishing
  const reading = isLast ? ({ atEnd: 'stop' } as const) : { signal, pause: 20 }
  try {
    for await (const change of engine.changes({ consumer, ...reading })) {
      await take(change)
      // A store in this thread would not let this process hear its parent.
      await setImmediate()
    }
  } catch (error) {
    if (!mayGoOn(error)) throw error
    isLast = false
  }
}
mirror?.close()
await close()
process.disconnect?.()
