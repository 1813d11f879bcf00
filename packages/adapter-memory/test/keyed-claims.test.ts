import { createHash } from 'node:crypto'
import { createMemoryRepository } from '@userpoint/adapter-memory'
import { createEngine, type Engine } from '@userpoint/core'
import type { Command } from '@userpoint/core/command'
import type { Repository } from '@userpoint/core/repository'
import { mintIds, slowClock } from '@userpoint/conformance/arbitraries'
import { expect, test } from 'vitest'

const digest = (text: string): string => createHash('sha256').update(text).digest('hex')
const erasure = { key: { keyedDigest: digest, digest } }
const engineOn = (repository: Repository): Engine =>
  createEngine({ repository, clock: slowClock(), newId: mintIds(), purge: 'manual', erasure })

const welcome: Command = { _tag: 'EnterScenario', reference: { _tag: 'EmailHash', hash: 'a1b2' }, scenario: 'welcome' }

test('[L-37] an engine that finds no mark, and then the first person of another engine with the same key, goes on', async () => {
  const store = createMemoryRepository()
  const other = engineOn(store)
  let isFirst = true
  const late: Repository = {
    ...store,
    async *scan(kind, options) {
      if (isFirst) {
        isFirst = false
        await other.execute([welcome])
      }
      yield* store.scan(kind, options)
    }
  }
  expect(await engineOn(late).execute([welcome])).toMatchObject({ _tag: 'Right', right: [{ _tag: 'NoOp' }] })
})

test('[L-37] without the key no consumer of changes is made or forgotten', async () => {
  const store = createMemoryRepository()
  await engineOn(store).execute([welcome])
  const engine = createEngine({ repository: store, clock: slowClock(), newId: mintIds(), purge: 'manual' })
  const reading = engine.changes({ consumer: 'mail', atEnd: 'stop' }).next()
  await expect(reading).rejects.toMatchObject({ code: 'KEYED_CLAIMS' })
  expect(await engine.forgetConsumer('mail')).toMatchObject({ left: { cause: { code: 'KEYED_CLAIMS' } } })
  for await (const _ of store.scan('change_consumer')) expect.unreachable()
})
