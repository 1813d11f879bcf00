/** The key store in a file: every key where it belongs, nothing left of a destroyed one, and no slot given out twice. */
import { fork } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import {
  appendFileSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createFileKeys, createMemoryKeys, type KeyStore } from '@userpoint/keys'
import fc from 'fast-check'
import { afterAll, describe, expect, it } from 'vitest'

const directory = mkdtempSync(join(tmpdir(), 'userpoint-keys-'))
afterAll(() => rmSync(directory, { recursive: true }))

let files = 0
const newPath = (): string => join(directory, `${files++}.keys`)

const typescript = new URL('../../../scripts/typescript.mjs', import.meta.url).href

type Step =
  | { readonly _tag: 'Keep'; readonly count: number }
  | { readonly _tag: 'Destroy'; readonly which: number }
  | { readonly _tag: 'Reserve' }
  | { readonly _tag: 'Reopen' }

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ _tag: fc.constant('Keep' as const), count: fc.integer({ min: 1, max: 20 }) }) },
  { weight: 3, arbitrary: fc.record({ _tag: fc.constant('Destroy' as const), which: fc.nat(999) }) },
  { weight: 1, arbitrary: fc.constant({ _tag: 'Reserve' as const }) },
  { weight: 1, arbitrary: fc.constant({ _tag: 'Reopen' as const }) }
)

interface Opened {
  readonly keys: KeyStore
  readonly reopen: () => KeyStore
}

const onFile = (): Opened & { readonly path: string } => {
  const path = newPath()
  let keys = createFileKeys(path)
  return {
    path,
    keys,
    reopen: () => {
      keys.close()
      keys = createFileKeys(path)
      return keys
    }
  }
}

const inMemory = (): Opened => {
  const keys = createMemoryKeys()
  return { keys, reopen: () => keys }
}

describe.each([
  ['file', onFile],
  ['memory', inMemory]
] as ReadonlyArray<readonly [string, () => Opened]>)('a key store in %s', (_, open) => {
  it('gives back what was kept, until it is destroyed, after any history', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
        const opened = open()
        let { keys } = opened
        const secret = Buffer.from(await keys.secret())
        let shelf = await keys.reserve()
        let next = 0
        const model = new Map<number, Uint8Array | 'destroyed'>()
        for (const each of steps) {
          if (each._tag === 'Reopen') keys = opened.reopen()
          else if (each._tag === 'Reserve') {
            expect(await keys.used(shelf)).toBe(next)
            shelf = await keys.reserve()
            next = 0
            expect(model.has(shelf.first)).toBe(false)
          } else if (each._tag === 'Keep') {
            const count = Math.min(each.count, shelf.slots - next)
            const given = randomBytes(32 * count)
            await keys.keep([{ first: shelf.first + next, keys: given }])
            for (let at = 0; at < count; at++) model.set(shelf.first + next + at, given.subarray(at * 32, at * 32 + 32))
            next += count
          } else {
            const slot = [...model.keys()][each.which % Math.max(1, model.size)]
            if (slot === undefined) continue
            await keys.destroy([slot])
            model.set(slot, 'destroyed')
          }
        }
        const found = await keys.find([...model.keys()])
        for (const [at, expected] of [...model.values()].entries()) {
          const answer = found[at]
          if (expected === 'destroyed') expect(answer).toEqual({ _tag: 'Destroyed' })
          else expect(answer?._tag === 'Kept' && Buffer.from(answer.key).equals(expected)).toBe(true)
        }
        if (next < shelf.slots) expect(await keys.find([shelf.first + next])).toEqual([{ _tag: 'Empty' }])
        expect(await keys.used(shelf)).toBe(next)
        expect(secret.equals(Buffer.from(await keys.secret()))).toBe(true)
      }),
      { numRuns: 30 }
    )
  })

  it('never gives out a slot twice, to callers at the same time', async () => {
    const { keys } = open()
    const shelves = await Promise.all(Array.from({ length: 40 }, () => keys.reserve()))
    const slots = shelves.flatMap(({ first, slots: count }) => Array.from({ length: count }, (__, at) => first + at))
    expect(new Set(slots).size).toBe(slots.length)
  })
})

describe('the file', () => {
  it('holds no byte of a destroyed key, and is its owner’s alone', async () => {
    const path = newPath()
    const keys = createFileKeys(path)
    const { first } = await keys.reserve()
    const [kept, doomed] = [randomBytes(32), randomBytes(32)]
    await keys.keep([{ first, keys: Buffer.concat([kept, doomed]) }])
    expect(readFileSync(path).includes(doomed)).toBe(true)
    await keys.destroy([first + 1])
    const bytes = readFileSync(path)
    for (let at = 0; at + 8 <= 32; at++) expect(bytes.includes(doomed.subarray(at, at + 8))).toBe(false)
    expect(bytes.includes(kept)).toBe(true)
    expect(statSync(path).mode & 0o777).toBe(0o600)
    keys.close()
  })

  // Slow: other processes start.
  it('never gives out a slot twice, to processes at the same time', async () => {
    const path = newPath()
    const processes = Array.from({ length: 3 }, () =>
      fork(new URL('reserve-process.ts', import.meta.url), [path, '50'], {
        execArgv: ['--conditions=userpoint-source', '--import', typescript]
      })
    )
    const given = await Promise.all(
      processes.map(async (each) => (await once(each, 'message'))[0] as ReadonlyArray<number>)
    )
    expect(new Set(given.flat()).size).toBe(150)
    expect(new Set(given.flat().map((first) => first % 1024))).toEqual(new Set([1]))
  })

  it('mends what a full disk left of a block', async () => {
    const path = newPath()
    const keys = createFileKeys(path)
    const one = await keys.reserve()
    await keys.keep([{ first: one.first, keys: Buffer.alloc(32, 7) }])
    appendFileSync(path, Buffer.alloc(5_000, 9))
    const two = await keys.reserve()
    expect(two.first % 1024).toBe(1)
    await keys.keep([{ first: two.first, keys: Buffer.alloc(32, 8) }])
    const found = await keys.find([one.first, two.first])
    expect(found.map((each) => each._tag === 'Kept' && each.key[0])).toEqual([7, 8])
    expect(statSync(path).size % 32_768).toBe(0)
    keys.close()
  })

  it.each([
    ['another program’s', 'x'.repeat(100_000)],
    ['an empty one', ''],
    ['a part of one', 'userpoint keys 1']
  ])('is refused if it is %s, and left alone', (_, text) => {
    const path = newPath()
    writeFileSync(path, text)
    expect(() => createFileKeys(path)).toThrow(expect.objectContaining({ code: 'NO_KEY_FILE', applied: false }))
    expect(readFileSync(path, 'utf8')).toBe(text)
  })

  it('is not created where it must exist, or where there is no folder', () => {
    const path = newPath()
    const missing = expect.objectContaining({ code: 'ENOENT', recovery: 'repair', applied: false })
    expect(() => createFileKeys(path, { mustExist: true })).toThrow(missing)
    expect(() => createFileKeys(join(path, 'keys'))).toThrow(missing)
    expect(existsSync(path)).toBe(false)
  })

  it('destroys no secret and no mark of a block, for any number', async () => {
    const path = newPath()
    const keys = createFileKeys(path)
    await keys.reserve()
    const before = readFileSync(path)
    for (const slot of [0, 1, 1024, -1, 0.5, Number.NaN, 2 ** 60]) {
      await expect(async () => keys.destroy([slot])).rejects.toThrow('no slot')
    }
    expect(readFileSync(path).equals(before)).toBe(true)
    keys.close()
  })

  it('passes over slots after its end, as of a file that was restored', async () => {
    const path = newPath()
    const keys = createFileKeys(path)
    const { first } = await keys.reserve()
    await keys.keep([{ first, keys: randomBytes(32) }])
    truncateSync(path, 32_768)
    await keys.destroy([first])
    expect(await keys.find([first])).toEqual([{ _tag: 'Empty' }])
    expect(statSync(path).size).toBe(32_768)
    keys.close()
  })
})
