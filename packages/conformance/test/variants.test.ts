/**
 * Stores that keep every law in unusual ways; the suite must pass each of them.
 *
 * Slow: each test runs the whole suite.
 */
import { env } from 'node:process'
import { budgetFrom, conformance } from '@userpoint/conformance'
import type { Json, JsonObject, Repository, Stored, Write } from '@userpoint/core/repository'
import { expect, test } from 'vitest'
import { overLine } from './broken/simulated-line.ts'
import { type BrokenStore, harnessOf, type Parts } from './broken/small-store.ts'

const rebuilt = (value: Json, make: (entries: ReadonlyArray<[string, Json]>) => object): Json => {
  if (Array.isArray(value)) return value.map((item: Json) => rebuilt(item, make))
  if (typeof value !== 'object' || value === null) return value
  return make(Object.entries(value).map(([key, inner]) => [key, rebuilt(inner, make)])) as JsonObject
}

const withBodies = (make: (entries: ReadonlyArray<[string, Json]>) => object): Partial<Parts> => ({
  decode: (text) => rebuilt(JSON.parse(text) as Json, make) as JsonObject
})

const withoutPurge = (repository: Repository): Repository => {
  const { purge, ...rest } = repository
  return purge === undefined ? repository : rest
}

const variants: ReadonlyArray<Omit<BrokenStore, 'breaks'>> = [
  { name: 'keys in another order', parts: withBodies((entries) => Object.fromEntries(entries.toReversed())) },
  {
    name: 'objects without prototype',
    parts: withBodies((entries) => {
      const out: object = Object.create(null)
      for (const [key, value] of entries) {
        Object.defineProperty(out, key, { value, enumerable: true, writable: true, configurable: true })
      }
      return out
    })
  },
  { name: 'frozen answers', parts: withBodies((entries) => Object.freeze(Object.fromEntries(entries))) },
  {
    name: 'asynchronous throughout',
    wrap: (correct) => ({
      ...correct,
      load: async (references) => {
        await undefined
        return await correct.load(references)
      },
      commit: async (writes) => {
        await undefined
        const result = await correct.commit(writes)
        await undefined
        return result
      },
      async *scan(kind, options) {
        await undefined
        for (const stored of correct.scan(kind, options) as Iterable<Stored>) {
          await undefined
          yield stored
        }
      },
      purge: async () => {
        await undefined
        await correct.purge?.()
      }
    })
  },
  {
    name: 'a scan of one moment',
    wrap: (correct) => ({ ...correct, scan: (kind, options) => [...(correct.scan(kind, options) as Iterable<Stored>)] })
  },
  {
    name: 'thrown conflicts of races',
    wrap: (correct) => {
      let busy = false
      return {
        ...correct,
        commit: async (writes) => {
          if (busy) throw Object.assign(new Error('busy'), { applied: false })
          busy = true
          await undefined
          busy = false
          return await correct.commit(writes)
        }
      }
    }
  },
  {
    name: 'a batch that lands a while after its line was lost',
    overLine: (correct, line) => {
      let late: ReadonlyArray<Write> = []
      const server: Repository = {
        ...correct,
        commit: (writes) => {
          if (!line.happened()) return correct.commit(writes)
          late = writes
          return { _tag: 'Committed' }
        },
        load: async (references) => {
          const writes = late
          late = []
          if (writes.length > 0) await correct.commit(writes)
          return correct.load(references)
        }
      }
      return overLine(server, line)
    }
  },
  {
    name: 'neither purge nor close',
    wrap: (correct, disk) => {
      const { close: _, ...rest } = withoutPurge(correct)
      return {
        ...rest,
        commit: (writes) => {
          const result = correct.commit(writes)
          disk.residue.length = 0
          return result
        }
      }
    }
  }
]

for (const variant of variants) {
  test(`${variant.name}: conforms`, async () => {
    for (const { run, title } of conformance(harnessOf(variant), budgetFrom(env)))
      expect(await run(), title).toEqual({ _tag: 'Passed' })
  })
}
