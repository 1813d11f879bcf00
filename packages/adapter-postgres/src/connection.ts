/** Connections of a pool, and a bound for each wait: for a connection, and for the answer to a statement. */
import type { PostgresClient, PostgresPool, PostgresQueryable } from './postgres-pool.ts'

/** The error after the longest wait for a connection, or for an answer on a connection that may be dead. */
export class NoAnswer extends Error {
  override readonly name = 'NoAnswer'
}

/** A promise, and the longest wait for it. */
interface Wait<A> {
  readonly promise: Promise<A>
  readonly milliseconds: number
  readonly what: string
  /** Disposes of a result that comes too late. */
  readonly late?: (value: A) => void
}

/** Returns the result if it comes in time; else rejects with `NoAnswer`. */
const inTime = <A>({ promise, milliseconds, what, late }: Wait<A>): Promise<A> =>
  new Promise((resolve, reject) => {
    let isOver = false
    const giveUp = (): void => {
      isOver = true
      reject(new NoAnswer(`${what} within ${milliseconds} ms`))
    }
    // A process that was busy for long gets one more turn to read the answers that have arrived.
    let turn: NodeJS.Immediate | undefined
    const timer = setTimeout(() => {
      turn = setImmediate(giveUp)
    }, milliseconds)
    const end = (): void => {
      clearTimeout(timer)
      clearImmediate(turn)
    }
    promise.then(
      (value) => {
        end()
        if (isOver) late?.(value)
        else resolve(value)
      },
      (error: unknown) => {
        end()
        reject(error)
      }
    )
  })

/** Returns the same client, each of whose statements is answered in time or fails. */
export const bounded = (client: PostgresQueryable, milliseconds: number): PostgresQueryable => ({
  query: (text, values) =>
    inTime({ promise: client.query(text, values), milliseconds, what: 'the server did not answer' })
})

/** Connections of a pool, each wait for which, and on which, has a bound. */
export interface Connections {
  readonly pool: PostgresPool
  /** The longest wait for a connection, and for each answer, in milliseconds. */
  readonly answerTimeout: number
}

/** Returns the reason why a connection cannot be used after an error; `undefined`: it can. */
type Undo = (client: PostgresQueryable, error: unknown) => Promise<Error | undefined> | Error | undefined

const ignore = (): void => undefined

const known = new WeakSet<PostgresPool>()

/**
 * Lets no new connection of a pool end the process. A server that ends one in its first answer does so before `connect` has
 * resolved, where the pool listens no more and the caller not yet.
 */
const listenToConnections = (pool: PostgresPool): void => {
  if (known.has(pool)) return
  known.add(pool)
  pool.on?.('connect', (client) => client.on('error', ignore))
}

/**
 * Returns the result of `use` with a connection. If it throws, `undo` rolls its work back; if that fails, the connection is
 * closed.
 */
export const withClient = async <A>(
  { pool, answerTimeout }: Connections,
  use: (client: PostgresQueryable) => Promise<A>,
  undo: Undo
): Promise<A> => {
  listenToConnections(pool)
  const client: PostgresClient = await inTime({
    promise: pool.connect(),
    milliseconds: answerTimeout,
    what: 'the pool gave no connection',
    late: (connected) => connected.release()
  })
  // A lost connection also emits an error, besides the statement that fails; without a listener it would end the process.
  client.on('error', ignore)
  let broken: Error | undefined
  try {
    return await use(bounded(client, answerTimeout))
  } catch (error) {
    broken = await undo(client, error)
    throw error
  } finally {
    client.off('error', ignore)
    client.release(broken)
  }
}
