import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { SpoolLost, SpoolTaken } from '../src/index.ts'
import { createFileSpool, type FileSpool } from '../src/node/index.ts'

let folder: string
let spools: FileSpool[]

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'userpoint-owner-'))
  spools = []
})
afterEach(async () => {
  for (const spool of spools) await spool.release()
  rmSync(folder, { recursive: true, force: true })
})

const spoolHere = (term?: number): FileSpool => {
  const spool = createFileSpool(folder, term === undefined ? {} : { term })
  spools.push(spool)
  return spool
}

const ownerFiles = (): ReadonlyArray<string> => readdirSync(join(folder, '.owner')).sort()

/** Makes the owner's file say that the owner is a process of another machine. */
const moveOwnerAway = (n: string): void => {
  const record = JSON.parse(readFileSync(join(folder, '.owner', n), 'utf8')) as object
  writeFileSync(join(folder, '.owner', n), JSON.stringify({ ...record, place: 'another machine' }))
}

async function* bytes(...texts: ReadonlyArray<string>): AsyncGenerator<Uint8Array, void, undefined> {
  for (const text of texts) yield Buffer.from(text)
}

describe('the owner of a spool of files', () => {
  it('is one of many that ask at the same time', async () => {
    for (let round = 0; round < 20; round++) {
      const asked = Array.from({ length: 8 }, () => spoolHere())
      const answers = await Promise.allSettled(asked.map((spool) => spool.claim()))
      expect(answers.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
      for (const answer of answers)
        if (answer.status === 'rejected') expect(answer.reason).toMatchObject({ code: 'SPOOL_TAKEN' })
      for (const spool of asked) await spool.release()
      expect(ownerFiles()).toHaveLength(1)
    }
  })

  it('alone writes, also if no process claimed the spool', async () => {
    const first = spoolHere()
    await first.put(['a', 'b'], { n: 1 })
    const second = spoolHere()
    const writes: ReadonlyArray<() => Promise<unknown>> = [
      () => second.put(['a', 'b'], { n: 2 }),
      () => second.write(['a', 'b'], bytes('x')),
      () => second.append(['a', 'b'], 0, Buffer.from('x')),
      () => second.remove(['a', 'b']),
      () => second.recover(),
      () => second.probe()
    ]
    for (const write of writes) await expect(write()).rejects.toThrow(SpoolTaken)
    expect(await first.get(['a', 'b'])).toEqual({ n: 1 })
    expect(readdirSync(join(folder, 'a'))).toEqual(['b.json'])
    await first.release()
    await second.put(['a', 'b'], { n: 2 })
    await expect(first.put(['a', 'b'], { n: 3 })).rejects.toThrow(SpoolTaken)
  })

  it('keeps it against a process of another machine as long as it renews the lease', async () => {
    const first = spoolHere(200)
    await first.claim()
    moveOwnerAway('1')
    for (let n = 0; n < 3; n++) await expect(spoolHere(200).claim()).rejects.toThrow(SpoolTaken)
    await first.put(['a', 'b'], {})
  })

  it('on another machine, silent for the term, has lost it, and writes nothing more, even in the middle of a write', async () => {
    // It never renews within this test.
    const first = spoolHere(3_600_000)
    await first.claim()
    moveOwnerAway('1')
    let goOn: () => void = () => undefined
    const held = new Promise<void>((resolve) => {
      goOn = resolve
    })
    const writing = first.write(
      ['a', 'b'],
      (async function* () {
        yield Buffer.from('one')
        await held
        yield Buffer.from('two')
      })()
    )
    const outcome = writing.catch((error: unknown) => error)
    while (!existsSync(join(folder, 'a')) || readdirSync(join(folder, 'a')).length === 0) await pause(1)
    const second = spoolHere(200)
    const before = performance.now()
    await second.claim()
    expect(performance.now() - before).toBeGreaterThanOrEqual(190)
    expect(performance.now() - before).toBeLessThan(10_000)
    await second.put(['a', 'b'], { owner: 'second' })
    goOn()
    expect(await outcome).toBeInstanceOf(SpoolLost)
    await first.lost
    await expect(first.put(['a', 'b'], { owner: 'first' })).rejects.toThrow(SpoolLost)
    await expect(first.claim()).rejects.toThrow(SpoolLost)
    await first.release()
    expect(await second.get(['a', 'b'])).toEqual({ owner: 'second' })
    expect(readdirSync(join(folder, 'a'))).toEqual(['b.json'])
    expect(ownerFiles()).toEqual(['2'])
  })

  it('learns that it has lost the spool without a write', async () => {
    const first = spoolHere(100)
    await first.claim()
    writeFileSync(join(folder, '.owner', '2'), '{}')
    await first.lost
  })

  it.runIf(process.platform === 'linux')(
    'that was killed has lost it at once, and so has one before it with its number',
    async () => {
      const child = spawn(process.execPath, ['-e', 'setInterval(() => undefined, 1000)'], { stdio: 'ignore' })
      const ended = once(child, 'exit')
      const first = spoolHere()
      await first.claim()
      const own = JSON.parse(readFileSync(join(folder, '.owner', '1'), 'utf8')) as { pid: number; started: string }
      const started = readFileSync(`/proc/${child.pid}/stat`, 'utf8').split(') ').at(-1)?.split(' ')[19] ?? ''
      const say = (record: object): void => writeFileSync(join(folder, '.owner', '1'), JSON.stringify(record))
      say({ ...own, pid: child.pid, started })
      await expect(spoolHere().claim()).rejects.toThrow(SpoolTaken)
      child.kill('SIGKILL')
      await ended
      const second = spoolHere()
      const before = performance.now()
      await second.claim()
      expect(performance.now() - before).toBeLessThan(10_000)
      await second.release()
      // The system has given the number of the process to another one.
      writeFileSync(join(folder, '.owner', '3'), JSON.stringify({ ...own, started: `${Number(own.started) - 1}` }))
      await spoolHere().claim()
    }
  )

  it.each(['', '{', 'null', '7', '{}'])('whose record is %j has lost it after the term', async (text) => {
    await createFileSpool(folder).claim()
    writeFileSync(join(folder, '.owner', '2'), text)
    utimesSync(join(folder, '.owner', '2'), 1, 1)
    await spoolHere(100).claim()
    expect(ownerFiles()).toEqual(['3'])
  })
})
