import { createReadStream, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { gzipSync } from 'node:zlib'
import { createMemoryRepository } from '@userpoint/adapter-memory'
import type { Repository } from '@userpoint/core/repository'
import { afterAll, describe, expect, expectTypeOf, it } from 'vitest'
import {
  createUserpoint,
  type Person,
  type Source,
  UserpointFailed,
  UserpointRejected,
  type Who
} from '../src/index.ts'

const open = () => createUserpoint({ repository: createMemoryRepository() })

const propertiesOf = (person: unknown): unknown => {
  const [profile] = (person as { profiles: ReadonlyArray<Record<string, unknown>> }).profiles
  return Object.fromEntries(Object.entries(profile ?? {}).filter(([key]) => !key.startsWith('$')))
}

const everyWho: ReadonlyArray<readonly [string, Who]> = [
  ['a hash', { emailHash: 'h' }],
  ['an address', { email: 'ada@example.org' }],
  ['an account', { account: '17' }],
  ['an account of a compartment', { account: '17', compartment: 1 }],
  ['a device', { userAgent: 'vec:1' }],
  ['a phone number', { phone: '+33123456789' }],
  ['a uuid', { uuid: 'u' }],
  ['a custom identifier', { custom: { name: 'card', value: 'c' } }]
]

describe('a person named by', () => {
  it.each(everyWho)('%s is upserted, found, explained and erased', async (_, who) => {
    const people = open()
    expect(await people.find(who)).toBeUndefined()
    expect(await people.upsert(who, { city: 'Paris' })).toMatchObject({ outcome: 'applied' })
    expect(propertiesOf(await people.find(who))).toEqual({ city: 'Paris' })
    const planned = await people.explainErase(who)
    expect(planned.map(({ before }) => before)).toContainEqual(expect.objectContaining({}))
    expect(await people.erase(who)).toMatchObject({ outcome: 'applied', effect: { _tag: 'UserPointDeleted' } })
    expect(await people.erase(who)).toMatchObject({ outcome: 'noop', reason: 'NOT_FOUND' })
    expect(await people.explainErase(who)).toEqual([])
  })

  it('its own id, which no upsert makes', async () => {
    const people = open()
    const done = await people.upsert({ emailHash: 'h' }, {})
    if (done.outcome !== 'applied') throw new Error('not applied')
    const who = { userPoint: done.userPoint }
    expect(await people.upsert(who, { city: 'Lyon' })).toMatchObject({ outcome: 'applied' })
    expect(propertiesOf(await people.find({ emailHash: 'h' }))).toEqual({ city: 'Lyon' })
    await people.erase(who)
    await expect(people.upsert(who, {})).rejects.toMatchObject({ code: 'UNKNOWN_USER_POINT' })
  })
})

describe('an upsert', () => {
  it('merges as it is told to', async () => {
    const people = open()
    const who = { emailHash: 'h' }
    await people.upsert(who, { a: { x: 1 }, tags: ['one'] })
    await people.upsert(who, { a: { y: 2 }, tags: ['two'] }, { merge: 'deep' })
    expect(propertiesOf(await people.find(who))).toEqual({ a: { x: 1, y: 2 }, tags: ['one', 'two'] })
    await people.upsert(who, { a: { z: 3 } })
    expect(propertiesOf(await people.find(who))).toEqual({ a: { z: 3 }, tags: ['one', 'two'] })
    await people.upsert(who, { b: 1 }, { merge: 'replace' })
    expect(propertiesOf(await people.find(who))).toEqual({ b: 1 })
  })

  it('that is wrong throws, with its code and its place and no value', async () => {
    const wrong = open().upsert({ emailHash: 'h' }, { secret: 'a\u0000b' })
    await expect(wrong).rejects.toBeInstanceOf(UserpointRejected)
    await expect(wrong).rejects.toMatchObject({ code: 'BAD_TEXT' })
    await expect(open().upsert({ emailHash: '' }, {})).rejects.toMatchObject({ code: 'BAD_FIELD' })
    await expect(open().upsert({} as Who, {})).rejects.toBeInstanceOf(TypeError)
    // @ts-expect-error Two identifiers may be two people's.
    await expect(open().upsert({ emailHash: 'h', email: 'e' }, {})).rejects.toBeInstanceOf(TypeError)
  })

  it('[A-49] takes the value as it is when it is called', async () => {
    const people = open()
    const properties: Record<string, unknown> = { n: 0 }
    const pending = [1, 2, 3].map((n) => {
      properties.n = n
      return people.upsert({ emailHash: `h${n}` }, properties)
    })
    properties.n = 'later'
    await Promise.all(pending)
    for (const n of [1, 2, 3]) expect(propertiesOf(await people.find({ emailHash: `h${n}` }))).toEqual({ n })
  })

  it('of one person at the same moment a hundred times lands a hundred times', async () => {
    const people = open()
    const done = await Promise.all(
      Array.from({ length: 100 }, (_, n) => people.upsert({ emailHash: 'h' }, { [`p${n}`]: n }))
    )
    expect(done.every(({ outcome }) => outcome === 'applied')).toBe(true)
    expect(Object.keys(propertiesOf(await people.find({ emailHash: 'h' })) as object)).toHaveLength(100)
  })
})

describe('people', () => {
  it('are joined, parted, and stripped of attributes, profiles, segments and choices', async () => {
    const people = open()
    const hash = { emailHash: 'h' }
    const device = { userAgent: 'vec:1' }
    await people.upsert(hash, { name: 'Ada', tags: ['a', 'b', 'a'], age: 36 })
    expect(await people.associate(hash, device, { email: 'ada@example.org' })).toMatchObject({ outcome: 'applied' })
    expect(propertiesOf(await people.find(device))).toMatchObject({ name: 'Ada' })
    await people.removeIdentifier(device)
    expect(await people.find(device)).toBeUndefined()
    await people.removeAttributes(hash, { whole: ['age'], values: { tags: ['a'] } })
    expect(propertiesOf(await people.find({ email: 'ada@example.org' }))).toEqual({ name: 'Ada', tags: ['b'] })
    await people.segments.add(hash, { id: 's' }, { expires: new Date(Date.now() + 60_000) })
    await people.choices.set(hash, 'p', { $choice_acceptance_value: false }, 1_000)
    expect(await people.find(hash)).toMatchObject({
      segments: [{ segment_id: 's' }],
      choices: [{ $processing_id: 'p' }]
    })
    await people.segments.remove(hash, { id: 's' })
    await people.choices.remove(hash, 'p')
    expect(await people.deleteProfile(hash)).toMatchObject({ outcome: 'applied' })
    const person = await people.find(hash)
    expect(person).toMatchObject({ profiles: [] })
    expect(person).not.toHaveProperty('segments')
    expect(person).not.toHaveProperty('choices')
  })

  it('have the fields of their type', async () => {
    const people = open()
    await people.upsert({ emailHash: 'h' }, { city: 'Paris' })
    const person = await people.find({ emailHash: 'h' })
    expect(person?.profiles[0]?.city).toBe('Paris')
    expect(person?.identifiers).toEqual([{ type: 'USER_EMAIL', hash: 'h' }])
    expectTypeOf(person?.segments).toEqualTypeOf<Person['segments'] | undefined>()
  })

  it('are exported one by one', async () => {
    const people = open()
    for (const n of [1, 2, 3]) await people.upsert({ emailHash: `h${n}` }, { n })
    const all: unknown[] = []
    for await (const person of people.export()) all.push(propertiesOf(person))
    expect(all).toEqual([{ n: 1 }, { n: 2 }, { n: 3 }])
  })
})

const line = (n: number) =>
  JSON.stringify({ operation: 'UPSERT', email_hash: `h${n}`, force_replace: true, user_profile: { n } })
const text = `${[1, 2, 3].map(line).join('\n')}\n{"operation":"UPSERT"}\n`
const bytes = new TextEncoder().encode(text)

const folder = mkdtempSync(join(tmpdir(), 'userpoint-test-'))
const path = join(folder, 'crm.ndjson')
writeFileSync(path, text)
writeFileSync(`${path}.gz`, Buffer.concat([gzipSync(text.slice(0, 90)), gzipSync(text.slice(90))]))
afterAll(() => rmSync(folder, { recursive: true }))

async function* pieces() {
  for (let at = 0; at < bytes.length; at += 7) yield bytes.slice(at, at + 7)
}

describe('an import', () => {
  it.each<[string, () => Source]>([
    ['text', () => text],
    ['bytes', () => bytes],
    ['a path', () => path],
    ['a URL', () => new URL(`file://${path}`)],
    ['a path to gzip of two members', () => `${path}.gz`],
    ['a Blob', () => new Blob([bytes])],
    ['a stream of Node', () => createReadStream(path)],
    ['a stream of texts', () => Readable.from([text.slice(0, 50), text.slice(50)])],
    ['a stream of the web', () => new Blob([bytes]).stream()],
    ['an async iterable', () => pieces()],
    ['a function that opens a stream', () => () => createReadStream(path)],
    ['a function that promises a stream', () => async () => createReadStream(path)],
    ['a function that gives bytes', () => () => bytes]
  ])('takes %s', async (_, source) => {
    const people = open()
    const verdicts: string[] = []
    const report = await people.import('USER_PROFILE', source(), {
      onVerdicts: (some) => void verdicts.push(...some.map(({ verdict }) => verdict._tag))
    })
    expect(report).toMatchObject({ status: 'Completed', lines: 4, applied: 3, rejected: 1 })
    expect(verdicts).toEqual(['Applied', 'Applied', 'Applied', 'Rejected'])
  })

  const named = (hash: string) =>
    `{"operation":"UPSERT","email_hash":"${hash}","force_replace":true,"user_profile":{}}\n`
  const cut = (whole: string) => whole.split(/(?<=\ud83d)/)

  it.each<[string, (whole: string) => Source]>([
    ['text', (whole) => whole],
    ['a stream of texts', (whole) => Readable.from([whole])],
    ['a stream of texts that end in it', (whole) => Readable.from(cut(whole))],
    ['a stream of a text and bytes', (whole) => Readable.from([cut(whole)[0], Buffer.from(cut(whole)[1] ?? '')])]
  ])('is refused with a lone surrogate in %s, and not repaired to that of another person', async (_, source) => {
    const report = await open().import('USER_PROFILE', source(named('a') + named('b\ud83d')))
    expect(report).toMatchObject({
      status: 'JobRejected',
      applied: 0,
      jobRejection: { code: 'INVALID_UTF8', lines: [2] }
    })
  })

  it('takes a stream of texts that cuts a character in two', async () => {
    const people = open()
    await people.import('USER_PROFILE', Readable.from(cut(named('\u{1f600}'))))
    expect(await people.find({ emailHash: '\u{1f600}' })).toBeDefined()
  })

  it('under a name is applied once, and tells how far both readings are', async () => {
    const people = open()
    const told = new Set<number>()
    const once = await people.import('USER_PROFILE', path, {
      execution: 'nightly-07',
      onProgress: ({ reading }) => void told.add(reading)
    })
    const again = await people.import('USER_PROFILE', path, { execution: 'nightly-07' })
    expect([...told]).toEqual([1, 2])
    expect(again).toMatchObject({ applied: once.applied, wasFinal: true })
    const executions: string[] = []
    for await (const { id } of people.executions()) executions.push(id)
    expect(executions).toEqual(['nightly-07'])
  })

  it('of a source that fails says so', async () => {
    const missing = open().import('USER_PROFILE', join(folder, 'none.ndjson'))
    await expect(missing).rejects.toMatchObject({ code: 'INPUT_FAILED', certain: 'nothing-applied' })
    await expect(open().import('USER_PROFILE', 7 as unknown as Source)).rejects.toBeInstanceOf(TypeError)
  })
})

describe('a store that fails', () => {
  const failing = (repository: Partial<Repository>) =>
    createUserpoint({ repository: { ...createMemoryRepository(), ...repository } })

  it('throws what is certain', async () => {
    const cause = new Error('down')
    const down = () => {
      throw cause
    }
    await expect(failing({ load: down }).erase({ emailHash: 'h' })).rejects.toMatchObject({
      code: 'STORE_FAILED',
      certain: 'nothing-applied',
      cause
    })
    const { commit } = createMemoryRepository()
    const downForPeople: Repository['commit'] = (writes) =>
      writes.some(({ kind }) => kind === 'user_point') ? down() : commit(writes)
    await expect(failing({ commit: downForPeople }).upsert({ emailHash: 'h' }, {})).rejects.toMatchObject({
      code: 'INDETERMINATE',
      certain: 'unknown'
    })
  })

  it('is a value for those who prefer it', async () => {
    const people = open()
    expect(await people.safe.upsert({ emailHash: 'h' }, {})).toMatchObject({ ok: true, value: { outcome: 'applied' } })
    const refused = await people.safe.choices.set({ emailHash: '' }, 'p', {}, 1)
    expect(refused.ok === false && refused.error).toBeInstanceOf(UserpointRejected)
    const down = await failing({ load: () => Promise.reject(new Error('down')) }).safe.find({ emailHash: 'h' })
    expect(down.ok === false && down.error).toBeInstanceOf(UserpointFailed)
    await expect(people.safe.find({} as Who)).rejects.toBeInstanceOf(TypeError)
  })
})

describe('policies on who is named', () => {
  const policies = { blockedValues: ['undefined', '0'], knownCompartments: ['1'], knownRegistries: ['7'] }
  const people = createUserpoint({ repository: createMemoryRepository(), settings: { policies } })
  const codeOf = async (call: Promise<unknown>) =>
    call.then(
      () => 'accepted',
      (error: UserpointRejected) => error.code
    )

  it.each([
    ['[A-46] a hash', { emailHash: 'undefined' }, 'BLOCKED_VALUE'],
    ['[A-46] an address', { email: ' UNDEFINED ' }, 'BLOCKED_VALUE'],
    ['[A-46] a phone number', { phone: '0' }, 'BLOCKED_VALUE'],
    ['[A-46] an account', { account: '0', compartment: '1' }, 'BLOCKED_VALUE'],
    ['[A-07] a compartment', { account: 'a', compartment: '2' }, 'UNKNOWN_COMPARTMENT'],
    ['[A-07] a registry', { userAgent: 'net:8:x' }, 'UNKNOWN_REGISTRY']
  ] as const)('hold for calls that add, and not for others: %s', async (_, who, code) => {
    expect(await codeOf(people.upsert(who, {}, { profile: { compartment: '1' } }))).toBe(code)
    expect(await codeOf(people.segments.add(who, { id: 's' }))).toBe(code)
    expect(await codeOf(people.choices.set(who, 'p', { $choice_acceptance_value: true }, 1))).toBe(code)
    expect(await codeOf(people.associate(who, { emailHash: 'a' }))).toBe(code)
    expect(await codeOf(people.associate({ emailHash: 'a' }, who))).toBe(code)
    expect(await codeOf(people.erase(who))).toBe('accepted')
    expect(await codeOf(people.segments.remove(who, { id: 's' }))).toBe('accepted')
    expect(await codeOf(people.find(who))).toBe('accepted')
  })
})

it('adds a membership without an end', async () => {
  const people = createUserpoint({ repository: createMemoryRepository() })
  await people.segments.add({ emailHash: 'a' }, { id: 's' })
  expect(JSON.stringify(await people.find({ emailHash: 'a' }))).toContain('"s"')
})
