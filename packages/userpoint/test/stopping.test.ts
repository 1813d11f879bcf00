/** A signal ends an import also while it waits for input, and a stream that was read before is no empty document. */
import { PassThrough, Readable } from 'node:stream'
import { createMemoryRepository } from '@userpoint/adapter-memory'
import { describe, expect, it } from 'vitest'
import { importCsv } from '../src/csv/index.ts'
import { createUserpoint, type Source } from '../src/index.ts'

const open = () => createUserpoint({ repository: createMemoryRepository() })

const line = (hash: string) =>
  `${JSON.stringify({ operation: 'UPSERT', email_hash: hash, force_replace: false, user_profile: {} })}\n`
const lines = (count: number) => Array.from({ length: count }, (_, n) => line(`h${n}`)).join('')

const forever = new Promise<never>(() => undefined)

/** Gives a text, and then nothing, without an end. */
const ofNode = (text: string) => {
  const stream = new PassThrough()
  stream.write(text)
  return stream
}
const ofTheWeb = (text: string) =>
  new ReadableStream<Uint8Array>({ start: (controller) => controller.enqueue(new TextEncoder().encode(text)) })
async function* generated(text: string) {
  yield new TextEncoder().encode(text)
  await forever
}

const stalled: ReadonlyArray<readonly [string, (text: string) => Source]> = [
  ['a stream of Node', ofNode],
  ['a stream of the web', ofTheWeb],
  ['a generator', generated],
  ['a function that gives a stream of Node', (text) => () => ofNode(text)],
  ['a function that gives a stream of the web', (text) => () => ofTheWeb(text)],
  ['a function that gives a generator', (text) => () => generated(text)]
]

const soon = () => AbortSignal.timeout(20)

describe('a signal stops an import that waits for its input', () => {
  it.each(stalled)('from %s', async (_, source) => {
    const stopped = { status: 'Stopped', lines: 0 }
    expect(await open().import('USER_PROFILE', source(line('a')), { signal: soon() })).toMatchObject(stopped)
    const named = { signal: soon(), execution: 'x' }
    expect(await open().import('USER_PROFILE', source(line('a')), named)).toMatchObject(stopped)
    const csv = importCsv(open(), 'USER_PROFILE', source('hash\na\n'), {
      columns: ['hash'],
      line: ({ hash }) => ({ operation: 'UPSERT', email_hash: hash, force_replace: false, user_profile: {} }),
      signal: soon()
    })
    expect(await csv).toMatchObject(stopped)
  })

  it('in the second reading, with the report of what is applied; a later run continues', async () => {
    const people = open()
    const text = lines(2_000)
    let readings = 0
    const source = async function* () {
      readings++
      const half = text.length / 2
      yield text.slice(0, half)
      if (readings === 2) await forever
      yield text.slice(half)
    }
    for (const execution of [undefined, 'nightly']) {
      readings = 0
      const report = await people.import('USER_PROFILE', source, {
        signal: AbortSignal.timeout(500),
        ...(execution !== undefined && { execution })
      })
      expect(report).toMatchObject({ status: 'Stopped', rejected: 0 })
      expect(report.lines).toBeGreaterThan(0)
      expect(report.lines).toBeLessThan(2_000)
      let found = 0
      for await (const _ of people.export()) found++
      expect(found).toBe(report.lines)
    }
    expect(await people.import('USER_PROFILE', text, { execution: 'nightly' })).toMatchObject({
      status: 'Completed',
      lines: 2_000
    })
  })

  it('in the second reading of a document that is rejected as a whole', async () => {
    let readings = 0
    const source = async function* () {
      readings++
      yield `{}\n${line('a')}`
      if (readings === 2) await forever
    }
    const asked = { maxRejected: 0, signal: AbortSignal.timeout(200), execution: 'x' } as const
    expect((await open().import('USER_PROFILE', source, asked)).status).toMatch(/Stopped|JobRejected/)
  })

  it('and destroys a stream of Node', async () => {
    const streams: PassThrough[] = []
    const make = () => {
      const stream = ofNode(line('a'))
      streams.push(stream)
      return stream
    }
    await open().import('USER_PROFILE', make(), { signal: soon() })
    await open().import('USER_PROFILE', make, { signal: soon() })
    expect(streams.map(({ destroyed }) => destroyed)).toEqual([true, true])
  })
})

it('a stream of Node that was read before is not taken for an empty document', async () => {
  const spent = async () => {
    const stream = Readable.from([line('a')])
    for await (const _ of stream) void _
    return stream
  }
  const refused = { code: 'INPUT_FAILED', certain: 'nothing-applied' }
  await expect(open().import('USER_PROFILE', await spent(), { execution: 'x' })).rejects.toMatchObject(refused)
  await expect(open().import('USER_PROFILE', spent)).rejects.toMatchObject(refused)
  expect(await open().import('USER_PROFILE', Readable.from([]))).toMatchObject({ status: 'Completed', lines: 0 })
})

it('[A-49] bytes are taken as they are when the import is called, also those of a Buffer', async () => {
  const bytes = Buffer.from(line('a'))
  const pending = open().import('USER_PROFILE', bytes)
  bytes.fill(32)
  expect(await pending).toMatchObject({ applied: 1 })
})
