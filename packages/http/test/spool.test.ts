import { appendFileSync, existsSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createMemoryRepository } from '@userpoint/adapter-memory'
import { v7 } from 'uuid'
import { createMemorySpool, type Spool } from '../src/index.ts'
import { createFileSpool } from '../src/node/index.ts'
import { createStoreSpool } from '../src/store-spool/store-spool.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'userpoint-spool-'))
})
afterEach(() => {
  rmSync(folder, { recursive: true, force: true })
})

const textOf = async (bytes: AsyncIterable<Uint8Array>): Promise<string> => {
  const parts: Buffer[] = []
  for await (const piece of bytes) parts.push(Buffer.from(piece))
  return Buffer.concat(parts).toString()
}

async function* pieces(...texts: ReadonlyArray<string | Error>): AsyncGenerator<Uint8Array, void, undefined> {
  for (const text of texts) {
    if (text instanceof Error) throw text
    yield Buffer.from(text)
  }
}

const sorts: ReadonlyArray<readonly [string, () => Spool]> = [
  ['memory', createMemorySpool],
  ['files', () => createFileSpool(join(folder, 'spool'))],
  [
    'documents',
    () => createStoreSpool({ repositories: new Map([['a', createMemoryRepository()]]), newId: v7, partSize: 3 })
  ]
]

describe.each(sorts)('a spool of %s', (_, create) => {
  it('stores records, and lists their names', async () => {
    const spool = create()
    expect(await spool.get(['a', 'b'])).toBeUndefined()
    expect(await spool.list(['a'])).toEqual([])
    await spool.put(['a', 'c'], { n: 1, __proto__: 'x' })
    await spool.put(['a', 'b'], { n: 2 })
    await spool.put(['a', 'b'], { n: 3 })
    await spool.put(['a', 'd', 'e'], {})
    await spool.write(['a', 'bytes'], pieces('x'))
    expect(await spool.get(['a', 'b'])).toEqual({ n: 3 })
    expect(await spool.list(['a'])).toEqual(['b', 'c'])
    expect(await spool.list(['a', 'd'])).toEqual(['e'])
  })

  it('stores a stream of bytes, and nothing if it breaks off', async () => {
    const spool = create()
    await spool.write(['a', 'b'], pieces('one ', '', 'two'))
    expect(await textOf(spool.read(['a', 'b']))).toBe('one two')
    expect(await textOf(spool.read(['a', 'b']))).toBe('one two')
    await expect(spool.write(['a', 'c'], pieces('one', new Error('gone')))).rejects.toThrow('gone')
    await expect(textOf(spool.read(['a', 'c']))).rejects.toThrow(/./)
    // The old content stays until the new one is complete.
    await expect(spool.write(['a', 'b'], pieces('three', new Error('gone')))).rejects.toThrow('gone')
    expect(await textOf(spool.read(['a', 'b']))).toBe('one two')
    await spool.remove(['a', 'b'])
    await spool.remove(['a', 'b'])
    await expect(textOf(spool.read(['a', 'b']))).rejects.toThrow(/./)
  })

  it('lists the names of bytes', async () => {
    const spool = create()
    expect(await spool.contents(['a'])).toEqual([])
    await spool.write(['a', 'c'], pieces('x'))
    await spool.append(['a', 'b'], 0, Buffer.from(''))
    await spool.write(['a', 'd', 'e'], pieces('x'))
    await spool.put(['a', 'record'], {})
    await expect(spool.write(['a', 'f'], pieces('one', new Error('gone')))).rejects.toThrow('gone')
    expect(await spool.contents(['a'])).toEqual(['b', 'c'])
    await spool.remove(['a', 'c'])
    expect(await spool.contents(['a'])).toEqual(['b'])
    expect(await spool.list(['a'])).toEqual(['record'])
    await spool.remove(['a', 'record'])
    expect([await spool.list(['a']), await spool.get(['a', 'record'])]).toEqual([[], undefined])
  })

  it('writes at a position, and drops the bytes after it', async () => {
    const spool = create()
    expect(await spool.append(['a', 'b'], 0, Buffer.from(''))).toBe(0)
    expect(await textOf(spool.read(['a', 'b']))).toBe('')
    expect(await spool.append(['a', 'b'], 0, Buffer.from('hello'))).toBe(5)
    expect(await spool.append(['a', 'b'], 2, Buffer.from('y'))).toBe(3)
    expect(await textOf(spool.read(['a', 'b']))).toBe('hey')
    expect(await spool.append(['a', 'b'], 1, Buffer.from(''))).toBe(1)
    expect(await textOf(spool.read(['a', 'b']))).toBe('h')
    await expect(spool.append(['a', 'b'], 2, Buffer.from('x'))).rejects.toThrow(
      'the stored content is shorter than expected'
    )
    expect(await textOf(spool.read(['a', 'b']))).toBe('h')
  })

  it('rejects keys that point outside the folder', async () => {
    const spool = create()
    for (const key of [['..'], ['a/b'], ['a', ''], ['a', '.'], ['a', '..', 'b'], ['a\0'], ['a'.repeat(129)], ['é']]) {
      await expect(spool.get(key)).rejects.toThrow(RangeError)
      await expect(spool.put(key, {})).rejects.toThrow(RangeError)
      await expect(spool.write(key, pieces('x'))).rejects.toThrow(RangeError)
      await expect(spool.append(key, 0, Buffer.from('x'))).rejects.toThrow(RangeError)
      await expect(textOf(spool.read(key))).rejects.toThrow(RangeError)
    }
  })

  it('digests bytes', () => {
    const hash = create().createHash()
    hash.update(Buffer.from('a'))
    hash.update(Buffer.from('bc'))
    expect(hash.digest()).toBe('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad')
  })
})

describe('a spool of files', () => {
  it('is private to its owner, and leaves no partial files', async () => {
    const spool = createFileSpool(join(folder, 'spool'))
    await spool.put(['a', 'b'], { n: 1 })
    await spool.write(['a', 'b'], pieces('x'))
    await spool.append(['a', 'c'], 0, Buffer.from('x'))
    await expect(spool.write(['a', 'd'], pieces('x', new Error('gone')))).rejects.toThrow('gone')
    expect(readdirSync(join(folder, 'spool', 'a')).sort()).toEqual(['b.bin', 'b.json', 'c.bin'])
    if (process.platform === 'win32') return
    expect(statSync(join(folder, 'spool')).mode & 0o077).toBe(0)
    for (const name of ['b.bin', 'b.json', 'c.bin'])
      expect(statSync(join(folder, 'spool', 'a', name)).mode & 0o077).toBe(0)
  })

  it('removes partial files of a killed process, but not those of this one', async () => {
    const spool = createFileSpool(folder)
    await spool.recover()
    let goOn: () => void = () => undefined
    const held = new Promise<void>((resolve) => {
      goOn = resolve
    })
    const writing = spool.write(
      ['a', 'b'],
      (async function* () {
        yield Buffer.from('one ')
        await held
        yield Buffer.from('two')
      })()
    )
    while (!existsSync(join(folder, 'a')) || readdirSync(join(folder, 'a')).length === 0)
      await new Promise((resolve) => setTimeout(resolve, 1))
    writeFileSync(join(folder, 'a', 'c.bin.1-0.part'), 'torn')
    await spool.recover()
    goOn()
    await writing
    expect(readdirSync(join(folder, 'a'))).toEqual(['b.bin'])
    expect(await textOf(spool.read(['a', 'b']))).toBe('one two')
  })

  it('is durable, and truncates what a killed process wrote without a commit', async () => {
    const first = createFileSpool(folder)
    await first.append(['a', 'b'], 0, Buffer.from('kept'))
    await first.release()
    appendFileSync(join(folder, 'a', 'b.bin'), ' and torn')
    const spool = createFileSpool(folder)
    expect(await spool.append(['a', 'b'], 4, Buffer.from('!'))).toBe(5)
    expect(await textOf(spool.read(['a', 'b']))).toBe('kept!')
  })
})
