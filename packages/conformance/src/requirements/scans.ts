/** PO-11 and PO-12: the documents and the resources of a scan. */
import type { Stored } from '@userpoint/core/repository'
import fc from 'fast-check'
import { hostileIds, id, ids } from '../hostile.ts'
import { fail, Mismatch, sameAnswers } from '../compare.ts'
import { type Handle, requirement } from '../trial.ts'
import { byId, land, put, remove, stored, userPoint } from '../writes.ts'

const ascending = (documents: ReadonlyArray<Stored>): ReadonlyArray<Stored> =>
  documents.toSorted((a, b) => (a.id < b.id ? -1 : 1))

const numbered = (count: number): ReadonlyArray<Stored> =>
  Array.from({ length: count }, (_, index) => stored(`id-${String(index).padStart(5, '0')}`, { index }))

const landAll = (handle: Handle, documents: ReadonlyArray<Stored>): Promise<void> =>
  land(
    handle,
    documents.map((one) => put(one))
  )

/** Asserts that a handle reads, writes and scans as if no scan had been started. */
const demandFree = async (handle: Handle, documents: ReadonlyArray<Stored>, name: string): Promise<void> => {
  const fresh = stored(name, { fresh: true })
  await landAll(handle, [fresh])
  sameAnswers([fresh], await handle.load([byId(name)]), () => 'a load after an early exit')
  const all = ascending([...documents, fresh])
  sameAnswers(all, await handle.scan(userPoint), (index) => `document ${index} of a scan after an early exit`)
  await land(handle, [remove(fresh)])
}

export const scanRequirements = [
  requirement({
    key: 'PO-11.order',
    sentence: 'a scan yields each id once, ascending by code point, only ids after `after`, and at most `limit`',
    check: async (trial) => {
      await trial.withStore(async ({ handle }) => {
        const documents = hostileIds.map((name, index) => stored(name, { index }))
        await landAll(handle, documents)
        const all = ascending(documents)
        sameAnswers(all, await handle.scan(userPoint), (index) => `document ${index} of all`)
        for (const after of hostileIds) {
          const rest = all.filter((one) => one.id > after)
          sameAnswers(rest, await handle.scan(userPoint, { after }), (index) => `document ${index} after one`)
        }
      })
      const options = fc.record({ after: id(), limit: fc.integer({ min: 1, max: 15 }) }, { requiredKeys: [] })
      await trial.forAll(
        60,
        fc.tuple(ids(), fc.array(options, { minLength: 1, maxLength: 4 })),
        async ([names, scans]) => {
          await trial.withStore(async ({ handle }) => {
            const documents = names.map((name, index) => stored(name, { index }))
            await landAll(handle, documents)
            for (const one of scans) {
              const { after, limit } = one
              const rest = ascending(documents).filter(({ id: name }) => after === undefined || name > after)
              const found = await handle.scan(userPoint, one)
              sameAnswers(rest.slice(0, limit), found, (index) => `document ${index} of the scan`)
            }
          })
        }
      )
    }
  }),
  requirement({
    key: 'PO-11.one-kind',
    sentence: 'a scan yields only documents of its kind',
    check: async (trial) => {
      await trial.withStore(async ({ handle }) => {
        const kinds = ['user_point', 'user_points', 'userxpoint', 'user', '_']
        const documents = kinds.map((kind) => [stored('a', { kind }, 1, kind), stored('b', { kind }, 1, kind)])
        await landAll(handle, documents.flat())
        for (const [index, kind] of kinds.entries()) {
          sameAnswers(documents[index] ?? [], await handle.scan(kind), (place) => `document ${place} of kind ${kind}`)
        }
        sameAnswers([], await handle.scan('nobody'), () => 'the scan of a kind without documents')
      })
    }
  }),
  requirement({
    key: 'PO-11.pages',
    sentence: 'scans of 3,000 documents, whole or page by page, yield each document exactly once',
    check: async (trial) => {
      await trial.withStore(async ({ handle }) => {
        const documents = numbered(3_000)
        await landAll(handle, documents)
        sameAnswers(documents, await handle.scan(userPoint), (index) => `document ${index}`)
        for (const limit of [1, 999, 1_000, 2_999, 3_000, 3_001]) {
          const found = await handle.scan(userPoint, { limit })
          sameAnswers(documents.slice(0, limit), found, (index) => `document ${index} with limit ${limit}`)
        }
        const paged: Array<Stored> = []
        for (let page = 0; page < 20; page += 1) {
          const last = paged.at(-1)
          paged.push(
            ...(await handle.scan(userPoint, last === undefined ? { limit: 170 } : { limit: 170, after: last.id }))
          )
        }
        sameAnswers(documents, paged, (index) => `document ${index}, page by page`)
      })
    }
  }),
  requirement({
    key: 'PO-11.steady',
    sentence: 'a document that exists during a whole scan is yielded once, even if other commits land meanwhile',
    check: async (trial) => {
      await trial.withStore(async ({ handle }) => {
        const documents = numbered(2_400)
        const [steady, leaving] = [0, 1].map((rest) => documents.filter((_, index) => index % 2 === rest))
        await landAll(handle, documents)
        const gone = new Set<string>()
        const found = await handle.scan(userPoint, undefined, async (_, index) => {
          if (index % 300 !== 0) return
          const batch = (leaving ?? []).slice(index, index + 300).filter((one) => !gone.has(one.id))
          for (const one of batch) gone.add(one.id)
          const arrivals = ['id-', 'id-00000-', 'id-01200-', 'id-9-'].map((prefix) => put(stored(`${prefix}${index}`)))
          await land(handle, [...batch.map((one) => remove(one)), ...arrivals])
        })
        const names = found.map((one) => one.id)
        if (names.some((name, index) => index > 0 && name <= (names[index - 1] as string))) {
          fail('the scan is not ascending, or yielded an id twice')
        }
        const wanted = new Set((steady ?? []).map((one) => one.id))
        sameAnswers(
          steady ?? [],
          found.filter((one) => wanted.has(one.id)),
          (index) => `steady document ${index}`
        )
      })
    }
  }),
  requirement({
    key: 'PO-12.early-exit',
    sentence: 'an early exit from a scan, by break or by throw, at any place, releases all resources',
    check: async (trial) => {
      await trial.withStore(async ({ handle }) => {
        const documents = numbered(1_500)
        await landAll(handle, documents)
        for (const [index, place] of [0, 1, 2, 100, 999, 1_000, 1_498, 1_499].entries()) {
          const found = await handle.scan(userPoint, undefined, (_, at) => (at === place ? 'stop' : undefined))
          sameAnswers(documents.slice(0, place + 1), found, (at) => `document ${at}`)
          await demandFree(handle, documents, `new-${index}`)
        }
        const thrown = new Mismatch('on purpose')
        const caught = handle.scan(userPoint, undefined, () => {
          throw thrown
        })
        await caught.catch((error: unknown) => {
          if (error !== thrown) throw error
        })
        await demandFree(handle, documents, 'new-after-throw')
      })
    }
  }),
  requirement({
    key: 'PO-12.during',
    sentence: 'commits, loads and other scans work during a scan',
    check: async (trial) => {
      await trial.withStore(async ({ handle }) => {
        const documents = numbered(1_200)
        await landAll(handle, documents)
        const found = await handle.scan(userPoint, undefined, async (_, index) => {
          if (index % 400 !== 1) return
          await demandFree(handle, documents, `new-${index}`)
          const inner = await handle.scan(userPoint, { after: 'id-00100' }, (_one, at) =>
            at === 3 ? 'stop' : undefined
          )
          sameAnswers(documents.slice(101, 105), inner, (at) => `document ${at} of a scan within a scan`)
        })
        const known = found.filter((one) => one.id.startsWith('id-'))
        sameAnswers(documents, known, (index) => `document ${index} of the outer scan`)
      })
    }
  }),
  requirement({
    key: 'PO-12.unbegun',
    sentence: 'a scan that is never started, or is abandoned, blocks no other call, `close` included',
    check: async (trial) => {
      await trial.withStore(async ({ handle }) => {
        const documents = numbered(1_200)
        await landAll(handle, documents)
        handle.repository.scan(userPoint)
        const scan = handle.repository.scan(userPoint)
        const left = Symbol.asyncIterator in scan ? scan[Symbol.asyncIterator]() : scan[Symbol.iterator]()
        const first = await left.next()
        if (first.done === true) fail('a scan of documents gave none')
        await demandFree(handle, documents, 'new')
        await handle.close()
      })
    }
  })
]
