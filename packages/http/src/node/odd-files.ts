/** Finds what no spool writes in the folder of a spool, and moves it to `.aside`, where no key leads. */
import { randomUUID } from 'node:crypto'
import { mkdir, readdir, readFile, rename } from 'node:fs/promises'
import type { Dirent } from 'node:fs'
import { join, relative, sep } from 'node:path'
import { segmentShape } from '../spool.ts'

const aside = '.aside'

/** The folders that the spool itself has beside those of its keys. */
const own: ReadonlySet<string> = new Set(['.owner', aside])

// A name of a file has at most 255 bytes, and some of them are added here.
const longestName = 100

const isRecord = async (path: string): Promise<boolean> => {
  const text = await readFile(path, 'utf8')
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null && !Array.isArray(value)
  } catch {
    return false
  }
}

export interface OddFiles {
  /**
   * Sets aside what is no folder, record or content of a key.
   *
   * @param onPart Is given each file of an unfinished write.
   * @returns The names, relative to the folder.
   */
  readonly sweep: (onPart: (path: string) => Promise<void>) => Promise<ReadonlyArray<string>>
  /** Sets these files aside, if they exist. Returns their names. */
  readonly setAside: (paths: ReadonlyArray<string>) => Promise<ReadonlyArray<string>>
}

export const createOddFiles = (folder: string): OddFiles => {
  /** Returns the name of a file that was set aside, or that cannot be moved; nothing for one that is not there. */
  const move = async (path: string): Promise<ReadonlyArray<string>> => {
    const name = relative(folder, path)
    const place = join(folder, aside)
    await mkdir(place, { recursive: true, mode: 0o700 })
    try {
      await rename(path, join(place, `${name.split(sep).join('+').slice(-longestName)}.${randomUUID()}`))
    } catch (error) {
      if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return []
      // It belongs to another user, as a `lost+found` does: no list has it, so it may stay.
    }
    return [name]
  }

  const setAside = async (paths: ReadonlyArray<string>): Promise<ReadonlyArray<string>> => {
    const names: string[] = []
    for (const path of paths) names.push(...(await move(path)))
    return names
  }

  const entriesOf = async (parent: string): Promise<ReadonlyArray<Dirent>> => {
    try {
      return await readdir(parent, { withFileTypes: true })
    } catch (error) {
      if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return []
      throw error
    }
  }

  const isOdd = async (entry: Dirent, path: string): Promise<boolean> => {
    const end = /\.(?:json|bin)$/.exec(entry.name)?.[0]
    if (!entry.isFile() || end === undefined || !segmentShape.test(entry.name.slice(0, -end.length))) return true
    return end === '.json' && !(await isRecord(path))
  }

  const sweepIn = async (parent: string, onPart: (path: string) => Promise<void>): Promise<ReadonlyArray<string>> => {
    const names: string[] = []
    for (const entry of await entriesOf(parent)) {
      const path = join(parent, entry.name)
      if (parent === folder && own.has(entry.name)) continue
      if (entry.isDirectory() && segmentShape.test(entry.name)) names.push(...(await sweepIn(path, onPart)))
      else if (entry.isFile() && entry.name.endsWith('.part')) await onPart(path)
      else if (await isOdd(entry, path)) names.push(...(await move(path)))
    }
    return names
  }

  return { sweep: (onPart) => sweepIn(folder, onPart), setAside }
}
