/** Transfers of a datamart between stores: what is exported and restored is the same people, and nothing that is there is changed. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createMemoryRepository } from '@userpoint/adapter-memory'
import { createEngine, type Engine } from '@userpoint/core'
import type { Command } from '@userpoint/core/command'
import { createRestore, transferredFrom } from '@userpoint/core/maintenance'
import { type DocumentType, mediarithmics } from '@userpoint/core/mediarithmics'
import type { ReceiptEntry } from '@userpoint/core/receipts'
import type { Json, Repository } from '@userpoint/core/repository'
import { command, mintIds, slowClock } from '@userpoint/conformance/arbitraries'
import { createFileKeys, createMemoryKeys, withKeys } from '@userpoint/keys'
import { erasureKeyFrom } from '@userpoint/settings'
import fc from 'fast-check'
import { describe, expect, inject, it } from 'vitest'
import { importText, memoryStore, postgresStore, sqliteStore } from './laws/store.ts'
import { hasPeople, peopleFiles, peopleFolder } from './people-files.ts'

const engineOn = (repository: Repository): Engine<DocumentType> =>
  createEngine({ dialect: mediarithmics, repository, clock: slowClock(), newId: mintIds(), purge: 'manual' })

const exported = async (repository: Repository): Promise<ReadonlyArray<Json>> => {
  const all: Json[] = []
  for await (const each of transferredFrom(repository)) all.push(JSON.parse(JSON.stringify(each)) as Json)
  return all
}

/** Everything that an engine shows of everybody, identifiers' times, merges and all. */
const people = async (repository: Repository): Promise<ReadonlyArray<unknown>> => {
  const all: unknown[] = []
  for await (const subject of engineOn(repository).userPoints()) all.push(subject)
  return all
}

const restoreInto = async (repository: Repository, documents: ReadonlyArray<Json>) =>
  (await createRestore(repository))(documents)

const tally = (verdicts: ReadonlyArray<{ readonly _tag: string }>): Readonly<Record<string, number>> => {
  const counts: Record<string, number> = {}
  for (const { _tag } of verdicts) counts[_tag] = (counts[_tag] ?? 0) + 1
  return counts
}

const flawsOf = async (repository: Repository): Promise<ReadonlyArray<unknown>> => {
  const flaws: unknown[] = []
  for await (const flaw of engineOn(repository).check()) flaws.push(flaw)
  return flaws
}

const commands = fc.array(fc.array(command(), { minLength: 1, maxLength: 8 }), { maxLength: 12, size: 'max' })

describe('a transfer', () => {
  it('gives equal people, claims included, after any history, and can be run again', async () => {
    await fc.assert(
      fc.asyncProperty(commands, fc.integer({ min: 1, max: 30 }), async (history, size) => {
        const source = createMemoryRepository()
        const engine = engineOn(source)
        for (const batch of history) await engine.execute(batch)
        const documents = await exported(source)
        const target = withKeys(createMemoryRepository(), createMemoryKeys())
        for (let from = 0; from < documents.length; from += size) {
          const verdicts = await restoreInto(target, documents.slice(from, from + size))
          expect(verdicts.every(({ _tag }) => _tag === 'Restored')).toBe(true)
        }
        expect(await people(target)).toEqual(await people(source))
        expect(await flawsOf(target)).toEqual([])
        const again = documents.length === 0 ? [] : await restoreInto(target, documents)
        expect(again.every(({ _tag }) => _tag === 'AlreadyThere')).toBe(true)
        // The restored datamart goes on as the other one would.
        expect(await exported(target)).toEqual(documents)
      })
    )
  })

  it('refuses what is in the way, restores the rest, and changes nothing that is there', async () => {
    await fc.assert(
      fc.asyncProperty(commands, commands, async (history, others) => {
        const [source, target] = [createMemoryRepository(), createMemoryRepository()]
        for (const batch of history) await engineOn(source).execute(batch)
        const engine = createEngine({
          dialect: mediarithmics,
          repository: target,
          clock: slowClock(),
          newId: mintIds(5_000),
          purge: 'manual'
        })
        for (const batch of others) await engine.execute(batch)
        const before = await exported(target)
        const documents = await exported(source)
        const verdicts = documents.length === 0 ? [] : await restoreInto(target, documents)
        const after = await exported(target)
        expect(after as ReadonlyArray<unknown>).toEqual(expect.arrayContaining(before as unknown[]))
        const added = documents.filter((_, at) => verdicts[at]?._tag === 'Restored')
        expect(after.length).toBe(before.length + added.length)
        expect(after as ReadonlyArray<unknown>).toEqual(expect.arrayContaining(added as unknown[]))
        expect(await flawsOf(target)).toEqual([])
      })
    )
  })

  it('refuses values that are no documents', async () => {
    const body = { createdAt: 1, emailHashes: [{ hash: 'h' }] }
    const deep = Array.from({ length: 1_200 }).reduce<Json>((inner) => [inner], 0)
    const bad: ReadonlyArray<Json> = [
      null,
      17,
      'text',
      [],
      {},
      { kind: 'user_point', id: 'a' },
      { kind: 'user_point', id: 'a b', body },
      { kind: 'user_point', id: '', body },
      { kind: 'user_point', id: 'a', body: { ...body, emailHashes: 'h' } },
      { kind: 'user_point', id: 'a', body: { ...body, emailHashes: [{ hash: 'nul \0' }] } },
      { kind: 'user_point', id: 'a', body: { ...body, extra: deep } },
      { kind: 'purge_turn', id: 'turn', body: { until: 1 } },
      { kind: 'key_store', id: 'keys', body: {} },
      { kind: 'receipt', id: 'a', body: {} }
    ]
    const target = createMemoryRepository()
    const verdicts = await restoreInto(target, [...bad, { kind: 'user_point', id: 'a', body }])
    expect(verdicts.slice(0, -1)).toEqual(bad.map(() => ({ _tag: 'Refused', code: 'INVALID_DOCUMENT' })))
    expect(verdicts.at(-1)).toEqual({ _tag: 'Restored' })
    expect((await exported(target)).length).toBe(1)
  })

  it('keeps two documents of one file apart that claim the same identifier', async () => {
    const of = (id: string): Json => ({ kind: 'user_point', id, body: { createdAt: 1, emailHashes: [{ hash: 'h' }] } })
    const target = createMemoryRepository()
    expect(await restoreInto(target, [of('a'), of('b'), of('a')])).toEqual([
      { _tag: 'Restored' },
      { _tag: 'Refused', code: 'TAKEN_IDENTIFIER' },
      { _tag: 'AlreadyThere' }
    ])
  })
})

describe.skipIf(!hasPeople)('real-looking people, where they are beside the checkout', () => {
  const directory = mkdtempSync(join(tmpdir(), 'userpoint-transfer-'))
  const encrypted = async (use: (repository: Repository) => Promise<void>): Promise<void> => {
    const keys = createFileKeys(join(directory, 'people.keys'))
    await use(withKeys(createMemoryRepository(), keys))
    keys.close()
  }
  const stores = {
    memory: memoryStore,
    sqlite: sqliteStore,
    postgres: () => postgresStore(inject('postgres'))
  }

  // Slow: several thousand people on three stores, each way.
  it('go from each store to the next, and are the same at the end', async () => {
    const first = await stores.memory()
    for (const [name, type] of peopleFiles) {
      await importText(first.engine, type, readFileSync(new URL(`${name}.ndjson`, peopleFolder), 'utf8'))
    }
    const documents = await exported(first.repository)
    expect(documents.length).toBeGreaterThan(100)
    const expected = await people(first.repository)
    let carried = documents
    const pass = async (repository: Repository): Promise<void> => {
      for (let from = 0; from < carried.length; from += 500) {
        const verdicts = await restoreInto(repository, carried.slice(from, from + 500))
        expect(tally(verdicts)).toEqual({ Restored: verdicts.length })
      }
      expect(await people(repository)).toEqual(expected)
      carried = await exported(repository)
    }
    for (const open of [stores.sqlite, stores.postgres, stores.memory, stores.postgres, stores.sqlite]) {
      const store = await open()
      await pass(store.repository)
      await store.close()
    }
    await encrypted(pass)
    expect(carried).toEqual(documents)
    rmSync(directory, { recursive: true })
  })
})

describe('[L-37] [L-38] a transfer with the key', () => {
  const key = erasureKeyFrom(new Uint8Array(32).fill(7))
  const keyedOn = (repository: Repository, start = 0): Engine<DocumentType> =>
    createEngine({
      dialect: mediarithmics,
      repository,
      clock: slowClock(),
      newId: mintIds(start),
      purge: 'manual',
      erasure: { key }
    })
  const email = (hash: string) => ({ _tag: 'EmailHash', hash }) as const
  const named = (...hashes: ReadonlyArray<string>): ReadonlyArray<Command> =>
    hashes.map((hash) => ({ _tag: 'EnterScenario', reference: email(hash), scenario: 'welcome' }))
  const known = async (engine: Engine<DocumentType>, hash: string): Promise<boolean> => {
    const found = await engine.find(email(hash))
    return found._tag === 'Right' && found.right !== undefined
  }
  const receiptsOf = async (engine: Engine<DocumentType>): Promise<ReadonlyArray<unknown>> => {
    const all: unknown[] = []
    for await (const each of engine.receipts?.all() ?? []) all.push(each)
    return all
  }

  it('brings people, receipts and suppressions, also into an encrypted store, and refuses another key', async () => {
    const source = createMemoryRepository()
    const engine = keyedOn(source)
    await engine.execute(named('a', 'b', 'c'))
    await engine.execute([{ _tag: 'DeleteUserPoint', reference: email('a'), suppress: true }])
    await engine.receipts?.seal()
    await engine.execute([{ _tag: 'DeleteUserPoint', reference: email('b') }])
    const documents = await exported(source)
    const target = withKeys(createMemoryRepository(), createMemoryKeys())
    const restore = await createRestore(target, { erasure: { key } })
    // The first write marks the store by itself, so the mark is there already.
    expect(tally(await restore(documents))).toEqual({ AlreadyThere: 1, Restored: documents.length - 1 })
    const copy = keyedOn(target, 1_000)
    expect(await receiptsOf(copy)).toEqual(await receiptsOf(engine))
    expect((await copy.receipts?.verify())?._tag).toBe('Right')
    expect([await known(copy, 'a'), await known(copy, 'b'), await known(copy, 'c')]).toEqual([false, false, true])
    const again = await copy.execute(named('a', 'b'))
    expect(again).toMatchObject({ right: [{ code: 'SUPPRESSED' }, { _tag: 'Applied' }] })
    await expect(createRestore(target)).rejects.toMatchObject({ code: 'KEYED_CLAIMS' })
    const other = erasureKeyFrom(new Uint8Array(32).fill(8))
    await expect(createRestore(target, { erasure: { key: other } })).rejects.toMatchObject({ code: 'OTHER_KEY' })
    const foreign = await createRestore(createMemoryRepository(), { erasure: { key: other } })
    const codes = (await foreign(documents)).flatMap((each) => (each._tag === 'Refused' ? [each.code] : []))
    expect(codes).toEqual(['OTHER_KEY', 'OTHER_KEY'])
  })

  it('is refused as a whole without the key, before the first write, wherever the mark of the key is', async () => {
    const source = createMemoryRepository()
    const engine = keyedOn(source)
    await engine.execute(named('a', 'b', 'c'))
    await engine.execute([{ _tag: 'DeleteUserPoint', reference: email('a'), suppress: true }])
    await engine.receipts?.seal()
    const documents = await exported(source)
    const target = createMemoryRepository()
    for (const some of [documents, documents.toReversed(), [...documents, 'no document']]) {
      const keyless = await createRestore(target)
      const codes = (await keyless(some)).map((each) => each._tag === 'Refused' && each.code)
      expect(codes).toEqual(some.map((each) => (each === 'no document' ? 'INVALID_DOCUMENT' : 'KEY_NEEDED')))
      // What comes later is of the same datamart.
      expect(await keyless(documents.slice(-1))).toEqual([{ _tag: 'Refused', code: 'KEY_NEEDED' }])
      expect(await exported(target)).toEqual([])
    }
    const restore = await createRestore(target, { erasure: { key } })
    expect(tally(await restore(documents))).toEqual({ AlreadyThere: 1, Restored: documents.length - 1 })
  })

  it('into a store that is to have plain claims refuses the suppressions alone', async () => {
    const source = createMemoryRepository()
    await keyedOn(source).execute(named('a', 'b'))
    const documents = await exported(source)
    const restore = await createRestore(createMemoryRepository(), { erasure: { key, claims: 'plain' } })
    expect(tally(await restore(documents))).toEqual({ Refused: 1, Restored: documents.length - 1 })
  })

  it('of an old copy brings back no person who was erased or suppressed since', async () => {
    const live = createMemoryRepository()
    const engine = keyedOn(live)
    await engine.execute(named('a', 'b', 'c'))
    const old = await exported(live)
    await engine.execute([{ _tag: 'DeleteUserPoint', reference: email('a'), suppress: true }])
    await engine.execute([{ _tag: 'DeleteUserPoint', reference: email('b') }])
    const codesOf = async (repository: Repository, receipts: ReadonlyArray<ReceiptEntry>) =>
      (await (await createRestore(repository, { erasure: { key }, receipts }))(old)).flatMap((each) =>
        each._tag === 'Refused' ? [each.code] : []
      )
    // Into the store itself, whose receipts tell.
    expect(await codesOf(live, [])).toEqual(['ERASED', 'ERASED'])
    // After a loss of the store, with the receipts that were exported later.
    const receipts: ReceiptEntry[] = []
    for await (const { entry } of engine.receipts?.all() ?? []) receipts.push(entry)
    const anew = createMemoryRepository()
    expect(await codesOf(anew, receipts)).toEqual(['ERASED', 'ERASED'])
    const copy = keyedOn(anew, 1_000)
    expect([await known(copy, 'a'), await known(copy, 'b'), await known(copy, 'c')]).toEqual([false, false, true])
  })
})
