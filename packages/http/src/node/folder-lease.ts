/**
 * The lease of a folder: one process at a time owns it. Each owner is a file `.owner/<n>`, and the highest number owns the
 * folder. A file is created only if it does not exist, so one of several contenders gets a number; numbers are never used
 * again, so an earlier owner always sees that it has lost.
 */
import { mkdir, open, readdir, readFile, rm, stat, utimes } from 'node:fs/promises'
import { join } from 'node:path'
import { SpoolLost, SpoolTaken } from '../spool.ts'
import { sleep } from '../timers.ts'
import { fateOf, ownIdentity, type ProcessIdentity } from './process-identity.ts'

export interface LeaseTimes {
  /** An owner on another machine that is silent for so many milliseconds has lost the folder. */
  readonly term: number
  /** An owner renews its lease each time after so many milliseconds. */
  readonly beat: number
}

export interface FolderLease {
  /** Takes the folder, unless it is taken. @throws SpoolTaken if another process owns it. */
  readonly claim: () => Promise<void>
  /** Takes the folder at the first call, and checks that it is still this process's. @throws SpoolTaken, SpoolLost */
  readonly demand: () => Promise<void>
  readonly release: () => Promise<void>
  /** Settles when another process has taken the folder. */
  readonly lost: Promise<void>
}

type OwnerRecord = ProcessIdentity | { readonly released: true }

const hasCode = (error: unknown, code: string): boolean =>
  error instanceof Error && 'code' in error && error.code === code

const orNothing = async <A>(work: Promise<A>): Promise<A | undefined> => {
  try {
    return await work
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return undefined
    throw error
  }
}

/** Reads the record of an owner; `undefined` if it is not there, or not yet whole. */
const recordIn = async (path: string): Promise<OwnerRecord | undefined> => {
  const text = (await orNothing(readFile(path, 'utf8'))) ?? ''
  try {
    const record: unknown = JSON.parse(text)
    return typeof record === 'object' && record !== null ? (record as OwnerRecord) : undefined
  } catch {
    return undefined
  }
}

/** Returns the lease of a folder; the folder is created with the first claim. */
export const createFolderLease = (folder: string, { term, beat }: LeaseTimes): FolderLease => {
  const place = join(folder, '.owner')
  const fileOf = (n: number): string => join(place, `${n}`)
  let own: number | undefined
  let isLost = false
  let timer: ReturnType<typeof setInterval> | undefined
  let claiming: Promise<void> | undefined
  let tellLost: () => void = () => undefined
  const lost = new Promise<void>((resolve) => {
    tellLost = resolve
  })

  const numbers = async (): Promise<ReadonlyArray<number>> =>
    ((await orNothing(readdir(place))) ?? []).filter((name) => /^[1-9][0-9]{0,14}$/.test(name)).map(Number)
  const highest = async (): Promise<number> => Math.max(0, ...(await numbers()))

  const renewedAt = async (n: number): Promise<number | undefined> => (await orNothing(stat(fileOf(n))))?.mtimeMs

  /** Waits until the owner has lost its lease. @throws SpoolTaken if the owner renews it. */
  const outwait = async (n: number): Promise<void> => {
    const first = await renewedAt(n)
    // The owner's clock is never compared with this one's: an owner is silent if nothing changes here.
    for (let waited = 0; waited <= term; waited += beat / 2) {
      const record = await recordIn(fileOf(n))
      if (record !== undefined && 'released' in record) return
      const fate = record === undefined ? 'unknown' : fateOf(record)
      if (fate === 'dead') return
      if (fate === 'alive' || (await renewedAt(n)) !== first) throw new SpoolTaken()
      await sleep(beat / 2)
    }
  }

  /** Creates the file of a number. Returns `false` if another process has it, or a higher one. */
  const take = async (n: number): Promise<boolean> => {
    const handle = await open(fileOf(n), 'wx', 0o600).catch((error: unknown) => {
      if (hasCode(error, 'EEXIST')) return undefined
      throw error
    })
    if (handle === undefined) return false
    try {
      await handle.writeFile(JSON.stringify(ownIdentity()))
      await handle.sync()
    } catch (error) {
      // The disk is full, for example: leave no owner without a process.
      await rm(fileOf(n), { force: true })
      throw error
    } finally {
      await handle.close()
    }
    if ((await highest()) === n) return true
    await rm(fileOf(n), { force: true })
    return false
  }

  const lose = (): void => {
    isLost = true
    clearInterval(timer)
    tellLost()
  }

  const renew = async (): Promise<void> => {
    if (own === undefined) return
    if ((await highest()) !== own) lose()
    else await utimes(fileOf(own), new Date(), new Date())
  }

  const acquire = async (): Promise<void> => {
    await mkdir(place, { recursive: true, mode: 0o700 })
    for (;;) {
      const before = await highest()
      if (before > 0) await outwait(before)
      if (!(await take(before + 1))) continue
      own = before + 1
      // A failing renewal is tried again; the next write finds out whether the lease still holds.
      timer = setInterval(() => void renew().catch(() => undefined), beat)
      timer.unref()
      for (const n of await numbers()) if (n < own) await rm(fileOf(n), { force: true })
      return
    }
  }

  const claim = async (): Promise<void> => {
    if (isLost) throw new SpoolLost()
    if (own !== undefined) return
    claiming ??= acquire().finally(() => {
      claiming = undefined
    })
    await claiming
  }

  return {
    claim,
    demand: async () => {
      await claim()
      if ((await highest()) !== own) lose()
      if (isLost) throw new SpoolLost()
    },
    release: async () => {
      clearInterval(timer)
      if (own === undefined || isLost || (await highest()) !== own) return
      const handle = await open(fileOf(own), 'w', 0o600)
      await handle.writeFile(JSON.stringify({ released: true }))
      await handle.close()
      own = undefined
    },
    lost
  }
}
