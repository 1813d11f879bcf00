import { createMemoryRepository, createMemoryStore } from '@userpoint/adapter-memory'
import type { Repository } from '@userpoint/core/repository'
import { v7 } from 'uuid'
import { expect, it } from 'vitest'
import { createMemorySpool, type Spool } from '../src/index.ts'
import { createStoreSpool } from '../src/store-spool/store-spool.ts'
import { asking, ended, upsertLine } from './asking.ts'
import { createImport, dataOf, linesOf, send } from './uploading.ts'

/** A handle on which commits of these kinds wait until they are let go. */
const held = (inner: Repository, kind: string) => {
  let letGo = (): void => undefined
  let reached = (): void => undefined
  const gate = new Promise<void>((resolve) => (letGo = resolve))
  const isReached = new Promise<void>((resolve) => (reached = resolve))
  const repository: Repository = {
    ...inner,
    commit: async (writes) => {
      if (writes.some((write) => write.kind === kind)) {
        reached()
        await gate
      }
      return inner.commit(writes)
    }
  }
  return { repository, isReached, letGo: () => letGo() }
}

const lines = (count: number): string => Array.from({ length: count }, (_, n) => upsertLine('a', { n: [n] })).join('')

const copyOf = async (spool: Spool): Promise<Spool> => {
  const copy = createMemorySpool()
  const copied = async (...key: ReadonlyArray<string>): Promise<void> => copy.put(key, (await spool.get(key)) ?? {})
  for (const name of await spool.list(['1162', 'imports'])) {
    await copied('1162', 'imports', name)
    for (const id of await spool.list(['1162', 'executions', name])) {
      await copied('1162', 'executions', name, id)
      for (const sort of ['uploads', 'errors'])
        await copy.write(['1162', sort, `${name}-${id}`], spool.read(['1162', sort, `${name}-${id}`]))
    }
  }
  return copy
}

it.each([
  ['by a copy of its spool is queued again, ends once more', 'copy'],
  ['and ended on its spool is not run again', 'same']
] as const)('[L-30] an execution that another run superseded %s, is logged, and applied once', async (_, which) => {
  const store = createMemoryStore()
  const { repository, isReached, letGo } = held(createMemoryRepository(store), 'user_point')
  const serverOn = (on: Repository, spool: Spool) =>
    asking({ spool, datamarts: { '1162': { repository: on }, '7': { repository: createMemoryRepository() } } })
  const spool = createMemorySpool()
  const one = serverOn(repository, spool)
  await one.handler.resume()
  const executions = `${await createImport(one, 'USER_PROFILE')}/executions`
  const path = `${executions}/${String(dataOf(await send(one, `${executions}?verdicts=all`, lines(20))).id)}`
  await isReached
  // It takes the first one for dead, as a server that was asleep is taken.
  const two = serverOn(createMemoryRepository(store), which === 'copy' ? await copyOf(spool) : spool)
  await two.handler.resume()
  await two.handler.idle()
  letGo()
  await one.handler.idle()
  const ends = one.events.flatMap((event) => (event._tag === 'Execution' ? [[event.status, event.error]] : []))
  const again = which === 'copy' ? [['SUCCEEDED', undefined]] : []
  expect(ends).toEqual([['PENDING', 'ExecutionSuperseded'], ...again])
  for (const at of [one, two])
    expect(await ended(at, path)).toMatchObject({ status: 'SUCCEEDED', result: { total_success: 20 } })
  expect(linesOf(await two.on('GET', `${path}/verdicts`))).toHaveLength(20)
  const point = dataOf(await two.on('GET', 'user_points/email_hash=a'))
  expect(point).toMatchObject({ profiles: [{ n: [...Array(20).keys()] }] })
})

it('a queue of many executions is read a few times, and not once for each of them', async () => {
  const store = createMemoryStore()
  const seen = { markers: 0, cancelations: 0 }
  const inner = createMemoryRepository(store)
  const { repository, isReached, letGo } = held(inner, 'user_point')
  const counting: Repository = {
    ...repository,
    load: (references) => {
      for (const reference of references)
        if ('claim' in reference && reference.claim.startsWith('spool_record:1162/cancelations/')) seen.cancelations++
      return inner.load(references)
    },
    scan: (kind, options) => {
      if (kind === 'spool_record' && options?.after?.startsWith('1162/pending/')) seen.markers++
      return inner.scan(kind, options)
    }
  }
  const spool = createStoreSpool({
    repositories: new Map([
      ['1162', counting],
      ['7', createMemoryRepository()]
    ]),
    newId: v7
  })
  const handles = [counting, counting, counting]
  const at = asking({ spool, datamarts: { '1162': { repository: handles }, '7': { repository: inner } } })
  const executions = `${await createImport(at, 'USER_PROFILE')}/executions`
  await send(at, executions, lines(1))
  await isReached
  const paths: string[] = []
  for (let n = 0; n < 40; n++) paths.push(`${executions}/${String(dataOf(await send(at, executions, lines(1))).id)}`)
  seen.markers = 0
  seen.cancelations = 0
  // One look at what waits.
  await at.handler.resume()
  expect(seen.markers).toBe(1)
  expect(seen.cancelations).toBe(0)
  letGo()
  await at.handler.idle()
  for (const path of paths) expect((await ended(at, path)).status).toBe('SUCCEEDED')
  expect(seen.markers).toBeLessThan(8)
  await at.handler.stop()
})
