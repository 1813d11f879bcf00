import { execFileSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { createMemoryRepository, createMemoryStore } from '@userpoint/adapter-memory'
import type { Repository, Write } from '@userpoint/core/repository'
import { expect, test } from 'vitest'
import { movingToThread } from '../src/thread.ts'
import { createFolder } from './program.ts'

const write = (id: string): Write => ({ kind: 'user_point', id, expected: 0, body: {}, claim: [], release: [] })

/** A handle that counts its commits and can be closed. */
const watched = (repository: Repository) => {
  const seen = { commits: 0, closed: 0 }
  const close = (): void => void seen.closed++
  const handle: Repository = {
    ...repository,
    commit: (writes) => {
      seen.commits++
      return repository.commit(writes)
    },
    close
  }
  return { seen, handle, close }
}

const pair = () => {
  const store = createMemoryStore()
  return [watched(createMemoryRepository(store)), watched(createMemoryRepository(store))] as const
}

const idsIn = async (repository: Repository): Promise<ReadonlyArray<string>> => {
  const ids: string[] = []
  for await (const { id } of repository.scan('user_point')) ids.push(id)
  return ids
}

const settled = () => new Promise((resolve) => setImmediate(resolve))

test('a store moves once, after the third commit here, and everything is there and then given back', async () => {
  const [here, there] = pair()
  let opened = 0
  const open = () => Promise.resolve(there.handle).finally(() => opened++)
  const { repository, close } = movingToThread(here.handle, here.close, open, 3)
  for (const id of ['1', '2', '3', '4', '5', '6']) {
    expect(await repository.commit([write(id)])).toEqual({ _tag: 'Committed' })
    await settled()
  }
  expect(here.seen).toEqual({ commits: 3, closed: 1 })
  expect(there.seen).toEqual({ commits: 3, closed: 0 })
  expect(opened).toBe(1)
  expect(await idsIn(repository)).toEqual(['1', '2', '3', '4', '5', '6'])
  await close()
  expect([here.seen.closed, there.seen.closed]).toEqual([1, 1])
})

test('where no thread is to be had the store stays where it is', async () => {
  const [here] = pair()
  const { repository, close } = movingToThread(here.handle, here.close, () => Promise.reject(new Error('none')), 2)
  for (const id of ['1', '2', '3', '4']) {
    await repository.commit([write(id)])
    await settled()
  }
  expect(await idsIn(repository)).toEqual(['1', '2', '3', '4'])
  await close()
  expect(here.seen).toEqual({ commits: 4, closed: 1 })
})

test('a scan goes on where it began, and a thread that is still starting at the end is ended', async () => {
  const [here, there] = pair()
  const { repository, close } = movingToThread(here.handle, here.close, () => Promise.resolve(there.handle), 2)
  await repository.commit([write('1')])
  const ids: string[] = []
  for await (const { id } of repository.scan('user_point')) {
    ids.push(id)
    await repository.commit([write('2')])
    await settled()
    expect(await repository.load([{ _tag: 'ById', kind: 'user_point', id: '2' }])).toMatchObject([{ id: '2' }])
    expect(here.seen.closed).toBe(0)
  }
  expect(ids[0]).toBe('1')
  await close()
  expect([here.seen.closed, there.seen.closed]).toEqual([1, 1])

  const [first, second] = pair()
  const late = movingToThread(first.handle, first.close, () => settled().then(() => second.handle), 1)
  await late.repository.commit([write('1')])
  await late.close()
  expect([first.seen.closed, second.seen.closed]).toEqual([1, 1])
})

test('a real thread finds the driver, opens the file and its datamart, and ends with the program', {
  timeout: 60_000
}, () => {
  const folder = createFolder()
  const text = execFileSync(
    process.execPath,
    [
      '--conditions=userpoint-source',
      '--import',
      new URL('./typescript.mjs', import.meta.url).href,
      fileURLToPath(new URL('thread-store.ts', import.meta.url)),
      folder.path('people.db')
    ],
    { encoding: 'utf8' }
  )
  expect(JSON.parse(text)).toEqual([{ kind: 'user_point', id: 'a', version: 1, body: { n: 1 } }])
  folder.remove()
})
