/**
 * Retired keys: those of documents that a batch deleted, or gave another key. The batch itself writes down their slots, so that a
 * crash loses nothing; a purge destroys them, and then deletes what is written down.
 */
import { randomBytes } from 'node:crypto'
import { type Kind, type Repository, type Stored, StoreFault, type Write } from '@userpoint/core/repository'
import type { KeyStore } from './key-store.ts'
import { shelfBody, shelfIn, shelfKind } from './shelves.ts'

const retiredKind: Kind = 'retired_keys'

/** Returns the write of the slots that a batch retires. */
export const retiredWrite = (slots: ReadonlyArray<number>): Write => ({
  kind: retiredKind,
  id: randomBytes(15).toString('base64url'),
  expected: 0,
  body: { slots },
  claim: [],
  release: []
})

const slotsIn = ({ body }: Stored): ReadonlyArray<number> => {
  const { slots } = body
  return Array.isArray(slots) ? slots.filter((slot): slot is number => typeof slot === 'number') : []
}

const pageSize = 64

/** Yields the documents of a kind in pages, each of which may be written to before the next is read. */
async function* pagesOf(inner: Repository, kind: Kind): AsyncGenerator<ReadonlyArray<Stored>, void, undefined> {
  for (let after: string | undefined; ; ) {
    const page: Stored[] = []
    const options = { limit: pageSize, ...(after !== undefined && { after }) }
    for await (const each of inner.scan(kind, options)) page.push(each)
    if (page.length > 0) yield page
    const last = page.at(-1)
    if (last === undefined || page.length < pageSize) return
    after = last.id
  }
}

/**
 * Retires the keys of batches that never landed, as after a crash: those in slots of a shelf after the last one that a committed
 * batch uses. The slots are counted before the document of the shelf is written, and a batch that is under way meanwhile conflicts,
 * and takes others.
 */
const retireLost = async (inner: Repository, keys: KeyStore): Promise<void> => {
  for await (const page of pagesOf(inner, shelfKind)) {
    for (const { kind, id, version: expected, body } of page) {
      const { shelf, used } = shelfIn({ kind, id, version: expected, body })
      const filled = used < shelf.slots ? await keys.used(shelf) : used
      if (filled <= used) continue
      const lost = Array.from({ length: filled - used }, (_, at) => shelf.first + used + at)
      const counted: Write = { kind, id, expected, body: shelfBody(shelf, filled), claim: [], release: [] }
      // After a conflict its owner is at work. What it loses later is for the next purge.
      await inner.commit([counted, retiredWrite(lost)])
    }
  }
}

const attempts = 5

const deletion = ({ kind, id, version }: Stored): Write => ({
  kind,
  id,
  expected: version,
  body: undefined,
  claim: [],
  release: []
})

/** Deletes what is written down of keys that are destroyed; another purge may do the same. */
const strike = async (inner: Repository, page: ReadonlyArray<Stored>): Promise<void> => {
  let left = page
  for (let tried = 1; tried <= attempts; tried++) {
    if ((await inner.commit(left.map(deletion)))._tag === 'Committed') return
    const found = await inner.load(left.map(({ kind, id }) => ({ _tag: 'ById', kind, id })))
    left = found.filter((each) => each !== undefined)
    if (left.length === 0) return
  }
  throw new StoreFault('keys: purge failed (another purge is at work)', { applied: false, recovery: 'retry' })
}

/** Destroys every retired key, and those of batches that never landed. What is retired meanwhile is for the next purge. */
export const purgeKeys = async (inner: Repository, keys: KeyStore): Promise<void> => {
  await retireLost(inner, keys)
  for await (const page of pagesOf(inner, retiredKind)) {
    await keys.destroy(page.flatMap(slotsIn))
    await strike(inner, page)
  }
}
