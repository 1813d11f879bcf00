/** Every call of the door once, as a service would make them; it ends with an error if one does not do what it says. */
import { createMemoryRepository } from '@userpoint/adapter-memory'
import { createUserpoint, type Line, UserpointRejected, type Who } from 'userpoint'

const equal = (actual: unknown, expected: unknown): void => {
  if (JSON.stringify(actual) !== JSON.stringify(expected))
    throw new Error(`${JSON.stringify(actual)} is not ${JSON.stringify(expected)}`)
}

export const main = async (): Promise<string> => {
  const people = createUserpoint({ repository: createMemoryRepository() })
  const ada: Who = { emailHash: '9f86d081' }
  await people.upsert(ada, { city: 'Paris', tags: ['a'] })
  await people.upsert(ada, { tags: ['b'] }, { merge: 'deep' })
  await people.associate(ada, { account: '17', compartment: '1' }, { email: 'ada@example.org' })
  const person = await people.find({ account: '17', compartment: '1' })
  equal(Object.keys(person ?? {}), ['user_point_id', 'identifiers', 'profiles'])
  const line: Line<'USER_SEGMENT'> = { operation: 'UPDATE', email_hash: '9f86d081', segment_id: 7, expiration_ts: 0 }
  equal((await people.run('USER_SEGMENT', line)).outcome, 'applied')
  const wrong = await people.safe.upsert({ emailHash: '' }, {})
  equal(wrong.ok ? undefined : wrong.error.code, 'BAD_FIELD')
  const thrown = await people.upsert(ada, { city: 'a\u0000b' }).catch((error: unknown) => error)
  equal(thrown instanceof UserpointRejected && thrown.code, 'BAD_TEXT')

  const crm = '{"operation":"UPSERT","email_hash":"b","force_replace":true,"user_profile":{}}\n{"operation":"UPSERT"}\n'
  const readings = new Set<number>()
  const report = await people.import('USER_PROFILE', crm, {
    execution: 'nightly-07',
    onProgress: ({ reading }) => void readings.add(reading)
  })
  equal([report.applied, report.rejected, [...readings]], [1, 1, [1, 2]])
  const stream = new Blob([crm]).stream()
  equal((await people.import('USER_PROFILE', stream)).lines, 2)

  equal((await people.explainErase(ada)).length > 0, true)
  const done = await people.erase({ email: 'ada@example.org' })
  equal([done.outcome, (await people.find(ada)) === undefined], ['applied', true])
  let left = 0
  for await (const _ of people.export()) left++
  await people.sweep()
  await people.purge()
  await people.close()
  return `${left} person is left`
}
