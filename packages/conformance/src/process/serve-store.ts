/** Serves a store from a process that the suite uses and kills. */
import type { Recovery, Repository, Stored } from '@userpoint/core/repository'
import { type Answer, type Call, openRequest, seal } from './protocol.ts'
import { turn } from './turn.ts'
import { batchOf } from './work.ts'

/** The channel to the parent. In a process that `fork` of `node:child_process` started, it is the process itself. */
export interface StoreChannel {
  send?(message: object): unknown
  on(event: 'message', listener: (message: unknown) => void): unknown
  on(event: 'disconnect', listener: () => void): unknown
  /** Ends the process. */
  exit(): unknown
}

const recoveries: ReadonlySet<unknown> = new Set<Recovery>(['retry', 'repair', 'none'])

const thrown = (error: unknown): Answer => {
  const told = (name: string): unknown =>
    typeof error === 'object' && error !== null ? Reflect.get(error, name) : undefined
  const { name, message } =
    error instanceof Error ? error : { name: 'Error', message: 'the thrown value is not an error' }
  const recovery = told('recovery')
  return {
    _tag: 'Thrown',
    thrown: {
      name,
      message,
      applied: told('applied') === false ? false : undefined,
      recovery: recoveries.has(recovery) ? (recovery as Recovery) : undefined
    }
  }
}

/**
 * Serves a store to the parent. The process ends when the channel breaks, so that it does not outlive its parent.
 *
 * @param repository A handle of this process.
 * @param channel The channel to the parent; default: the process itself.
 * @throws {TypeError} If the process was started without a channel to its parent.
 */
export const serveStore = (repository: Repository, channel: StoreChannel = process): void => {
  if (channel.send === undefined) throw new TypeError('this process has no channel to its parent; start it with `fork`')

  const say = (id: number, answer: Answer): void => {
    channel.send?.(seal({ _tag: 'Answer', id, answer }))
  }

  let isConnected = true

  const work = async (id: number, after: number): Promise<Answer> => {
    for (let number = after + 1; isConnected; number += 1) {
      const { _tag } = await repository.commit(batchOf(number))
      if (_tag === 'Conflict') throw new Error(`batch ${number} conflicted although there was no other writer`)
      say(id, { _tag: 'Worked', number })
      // Deliver messages between two batches.
      await turn()
    }
    return { _tag: 'Done' }
  }

  const scanned = async ({ kind, options }: Extract<Call, { _tag: 'Scan' }>): Promise<ReadonlyArray<Stored>> => {
    const documents: Array<Stored> = []
    for await (const stored of repository.scan(kind, options)) documents.push(stored)
    return documents
  }

  const answer = async (id: number, call: Call): Promise<Answer> => {
    switch (call._tag) {
      case 'Load': {
        const answers = await repository.load(call.references)
        return { _tag: 'Loaded', answers: answers.map((one) => (one === undefined ? [] : [one])) }
      }
      case 'Commit':
        return await repository.commit(call.writes)
      case 'Scan':
        return { _tag: 'Scanned', documents: await scanned(call) }
      case 'Purge':
        await repository.purge?.()
        return { _tag: 'Done' }
      case 'Close':
        await repository.close?.()
        return { _tag: 'Done' }
      case 'Work':
        return await work(id, call.after)
    }
  }

  channel.on('message', (message) => {
    const request = openRequest(message)
    if (request === undefined) return
    answer(request.id, request.call).then(
      (given) => say(request.id, given),
      (error: unknown) => say(request.id, thrown(error))
    )
  })
  channel.on('disconnect', () => {
    isConnected = false
    channel.exit()
  })
  channel.send(seal({ _tag: 'Serving', manifest: repository.manifest }))
}
