/**
 * The program of a worker: a process that does a part of the lines of an execution. It is told what to do by the process
 * that forked it, over the channel between the two, and ends with it, however that ends.
 */
import type { ImportWorker, Policies, WorkerReply, WorkerRequest } from '@userpoint/core'
import type { DocumentType } from '@userpoint/core/mediarithmics'
import { reasonOf } from './failure.ts'
import { stopSignals } from './io.ts'
import type { DriverName } from './sqlite-driver.ts'
import { parseStore, withEngine } from './store.ts'

/** What a worker is told first. An address may hold a password, so that it is no argument of the process. */
export interface WorkerSettings {
  readonly type: DocumentType
  readonly store: string
  readonly datamart?: string
  readonly driver?: DriverName
  readonly policies: Partial<Policies>
}

/** What a worker answers to its settings; then come its replies, one for each request. */
export type WorkerGreeting = { readonly _tag: 'Ready' } | { readonly _tag: 'Failed'; readonly reason: string }

const send = (message: WorkerGreeting | WorkerReply): void => {
  // Where nobody listens any more the process is about to end.
  if (process.connected) process.send?.(message, undefined, {}, () => undefined)
}

const received = (): Promise<unknown> => new Promise((resolve) => process.once('message', resolve))

const gone = new Promise<void>((resolve) => process.once('disconnect', resolve))

const serve = (worker: ImportWorker): Promise<void> => {
  process.on('message', (request) => {
    // What is thrown ends the process, and so tells the run that the worker is lost.
    void worker(request as WorkerRequest).then(send, () => process.exit(1))
  })
  send({ _tag: 'Ready' })
  return gone
}

// A signal from a terminal comes to all processes: the one that forked this one says what becomes of it.
for (const signal of stopSignals) process.on(signal, () => undefined)

const { type, store: address, policies, ...options } = (await received()) as WorkerSettings
try {
  const store = parseStore(address)
  if (typeof store === 'string') throw new TypeError(store)
  await withEngine({ ...options, store }, 'existing', policies, (engine) => serve(engine.createWorker(type)))
} catch (error) {
  send({ _tag: 'Failed', reason: reasonOf(error) })
}
if (process.connected) process.disconnect()
