import { createReadStream } from 'node:fs'
import { Readable } from 'node:stream'
import { createMemoryRepository } from '@userpoint/adapter-memory'
import type { Repository } from '@userpoint/core/repository'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createUserpoint, type ProfileOf, type Source, UserpointFailed, type Who } from '../src/index.ts'
import { importCsv } from '../src/csv/index.ts'

const open = (repository: Partial<Repository> = {}) =>
  createUserpoint({ repository: { ...createMemoryRepository(), ...repository } })

const ada = { emailHash: 'ada' }

class Customer {
  city = 'Lyon'
}

const notProperties: ReadonlyArray<readonly [string, unknown]> = [
  ['undefined', undefined],
  ['null', null],
  ['text', 'Lyon'],
  ['a number', 7],
  ['a boolean', true],
  ['an array', [{ city: 'Lyon' }]],
  ['bytes', new Uint8Array([1, 2])],
  ['a Date', new Date()],
  ['a Map', new Map([['city', 'Lyon']])],
  ['an object of a class', new Customer()],
  ['a promise', Promise.resolve({ city: 'Lyon' })],
  ['a function', () => ({ city: 'Lyon' })]
]

describe('what is no object of properties', () => {
  it.each(notProperties)('is refused and changes nothing: %s', async (_, given) => {
    const people = open()
    await people.upsert(ada, { city: 'Paris' })
    await people.choices.set(ada, '7', { accepted: true }, 1)
    const before = await people.find(ada)
    const properties = given as Record<string, unknown>
    for (const merge of ['shallow', 'deep', 'replace'] as const) {
      const wrong = people.upsert(ada, properties, { merge, profile: { compartment: '0' } })
      await expect(wrong).rejects.toMatchObject({ name: 'UserpointRejected', path: 'user_profile' })
    }
    const wrong = people.choices.set(ada, '7', properties, 2)
    await expect(wrong).rejects.toMatchObject({ name: 'UserpointRejected', path: 'user_choice' })
    expect(await people.find(ada)).toEqual(before)
  })

  it('is told from an object without a prototype', async () => {
    const people = open()
    await people.upsert(ada, Object.assign(Object.create(null), { city: 'Paris' }))
    expect((await people.find(ada))?.profiles).toMatchObject([{ city: 'Paris' }])
  })
})

describe('an option that is misspelt', () => {
  it('is a mistake in the program: it never replaces a profile', async () => {
    const people = createUserpoint({
      repository: createMemoryRepository(),
      settings: { policies: { defaultStrategy: 'replace' } }
    })
    await people.upsert(ada, { city: 'Paris' })
    for (const merge of ['deeep', 'toString', '__proto__', ''])
      await expect(people.upsert(ada, { name: 'Ada' }, { merge: merge as 'deep' })).rejects.toBeInstanceOf(TypeError)
    expect((await people.find(ada))?.profiles).toMatchObject([{ city: 'Paris' }])
  })

  it('is a mistake in the program: it never deletes another profile', async () => {
    const people = open()
    await people.upsert(ada, { city: 'Paris' })
    for (const profile of ['7', 7, null, ['7'], { compartmentId: '7' }])
      await expect(people.deleteProfile(ada, profile as ProfileOf)).rejects.toBeInstanceOf(TypeError)
    expect((await people.find(ada))?.profiles).toMatchObject([{ city: 'Paris' }])
  })

  it.each([undefined, null, 'ada', 7, []])('is a mistake in the program: a person named by %j', async (who) => {
    await expect(open().find(who as unknown as Who)).rejects.toThrow('name one person')
  })
})

describe('a source', () => {
  const line = (hash: string) =>
    `${JSON.stringify({ operation: 'UPSERT', email_hash: hash, force_replace: false, user_profile: {} })}\n`

  it('that gives anything but bytes or text is refused: no chunk is dropped', async () => {
    const noChunk = fc.oneof(
      fc.object(),
      fc.integer(),
      fc.boolean(),
      fc.constantFrom<unknown>(null, undefined, new ArrayBuffer(9), new Uint16Array(2), [1], new Date())
    )
    const good = fc.constantFrom<unknown>(line('a'), Buffer.from(line('b')), '', new Uint8Array())
    await fc.assert(
      fc.asyncProperty(fc.array(good, { maxLength: 2 }), noChunk, async (chunks, wrong) => {
        const pieces = async function* () {
          yield* [...chunks, wrong]
        }
        for (const source of [pieces, pieces()] as ReadonlyArray<unknown>) {
          const people = open()
          const failed = people.import('USER_PROFILE', source as Source)
          await expect(failed).rejects.toMatchObject({ code: 'INPUT_FAILED', certain: 'nothing-applied' })
          expect(await people.find({ emailHash: 'a' })).toBeUndefined()
        }
      }),
      { numRuns: 50 }
    )
  })

  it('that can be read once and fails throws as every input that fails', async () => {
    const cause = new Error('the line is down')
    const broken = () =>
      Readable.from(
        (async function* () {
          yield line('a')
          throw cause
        })()
      )
    const people = open()
    const failed = people.import('USER_PROFILE', broken())
    await expect(failed).rejects.toBeInstanceOf(UserpointFailed)
    await expect(failed).rejects.toMatchObject({ code: 'INPUT_FAILED', certain: 'nothing-applied', cause })
    expect(await people.safe.import('USER_PROFILE', broken())).toMatchObject({ ok: false, error: { cause } })
    const spent = new Blob([line('a')]).stream()
    await new Response(spent).text()
    await expect(people.import('USER_PROFILE', spent)).rejects.toMatchObject({ code: 'INPUT_FAILED' })
  })

  // Nothing reads the stream when its error comes, unless the call began to read at once.
  it.each<[string, (source: Readable) => Promise<unknown>]>([
    ['an import', (source) => open().import('USER_PROFILE', source)],
    [
      'an import of CSV',
      (source) =>
        importCsv(open(), 'USER_PROFILE', source, {
          columns: ['hash'],
          line: ({ hash }) => ({ operation: 'DELETE', email_hash: hash }),
          errors: 'a-folder-that-is-missing/errors.csv'
        })
    ]
  ])('of a file that is missing does not end the process: %s', async (_, call) => {
    const failed = call(createReadStream('a-file-that-is-missing'))
    await expect(failed).rejects.toMatchObject({
      code: 'INPUT_FAILED',
      certain: 'nothing-applied',
      cause: { code: 'ENOENT' }
    })
  })

  it('waits for what is told of its progress, and fails with it', async () => {
    const cause = new Error('the progress is not kept')
    const onProgress = async () => {
      await new Promise((wake) => setTimeout(wake, 1))
      throw cause
    }
    const failed = open().import('USER_PROFILE', line('a'), { onProgress })
    await expect(failed).rejects.toMatchObject({ code: 'INPUT_FAILED', certain: 'nothing-applied', cause })
  })
})

it('a store that fails while people or executions are listed throws as in every call', async () => {
  const cause = new Error('down')
  const people = open({
    scan: () => {
      throw cause
    }
  })
  const listed = async (each: AsyncIterable<unknown>) => {
    for await (const one of each) void one
  }
  for (const each of [people.export(), people.executions()])
    await expect(listed(each)).rejects.toMatchObject({ code: 'STORE_FAILED', certain: 'nothing-applied', cause })
})

describe('a function for verdicts that throws', () => {
  const lines = (count: number) =>
    Array.from(
      { length: count },
      (_, n) =>
        `${JSON.stringify({ operation: 'UPSERT', email_hash: `h${n}`, force_replace: false, user_profile: {} })}\n`
    ).join('')
  const cause = new Error('the disk of the verdicts is full')

  it('stops the import after its batch, with the report of what is applied', async () => {
    const people = open()
    let calls = 0
    const failed = people.import('USER_PROFILE', lines(3_000), {
      onVerdicts: async () => {
        calls++
        await new Promise((wake) => setTimeout(wake, 1))
        if (calls === 2) throw cause
      }
    })
    const error = await failed.catch((reason: unknown) => reason)
    expect(error).toBeInstanceOf(UserpointFailed)
    expect(error).toMatchObject({ code: 'VERDICTS_FAILED', certain: 'part-applied', cause })
    const { report } = error as UserpointFailed
    let found = 0
    for await (const _ of people.export()) found++
    expect(report).toMatchObject({ status: 'Stopped', applied: found, lines: found })
    expect([found > 0, found < 3_000, calls]).toEqual([true, true, 2])
  })

  it('stops an execution before its batch, with the report of the batches before', async () => {
    const people = open()
    let calls = 0
    const failed = people.import('USER_PROFILE', lines(3_000), {
      execution: 'nightly',
      verdictSink: (_, length) => {
        calls++
        if (calls === 3) throw cause
        return length + 1
      }
    })
    const error = await failed.catch((reason: unknown) => reason)
    expect(error).toMatchObject({ code: 'VERDICTS_FAILED', certain: 'part-applied', cause })
    let found = 0
    for await (const _ of people.export()) found++
    expect((error as UserpointFailed).report).toMatchObject({ status: 'Failed', applied: found })
    expect(found).toBeGreaterThan(0)
  })

  it('is not told from a refused execution by what earlier runs applied', async () => {
    const people = open()
    await people.import('USER_PROFILE', lines(2), { execution: 'nightly' })
    const refused = people.import('USER_PROFILE', lines(3), { execution: 'nightly' })
    await expect(refused).rejects.toMatchObject({ code: 'EXECUTION_REFUSED', certain: 'nothing-applied' })
  })
})

it('an empty text is no document: it may be a variable that was never filled', async () => {
  await expect(open().import('USER_PROFILE', '')).rejects.toMatchObject({ code: 'WRONG_ARGUMENT' })
})
