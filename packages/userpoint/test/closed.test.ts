/** Calls after `close`: each fails with a code, on every store, also on one that would still answer. */
import { createMemoryRepository, createMemoryStore } from '@userpoint/adapter-memory'
import { describe, expect, it } from 'vitest'
import { createUserpoint, type Userpoint, UserpointFailed } from '../src/index.ts'

const ada = { emailHash: 'ada' }

const drained = async (all: AsyncIterable<unknown>): Promise<void> => {
  for await (const each of all) void each
}

/** Every call of the door; a new one must be added. */
const calls: Readonly<Record<string, (people: Userpoint) => Promise<unknown>>> = {
  upsert: (people) => people.upsert(ada, { city: 'Paris' }),
  find: (people) => people.find(ada),
  erase: (people) => people.erase(ada),
  explainErase: (people) => people.explainErase(ada),
  associate: (people) => people.associate(ada, { account: '1' }),
  removeIdentifier: (people) => people.removeIdentifier(ada),
  removeAttributes: (people) => people.removeAttributes(ada, { whole: ['city'] }),
  deleteProfile: (people) => people.deleteProfile(ada),
  'segments.add': (people) => people.segments.add(ada, { id: '1' }),
  'segments.remove': (people) => people.segments.remove(ada, { id: '1' }),
  'choices.set': (people) => people.choices.set(ada, '1', {}, 1),
  'choices.remove': (people) => people.choices.remove(ada, '1'),
  run: (people) => people.run('USER_POINTS_DELETION', { type: 'USER_EMAIL', hash: 'ada' }),
  execute: (people) => people.execute([]),
  import: (people) => people.import('USER_PROFILE', '{}'),
  sweep: (people) => people.sweep(),
  purge: (people) => people.purge(),
  purgeOwed: (people) => people.purgeOwed(),
  export: (people) => drained(people.export()),
  access: (people) => people.access(ada),
  liftSuppression: (people) => people.liftSuppression(ada),
  suppressions: (people) => drained(people.suppressions()),
  'receipts.list': (people) => drained(people.receipts.list()),
  'receipts.export': (people) => drained(people.receipts.export()),
  'receipts.seal': (people) => people.receipts.seal(),
  'receipts.verify': (people) => people.receipts.verify(),
  changes: (people) => drained(people.changes({ consumer: 'mail' })),
  forgetChanges: (people) => people.forgetChanges(),
  forgetConsumer: (people) => people.forgetConsumer('mail'),
  executions: (people) => drained(people.executions())
}

const namesOf = (some: object, within = ''): ReadonlyArray<string> =>
  Object.entries(some).flatMap(([name, call]) =>
    typeof call === 'function' ? [`${within}${name}`] : namesOf(call as object, `${within}${name}.`)
  )

describe('after close', () => {
  it.each(Object.entries(calls))('%s fails with CLOSED, and does nothing', async (_, call) => {
    const store = createMemoryStore()
    const people = createUserpoint({ repository: createMemoryRepository(store) })
    await people.upsert(ada, { city: 'Lyon' })
    await people.close()
    const error = await call(people).catch((reason: unknown) => reason)
    expect(error).toBeInstanceOf(UserpointFailed)
    expect(error).toMatchObject({ code: 'CLOSED', certain: 'nothing-applied' })
    const again = createUserpoint({ repository: createMemoryRepository(store) })
    expect((await again.find(ada))?.profiles).toMatchObject([{ city: 'Lyon' }])
  })

  it('is looked at by every call', () => {
    const { safe: _, insider: __, close: ___, ...people } = createUserpoint({ repository: createMemoryRepository() })
    expect(namesOf(people).toSorted()).toEqual(Object.keys(calls).toSorted())
  })

  it("safe and Insider's calls give the error as a value, and close may be called again", async () => {
    let closed = 0
    const close = () => {
      closed++
    }
    const people = createUserpoint({ repository: { ...createMemoryRepository(), close } })
    await Promise.all([people.close(), people.close()])
    await people.close()
    expect(closed).toBe(1)
    expect(await people.safe.find(ada)).toMatchObject({ ok: false, error: { code: 'CLOSED' } })
    const users = [{ identifiers: { email: 'a@x.y' }, attributes: {} }]
    for (const answer of [
      await people.insider.upsertUsers({ value: { users } }),
      await people.insider.getUser({ value: { ...users[0], attributes: ['*'] } }),
      await people.insider.listColumns({ value: { table: 'contacts' } })
    ])
      expect(answer).toMatchObject({ left: { _tag: 'StoreFailed', cause: { code: 'CLOSED' } } })
  })
})

it('people that are read on after close fail with CLOSED', async () => {
  const people = createUserpoint({ repository: createMemoryRepository() })
  await people.upsert(ada, {})
  await people.upsert({ account: '1' }, {})
  const all = people.export()[Symbol.asyncIterator]()
  await all.next()
  await people.close()
  await expect(all.next()).rejects.toMatchObject({ code: 'CLOSED' })
})
