/**
 * `thread-ender.ts <driver> <file>` ends a store's thread in the middle of a commit, and says to its parent what became of the
 * commit. It is a program of its own, because some drivers end the whole process with such a thread.
 */
import { connectSqliteRepository } from '@userpoint/adapter-sqlite/thread'
import type { StoreFault, Write } from '@userpoint/core/repository'
import { startThread } from './threads.ts'

const [driver = '', file = ''] = process.argv.slice(2)

const write = (id: string): Write => ({ kind: 'user_point', id, expected: 0, body: {}, claim: [], release: [] })

const worker = startThread({ driver, file })
const repository = await connectSqliteRepository(worker)
await repository.commit([write('a')])
const batch = Array.from({ length: 2_000 }, (_, n) => write(`b${n}`))
const committing = Promise.resolve(repository.commit(batch)).then(
  ({ _tag }) => _tag,
  ({ applied }: StoreFault) => (applied === false ? 'nothing was written' : 'unknown')
)
await worker.terminate()
process.send?.(await committing)
process.disconnect()
