/** The parent's side of a process that serves a store. */
import { StoreFault, type Manifest, type Repository } from '@userpoint/core/repository'
import type { StoreProcess } from '../harness.ts'
import { type Answer, type Call, openReply, seal, type Thrown } from './protocol.ts'
import { pause, turn } from './turn.ts'

/** The moment of a kill: after a number of acknowledgements, a time, and a number of turns of the parent. */
export interface Moment {
  readonly answers: number
  readonly milliseconds: number
  readonly turns: number
}

/** A store in another process. */
export interface RemoteStore {
  /** A handle whose calls run in the process. They throw if the process ends before it answers. */
  readonly repository: Repository
  /**
   * Lets the process commit the numbered batches after the given one as fast as possible, and kills it at the given moment.
   *
   * @returns The number of the last acknowledged batch. Rejects if a batch does not land.
   */
  readonly workUntilKilled: (after: number, moment: Moment) => Promise<number>
  /** Kills the process and waits for its end. */
  readonly kill: () => Promise<void>
}

const longestWait = 30_000

/** Returns the result of a promise, or rejects after half a minute. */
const inTime = async <A>(promise: Promise<A>, what: string): Promise<A> => {
  let timer: ReturnType<typeof setTimeout> | undefined
  const tooLate = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${what} within ${longestWait / 1_000} seconds`)), longestWait)
  })
  try {
    return await Promise.race([promise, tooLate])
  } finally {
    clearTimeout(timer)
  }
}

/** Returns the error of the process, with its `applied` and its `recovery`. */
const asFault = ({ name, message, applied, recovery }: Thrown): StoreFault =>
  new StoreFault(`in another process: ${name}: ${message}`, {
    ...(applied === false && { applied }),
    ...(recovery !== undefined && { recovery })
  })

const unexpected = (answer: Answer): Error => new Error(`the process answered ${answer._tag} to another call`)

/** Thrown if a process ended by itself; the message has its exit code and the end of its standard error. */
export class ProcessEnded extends Error {
  override readonly name = 'ProcessEnded'
}

interface Waiting {
  /** Returns `false` when it expects no further message. */
  readonly take: (answer: Answer) => boolean
  readonly lose: (error: Error) => void
}

const longestTold = 1_500
/** The longest wait for what a process wrote before its end, in milliseconds. */
const longestDrain = 250

/** The end of a process: that it happened, and how, as text that follows a sentence. */
interface End {
  readonly happened: Promise<void>
  readonly told: Promise<string>
}

const endOf = (process: StoreProcess): End => {
  let written = ''
  process.stderr?.on('data', (chunk) => {
    written = `${written}${String(chunk)}`.slice(-longestTold)
  })
  const drained = new Promise<void>((resolve) => {
    if (process.stderr === undefined || process.stderr === null) resolve()
    else process.stderr.on('close', resolve)
  })
  const how = new Promise<string>((resolve) => {
    process.on('exit', (code, signal) => {
      const signalled = typeof signal === 'string' ? ` (${signal})` : ''
      resolve(typeof code === 'number' ? ` (exit code ${code})` : signalled)
    })
    process.on('error', (error) => resolve(error instanceof Error ? ` (${error.name}: ${error.message})` : ''))
  })
  const told = how.then(async (text) => {
    if (text.startsWith(' (exit code')) await Promise.race([drained, pause(longestDrain)])
    const trimmed = written.trim()
    return trimmed === '' ? text : `${text}; its standard error:\n${trimmed}`
  })
  return { happened: how.then(() => undefined), told }
}

/**
 * Connects to a process that serves a store.
 *
 * @returns Resolves when the process is ready. Rejects if the process ends before that, or sends nothing for too long.
 */
export const connectStore = async (process: StoreProcess): Promise<RemoteStore> => {
  const waiting = new Map<number, Waiting>()
  let lastId = 0
  let gone = false
  const end = endOf(process)
  const ended = end.happened.then(() => {
    gone = true
  })
  const lost = end.told.then((how) => {
    for (const one of waiting.values()) one.lose(new ProcessEnded(`the process ended before it answered${how}`))
    waiting.clear()
    return how
  })

  const kill = async (): Promise<void> => {
    if (!gone) process.kill('SIGKILL')
    await inTime(ended, 'the process that was killed did not end')
  }

  const serving = new Promise<Manifest>((resolve, reject) => {
    process.on('message', (message) => {
      const reply = openReply(message)
      if (reply?._tag === 'Serving') resolve(reply.manifest)
      if (reply?._tag !== 'Answer') return
      if (waiting.get(reply.id)?.take(reply.answer) === false) waiting.delete(reply.id)
    })
    void lost.then((how) => reject(new ProcessEnded(`the process ended before it served the store${how}`)))
  })

  const ask = (call: Call, wait: Waiting): void => {
    lastId += 1
    if (gone) wait.lose(new Error('the process has ended'))
    else {
      waiting.set(lastId, wait)
      process.send(seal({ id: lastId, call }))
    }
  }

  const answerTo = async (call: Call): Promise<Answer> => {
    const answer = await inTime(
      new Promise<Answer>((resolve, reject) => {
        const take = (given: Answer): false => {
          resolve(given)
          return false
        }
        ask(call, { take, lose: reject })
      }),
      `the process did not answer ${call._tag}`
    )
    if (answer._tag === 'Thrown') throw asFault(answer.thrown)
    return answer
  }

  const manifest = await inTime(serving, 'the process did not serve the store').catch(async (error: unknown) => {
    await kill()
    throw error
  })

  return {
    repository: {
      manifest,
      load: async (references) => {
        const answer = await answerTo({ _tag: 'Load', references })
        if (answer._tag !== 'Loaded') throw unexpected(answer)
        return answer.answers.map(([stored]) => stored)
      },
      commit: async (writes) => {
        const answer = await answerTo({ _tag: 'Commit', writes })
        if (answer._tag !== 'Committed' && answer._tag !== 'Conflict') throw unexpected(answer)
        return answer
      },
      async *scan(kind, options = {}) {
        const answer = await answerTo({ _tag: 'Scan', kind, options })
        if (answer._tag !== 'Scanned') throw unexpected(answer)
        yield* answer.documents
      },
      purge: async () => {
        await answerTo({ _tag: 'Purge' })
      },
      close: async () => {
        await answerTo({ _tag: 'Close' })
      }
    },
    workUntilKilled: async (after, { answers, milliseconds, turns }) => {
      let told = after
      let failure: Error | undefined
      await inTime(
        new Promise<void>((resolve) => {
          const lose = (error: Error): void => {
            failure ??= error
            resolve()
          }
          const take = (answer: Answer): boolean => {
            if (answer._tag === 'Thrown') lose(asFault(answer.thrown))
            if (answer._tag !== 'Worked') return false
            told = answer.number
            if (told - after === answers) resolve()
            return true
          }
          ask({ _tag: 'Work', after }, { take, lose })
        }),
        'the process did not commit what it was asked for'
      )
      if (milliseconds > 0) await pause(milliseconds)
      for (let left = turns; left > 0; left -= 1) await turn()
      if (failure !== undefined) throw failure
      await kill()
      return told
    },
    kill
  }
}
