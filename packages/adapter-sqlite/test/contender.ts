/**
 * A second process for the tests. `contender.ts <driver> <file> count <n>` adds one to a counter n times;
 * `… pairs <n>` writes two documents with one number, after n and forever, and prints each number that is committed;
 * `… hold <ms>` holds the write lock for so long, and prints `held` when it has it.
 */
import { createSqliteRepository } from '@userpoint/adapter-sqlite'
import type { Repository, Write } from '@userpoint/core/repository'
import { driverNamed } from './drivers.ts'

const [driver = '', file = '', task = '', amount = '0'] = process.argv.slice(2)
const database = driverNamed(driver).open(file)

const write = (id: string, expected: number, n: number): Write => ({
  kind: 'counter',
  id,
  expected,
  body: { n },
  claim: expected === 0 ? [`claim of ${id}`] : [],
  release: []
})

const count = async (repository: Repository, times: number): Promise<void> => {
  for (let done = 0; done < times; ) {
    const [counter] = await repository.load([{ _tag: 'ByClaim', claim: 'claim of counter' }])
    const n = Number(counter?.body['n'] ?? 0) + 1
    const result = await repository.commit([write('counter', counter?.version ?? 0, n)])
    if (result._tag === 'Committed') done += 1
  }
}

const pairs = async (repository: Repository, committed: number): Promise<void> => {
  for (let n = committed + 1; ; n += 1) {
    await repository.commit([write('left', n - 1, n), write('right', n - 1, n)])
    process.stdout.write(`${n}\n`)
  }
}

if (task === 'hold') {
  database.exec('begin immediate')
  process.stdout.write('held\n')
  setTimeout(() => {
    database.exec('commit')
    database.close()
  }, Number(amount))
} else {
  const repository = createSqliteRepository(database)
  if (task === 'pairs') await pairs(repository, Number(amount))
  else await count(repository, Number(amount))
  database.close()
}
