/** The changes of a datamart as Server-Sent Events, for consumers that read them over HTTP. */
import { type Change, type ChangesOptions, FeedFault } from '@userpoint/core/feed'
import { encodeChange } from '@userpoint/core/mediarithmics'
import type { Datamart } from '../context.ts'
import { within } from '../timers.ts'
import { answer, Problem } from './envelope.ts'

/** The streams of one datamart at a time. */
const mostStreams = 16
/** A longer stream ends, and its reader says in the next request what it had. */
const mostChanges = 5_000
const longestStream = 300_000
// Servers and proxies accept headers of 8 KiB or more.
const longestPlace = 4_096
const betweenHeartbeats = 15_000
const betweenLooks = 1_000

export interface StreamRequest extends Pick<ChangesOptions, 'consumer' | 'acknowledged' | 'beginning'> {
  /** `HEAD` has no body, so nothing is read for it. */
  readonly hasBody: boolean
}

/** Returns an event that no handler of messages sees. */
const faultEvent = (error: unknown): string => {
  const code = error instanceof FeedFault ? error.code : 'STORE_FAILED'
  return `event: fault\ndata: ${JSON.stringify({ code })}\n\n`
}

const problemOf = (error: unknown): Problem => {
  // The client gave the place in this header.
  if (error instanceof TypeError)
    return new Problem('BAD_REQUEST', error.message.replace(/^acknowledged\b/, 'Last-Event-ID'))
  return new Problem(error instanceof FeedFault && error.code === 'CHANGES_LOST' ? 'CHANGES_LOST' : 'STORE_FAILED')
}

async function* events(
  first: Promise<IteratorResult<Change, void>>,
  changes: AsyncGenerator<Change, void, undefined>
): AsyncGenerator<string, void, undefined> {
  yield 'retry: 1000\n\n'
  let next = first
  try {
    for (let told = 0; told < mostChanges; ) {
      const outcome = await within<IteratorResult<Change, void> | 'silence'>(next, betweenHeartbeats, () => 'silence')
      if (outcome === 'silence') {
        yield ': waiting\n\n'
        continue
      }
      if (outcome.done === true) return
      const place = outcome.value.place()
      yield `id: ${place}\ndata: ${JSON.stringify(encodeChange(outcome.value))}\n\n`
      if (place.length > longestPlace) return
      told++
      next = changes.next()
      next.catch(() => undefined)
    }
  } catch (error) {
    yield faultEvent(error)
  }
}

/** Returns the lines as a body. A reader that has not read on by the deadline is cut off. */
const bodyOf = (
  lines: AsyncGenerator<string, void, undefined>,
  { deadline, ended }: { readonly deadline: AbortSignal; readonly ended: () => void }
): ReadableStream<Uint8Array> => {
  const encoder = new TextEncoder()
  let isPulled = false
  return new ReadableStream<Uint8Array>(
    {
      start: (controller) => {
        deadline.addEventListener('abort', () => {
          if (!isPulled) controller.error(new Error('the reader of the changes does not read on'))
          ended()
        })
      },
      pull: async (controller) => {
        isPulled = true
        const { done, value } = await lines.next()
        isPulled = false
        if (done !== true) return controller.enqueue(encoder.encode(value))
        controller.close()
        ended()
      },
      cancel: ended
    },
    { highWaterMark: 0 }
  )
}

/** Makes a reading that is not begun, which takes the consumer from no other reader. @throws Problem if a name is wrong. */
const demandReading = ({ engine }: Datamart, reading: ChangesOptions): void => {
  try {
    engine.changes(reading)
  } catch (error) {
    throw problemOf(error)
  }
}

/** The streams of changes that a handler has open. */
export class ChangeStreams {
  readonly #open = new Map<string, Set<AbortController>>()

  /** @throws Problem if the feed is off, the consumer cannot go on, or too many streams are open. */
  async answer(datamart: Datamart, { hasBody, ...reading }: StreamRequest): Promise<Response> {
    const headers = { 'content-type': 'text/event-stream', 'x-accel-buffering': 'no' }
    if (!datamart.hasFeed) throw new Problem('FEED_OFF')
    const open = this.#open.get(datamart.id) ?? new Set()
    if (open.size >= mostStreams) throw new Problem('TOO_MANY_REQUESTS')
    if (!hasBody) {
      demandReading(datamart, reading)
      return new Response(null, { headers })
    }
    const deadline = new AbortController()
    this.#open.set(datamart.id, open.add(deadline))
    const timer = setTimeout(() => deadline.abort(), longestStream)
    const ended = (): void => {
      if (!open.delete(deadline)) return
      clearTimeout(timer)
      deadline.abort()
      // What this consumer had may be dropped now, identifiers among it.
      datamart.purgeLater()
    }
    try {
      const lines = await this.#begin(datamart, { ...reading, signal: deadline.signal, pause: betweenLooks })
      return new Response(bodyOf(lines, { deadline: deadline.signal, ended }), { headers })
    } catch (error) {
      ended()
      throw problemOf(error)
    }
  }

  /** Returns the lines once the reader continues the consumer, so that a consumer that cannot go on has a status. */
  async #begin(datamart: Datamart, reading: ChangesOptions): Promise<AsyncGenerator<string, void, undefined>> {
    let onTaken = (): void => undefined
    const taken = new Promise<void>((resolve) => {
      onTaken = resolve
    })
    const changes = datamart.engine.changes({ ...reading, onTaken })
    const first = changes.next()
    // It is awaited later, or not at all if the reader goes away.
    first.catch(() => undefined)
    await Promise.race([taken, first])
    return events(first, changes)
  }

  /** Ends all streams. */
  stop(): void {
    for (const open of this.#open.values()) for (const deadline of open) deadline.abort()
  }
}

/** Forgets a consumer. @throws Problem if it is unknown. */
export const forgetConsumer = async ({ engine }: Datamart, consumer: string): Promise<Response> => {
  const forgotten = await engine.forgetConsumer(consumer)
  if (forgotten._tag === 'Left') throw new Problem('STORE_FAILED')
  if (!forgotten.right) throw new Problem('NOT_FOUND')
  return answer({ consumer })
}
