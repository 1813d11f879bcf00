/** A spool in the stores of the datamarts, which several servers share: what one has accepted, any of them can finish. */
import type { Repository, Stored } from '@userpoint/core/repository'
import { createPortableHash, keyText, type Spool, type SpoolKey, type SpoolLease, type SpoolWriter } from '../spool.ts'
import {
  appendContent,
  type ContentStore,
  isComplete,
  plainly,
  readContent,
  removeContents,
  writeContent
} from './contents.ts'
import { change, claimOf, type Commit, committed, deletion, documentAt, documentsAt, namesBelow } from './documents.ts'
import { createLeases, type HeldLease } from './lease.ts'
import { getRecord, putRecord } from './records.ts'

export interface StoreSpoolOptions {
  /** The datamarts, by id: the first segment of every key. */
  readonly repositories: ReadonlyMap<string, Repository>
  readonly newId: () => string
  /** The milliseconds after which a silent server has lost its leases; default 15,000. */
  readonly term?: number
  /** The bytes of a piece of a content; default 64 KiB. */
  readonly partSize?: number
}

/** Returns whether a record was not set aside. */
const isInPlace = ({ body }: Stored): boolean => body['isAside'] !== true

/** Returns a writer whose every batch goes through `commit`. */
const writerWith = (store: ContentStore, commit: Commit): SpoolWriter => ({
  put: (key, record) => putRecord(store, commit, key, record),
  append: (key, from, bytes) => appendContent(store, commit, key, { from, bytes }),
  remove: async (key) => {
    await committed(commit, async () => {
      const found = await documentAt(store.repository, 'spool_record', key)
      return {
        writes: found === undefined ? [] : [deletion(found, [claimOf('spool_record', key)])],
        result: undefined
      }
    })
    await removeContents(store, commit, key)
  }
})

const leaseOver = (store: ContentStore, { lost, commit, release }: HeldLease): SpoolLease => ({
  ...writerWith(store, commit),
  lost,
  release
})

/** Returns a spool in stores. Its keys begin with the id of a datamart, whose store has them. */
export const createStoreSpool = (options: StoreSpoolOptions): Spool => {
  const { repositories, newId, term = 15_000, partSize = 65_536 } = options
  // Made when it is needed: a worker has no chance before its first request.
  let takeLease: ReturnType<typeof createLeases> | undefined

  const storeAt = (key: SpoolKey): ContentStore => {
    keyText(key)
    const repository = repositories.get(key[0] ?? '')
    if (repository === undefined) throw new RangeError('a key of a spool in stores must begin with a datamart')
    return { repository, newId, partSize }
  }
  const writerAt = (key: SpoolKey): SpoolWriter => {
    const store = storeAt(key)
    return writerWith(store, plainly(store.repository))
  }

  return {
    claim: async () => undefined,
    release: async () => undefined,
    probe: async () => {
      for (const datamart of repositories.keys()) await writerAt([datamart]).put([datamart, 'probe'], {})
    },
    put: async (key, record) => writerAt(key).put(key, record),
    get: async (key) => getRecord(storeAt(key).repository, key),
    list: async (key) => namesBelow(storeAt(key).repository, 'spool_record', key, isInPlace),
    write: async (key, bytes) => writeContent(storeAt(key), key, bytes),
    async *read(key) {
      yield* readContent(storeAt(key), key)
    },
    append: async (key, from, bytes) => writerAt(key).append(key, from, bytes),
    contents: async (key) => namesBelow(storeAt(key).repository, 'spool_content', key, isComplete),
    recover: async () => [],
    setAside: async (key) => {
      const { repository } = storeAt(key)
      let isThere = false
      for await (const found of documentsAt(repository, 'spool_record', key)) {
        const claims = { claim: [], release: [claimOf('spool_record', key)] }
        const { _tag } = await repository.commit([{ ...change(found, { ...found.body, isAside: true }), ...claims }])
        isThere ||= _tag === 'Committed'
      }
      return isThere ? [keyText(key)] : []
    },
    remove: async (key) => writerAt(key).remove(key),
    createHash: createPortableHash,
    lease: async (key) => {
      const store = storeAt(key)
      takeLease ??= createLeases({ newId, owner: newId(), term })
      const held = await takeLease(store.repository, key)
      return held && leaseOver(store, held)
    }
  }
}
