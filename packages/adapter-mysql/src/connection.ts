/** Connections of a pool, and a bound for each wait: for a connection, and for the answer to a statement. */
import type { MysqlClient, MysqlPool, MysqlQueryable } from './mysql-pool.ts'

/** A wait that had to end: for a connection, or for an answer on one that may be dead. */
export class NoAnswer extends Error {
  override readonly name = 'NoAnswer'
}

/** A promise, and the longest wait for it. */
interface Wait<A> {
  readonly promise: Promise<A>
  readonly milliseconds: number
  readonly what: string
  /** Gives back what comes too late. */
  readonly late?: (value: A) => void
}

/** Returns what comes in time; else rejects with `NoAnswer`. */
const inTime = <A>({ promise, milliseconds, what, late }: Wait<A>): Promise<A> =>
  new Promise((resolve, reject) => {
    let isOver = false
    const giveUp = (): void => {
      isOver = true
      reject(new NoAnswer(`${what} within ${milliseconds} ms`))
    }
    // A process that was busy for long gets one more turn to read what has come meanwhile.
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
export const bounded = (client: MysqlQueryable, milliseconds: number): MysqlQueryable => {
  const what = 'the server did not answer'
  return {
    query: (text) => inTime({ promise: client.query(text), milliseconds, what }),
    execute: (text, values) => inTime({ promise: client.execute(text, values), milliseconds, what })
  }
}

/** Connections of a pool, each wait for which, and on which, has a bound. */
export interface Connections {
  readonly pool: MysqlPool
  /** The longest wait for a connection, and for each answer, in milliseconds. */
  readonly answerTimeout: number
}

/** Undoes what a failed use began; returns whether the connection is as good as before. */
type Undo = (client: MysqlQueryable, error: unknown) => Promise<boolean> | boolean

/**
 * Returns what `use` gives with a connection of its own. Where it throws, `undo` undoes what it began; a connection on which
 * that fails is closed.
 */
export const withClient = async <A>(
  { pool, answerTimeout }: Connections,
  use: (client: MysqlQueryable) => Promise<A>,
  undo: Undo
): Promise<A> => {
  const client: MysqlClient = await inTime({
    promise: pool.getConnection(),
    milliseconds: answerTimeout,
    what: 'the pool gave no connection',
    late: (connected) => connected.release()
  })
  let isGood = true
  try {
    return await use(bounded(client, answerTimeout))
  } catch (error) {
    isGood = await undo(client, error)
    throw error
  } finally {
    if (isGood) client.release()
    else client.destroy()
  }
}
