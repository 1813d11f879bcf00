import { createMemoryRepository, createMemoryStore } from '@userpoint/adapter-memory'
import type { Repository } from '@userpoint/core/repository'
import { describe, expect, it } from 'vitest'
import { takingTurns } from '../src/turns.ts'
import { asking, ended, upload, upsertLine } from './asking.ts'

/** A slow handle that fails on concurrent calls. */
const slow = (repository: Repository, seen: { most: number; now: number }): Repository => {
  let isBusy = false
  const call = async <A>(work: () => A | PromiseLike<A>): Promise<A> => {
    if (isBusy) throw new Error('two calls at once')
    isBusy = true
    seen.most = Math.max(seen.most, ++seen.now)
    await new Promise((resolve) => setTimeout(resolve, 1))
    try {
      return await work()
    } finally {
      isBusy = false
      seen.now--
    }
  }
  return {
    ...repository,
    load: (references) => call(() => repository.load(references)),
    commit: (writes) => call(() => repository.commit(writes))
  }
}

describe('shared handles', () => {
  it('get one call at a time each, and are all used', async () => {
    const store = createMemoryStore()
    const seen = { most: 0, now: 0 }
    const handles = Array.from({ length: 3 }, () => slow(createMemoryRepository(store), seen))
    const at = asking({
      datamarts: { '1162': { repository: handles, partner: 'mybrand' }, '7': { repository: createMemoryRepository() } }
    })
    const path = await upload(
      at,
      'USER_PROFILE',
      Array.from({ length: 3_000 }, (_, i) => upsertLine(`h${i}`, {})).join('')
    )
    const users = Array.from({ length: 60 }, (_, i) => ({
      identifiers: { email: `${i % 7}@x.y` },
      attributes: { seen: [i] }
    }))
    const answers = await Promise.all(users.map((user) => at.call('POST', 'upsert', { users: [user] })))
    expect(answers.map(({ status }) => status)).toEqual(users.map(() => 200))
    expect(await ended(at, path)).toMatchObject({ status: 'SUCCEEDED', result: { total_success: 3_000 } })
    expect(seen.most).toBe(3)
    // Every answered request is in the store.
    const lists: unknown[] = []
    for (let i = 0; i < 7; i++) {
      const { json } = await at.call('POST', 'profile', { identifiers: { email: `${i}@x.y` }, attributes: ['*'] })
      lists.push(...(json.attributes as { seen: unknown[] }).seen)
    }
    expect(lists.sort((a, b) => Number(a) - Number(b))).toEqual(users.map((_, i) => i))
  }, 30_000)

  it('decide nothing twice with one handle, even for many requests about one person', async () => {
    const inner = createMemoryRepository()
    let commits = 0
    const repository: Repository = {
      ...inner,
      commit: async (writes) => {
        if (writes.some(({ kind }) => kind === 'user_point')) commits++
        return inner.commit(writes)
      }
    }
    const at = asking({
      datamarts: { '1162': { repository, partner: 'mybrand' }, '7': { repository: createMemoryRepository() } },
      limits: { requestsAtOnce: 300 }
    })
    const user = { identifiers: { email: 'a@b.c' } }
    const answers = await Promise.all(
      Array.from({ length: 300 }, (_, n) =>
        n % 2 === 0
          ? at.call('POST', 'upsert', { users: [{ ...user, attributes: { seen: [n] } }] })
          : at.on('PUT', `user_points/email_hash=b/user_profiles/compartment_id=${n}`, { n })
      )
    )
    expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 200))
    expect(commits).toBe(300)
    const { json } = await at.call('POST', 'profile', { ...user, attributes: ['*'] })
    expect((json.attributes as { seen: unknown[] }).seen).toHaveLength(150)
  }, 30_000)

  it('are released after a call that throws, synchronously or not', async () => {
    const broken: Repository = {
      ...createMemoryRepository(),
      load: () => {
        throw new Error('at once')
      },
      commit: () => Promise.reject(new Error('later'))
    }
    const turns = takingTurns([broken])
    for (let n = 0; n < 3; n++) {
      expect(() => turns.load([])).toThrow('at once')
      await expect(turns.commit([])).rejects.toThrow('later')
    }
  })

  it('answer synchronously if the store does', () => {
    const turns = takingTurns([createMemoryRepository()])
    expect(turns.load([{ _tag: 'ByClaim', claim: 'x' }])).toEqual([undefined])
  })

  it('need at least one handle', () => {
    expect(() => takingTurns([])).toThrow(TypeError)
  })

  it('hold no handle between the documents of a scan, so that a caller can write meanwhile', async () => {
    const inner = createMemoryRepository()
    const write = (n: number) => ({ kind: 'note', id: `n${n}`, expected: 0, body: { n }, claim: [], release: [] })
    await inner.commit(Array.from({ length: 600 }, (_, n) => write(n)))
    const shared = takingTurns([{ ...inner, load: async (references) => inner.load(references) }])
    const seen: string[] = []
    for await (const { id } of shared.scan('note')) {
      seen.push(id)
      await shared.load([{ _tag: 'ById', kind: 'note', id }])
    }
    expect(seen).toEqual(Array.from({ length: 600 }, (_, n) => `n${n}`).sort())
    const some: string[] = []
    for await (const { id } of shared.scan('note', { after: 'n10', limit: 300 })) some.push(id)
    expect(some).toEqual(
      [...seen]
        .sort()
        .filter((id) => id > 'n10')
        .slice(0, 300)
    )
  })
})
