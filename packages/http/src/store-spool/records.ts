/** The records of a spool in a store: one document each. */
import type { Json, JsonObject, Repository } from '@userpoint/core/repository'
import type { SpoolKey, SpoolRecord } from '../spool.ts'
import { change, type Commit, committed, creation, documentAt } from './documents.ts'

/** Returns a record as JSON, without the fields that are `undefined`. */
const bodyOf = (record: SpoolRecord): JsonObject => ({ value: JSON.parse(JSON.stringify(record)) as Json })

/** Stores a record; replaces an existing one. */
export const putRecord = (
  { repository, newId }: { readonly repository: Repository; readonly newId: () => string },
  commit: Commit,
  key: SpoolKey,
  record: SpoolRecord
): Promise<void> =>
  committed(commit, async () => {
    const found = await documentAt(repository, 'spool_record', key)
    const body = bodyOf(record)
    const write = found === undefined ? creation('spool_record', key, newId(), body) : change(found, body)
    return { writes: [write], result: undefined }
  })

export const getRecord = async (repository: Repository, key: SpoolKey): Promise<SpoolRecord | undefined> =>
  (await documentAt(repository, 'spool_record', key))?.body['value'] as SpoolRecord | undefined
