/** Worker processes: forked for one import, and gone after it. */
import { type ChildProcess, fork } from 'node:child_process'
import { extname } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { ImportWorker, WorkerReply } from '@userpoint/core'
import { Failure } from './failure.ts'
import type { WorkerGreeting, WorkerSettings } from './worker.ts'

// Beside this file, and of its sort: it is run as it is written, and as it is built.
const program = fileURLToPath(new URL(`./worker${extname(fileURLToPath(import.meta.url))}`, import.meta.url))

const lost = new Error('the worker is gone')

/** The next message of a worker; rejected where it ends instead. */
const answer = (child: ChildProcess): Promise<unknown> =>
  new Promise((resolve, reject) => {
    const heard = (message: unknown): void => {
      child.off('exit', ended).off('error', ended)
      resolve(message)
    }
    const ended = (): void => {
      child.off('message', heard)
      reject(lost)
    }
    child.once('message', heard).once('exit', ended).once('error', ended)
  })

const ask = (child: ChildProcess, message: object): Promise<unknown> => {
  if (!child.connected) return Promise.reject(lost)
  const reply = answer(child)
  // Where it cannot be sent the worker ends, and that is the answer.
  child.send(message, () => undefined)
  return reply
}

/** A worker; one whose process ends before it is ready is lost, as one that ends later is. */
const start = async (child: ChildProcess, settings: WorkerSettings): Promise<ImportWorker> => {
  const greeting = (await ask(child, settings).catch(() => undefined)) as WorkerGreeting | undefined
  if (greeting?._tag === 'Failed') throw new Failure(`a worker cannot be started: ${greeting.reason}`)
  return async (request) => (await ask(child, request)) as WorkerReply
}

const ended = (child: ChildProcess): Promise<void> =>
  new Promise((resolve) => {
    if (child.exitCode !== null || child.signalCode !== null) resolve()
    else child.once('exit', () => resolve()).once('error', () => resolve())
  })

/** Runs `use` with so many workers, each a process with a handle of the store of its own. */
export const withWorkers = async <A>(
  count: number,
  settings: WorkerSettings,
  use: (workers: ReadonlyArray<ImportWorker>) => Promise<A>
): Promise<A> => {
  const children = Array.from({ length: count }, () => fork(program, { stdio: ['ignore', 'ignore', 'ignore', 'ipc'] }))
  // What is wrong with a child is seen where it is asked something.
  for (const child of children) child.on('error', () => undefined)
  try {
    return await use(await Promise.all(children.map((child) => start(child, settings))))
  } finally {
    for (const child of children) if (child.connected) child.disconnect()
    await Promise.all(children.map(ended))
  }
}
