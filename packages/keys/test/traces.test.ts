/**
 * Traces of the erased where nothing sealed is ever forgotten: the store is dumped together with every sealed body that was ever
 * sent to it, as if there were a copy of each moment, and all that the present keys open counts as readable.
 */
import { createSqliteRepository } from '@userpoint/adapter-sqlite'
import { conformance, type OpenStore, type StoreFile } from '@userpoint/conformance'
import type { Repository, Stored, Write } from '@userpoint/core/repository'
import { createFileKeys, type KeyStore, withKeys } from '@userpoint/keys'
import { DatabaseSync } from '@photostructure/sqlite'
import { describe, expect, test } from 'vitest'
import { slotOf, unseal } from '../src/sealing.ts'
import { createStore } from './sqlite-store.ts'

/** Notes each sealed body that is sent to a store, even if its batch does not land. */
const recording = (inner: Repository, sealed: Stored[]): Repository => ({
  ...inner,
  commit: (writes: ReadonlyArray<Write>) => {
    for (const { kind, id, expected, body } of writes) {
      if (typeof body?.['c'] === 'string') sealed.push({ kind, id, version: expected + 1, body })
    }
    return inner.commit(writes)
  }
})

/** Returns the texts of all sealed bodies that the keys open. */
const readable = async (keys: KeyStore, sealed: ReadonlyArray<Stored>): Promise<ReadonlyArray<string>> => {
  const found = await keys.find(sealed.map(slotOf))
  return sealed.flatMap((stored, at) => {
    const answer = found[at]
    return answer?._tag === 'Kept' ? [JSON.stringify(unseal(stored, answer.key))] : []
  })
}

const open = (): OpenStore => {
  const store = createStore()
  const sealed: Stored[] = []
  const handle = (): Repository => {
    const database = new DatabaseSync(store.file)
    const keys = createFileKeys(store.keyFile)
    return {
      ...withKeys(recording(createSqliteRepository(database), sealed), keys, { renew: 'every' }),
      close: () => {
        database.close()
        keys.close()
      }
    }
  }
  const dump = async (): Promise<ReadonlyArray<StoreFile>> => {
    const keys = createFileKeys(store.keyFile)
    const texts = await readable(keys, sealed)
    keys.close()
    return [
      { name: 'the file and its log', bytes: store.dump() },
      { name: 'what the keys open', bytes: Buffer.from(texts.join('\n')) }
    ]
  }
  return { repository: handle(), peer: handle, reopen: handle, fork: store.fork, dump, dispose: store.remove }
}

// Slow: histories of some hundred steps, each with a commit to a file.
describe('[PO-14] nothing that was removed can be read, with a copy of each moment and the present keys', () => {
  const harness = { name: 'sqlite with keys and all copies', open }
  test('after histories through the engine', async () => {
    const [traces] = conformance(harness, { runs: Number(process.env['USERPOINT_RUNS'] ?? 1) }).filter(
      ({ requirement }) => requirement.key === 'PO-14.traces'
    )
    expect(await traces?.run()).toEqual({ _tag: 'Passed' })
  })
})
