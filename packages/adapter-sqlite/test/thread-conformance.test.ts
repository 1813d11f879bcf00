import { describeConformance } from '@userpoint/conformance/vitest'
import type { Repository } from '@userpoint/core/repository'
import { afterAll } from 'vitest'
import { threadDriver as driver } from './drivers.ts'
import { createSqliteStore } from './harness.ts'
import { connectThrough, startThread } from './threads.ts'

const thread = startThread(null)

afterAll(() => thread.terminate())

describeConformance({
  name: 'sqlite on a thread of its own',
  open: async () => {
    const store = createSqliteStore(driver)
    const open = new Set<Repository>()
    const connect = async (): Promise<Repository> => {
      const repository = await connectThrough(thread, { driver: driver.name, file: store.file })
      const close = async () => {
        if (open.delete(repository)) await repository.close?.()
      }
      open.add(repository)
      return { ...repository, close }
    }
    return {
      repository: await connect(),
      peer: connect,
      reopen: connect,
      fork: () => store.fork(new URL('thread-store-process.ts', import.meta.url)),
      dump: () => [{ name: 'the file and its log', bytes: store.dump() }],
      refuse: store.refuse,
      hinder: store.hinder,
      dispose: async () => {
        await Promise.all([...open].map((repository) => repository.close?.()))
        store.remove()
      }
    }
  }
})
