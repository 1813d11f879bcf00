/** A spool of files in one folder. It is durable and keeps nothing in memory. */
import { createHash } from 'node:crypto'
import { type FileHandle, mkdir, open, readdir, readFile, rename, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { demandOptions, type OptionNames } from '@userpoint/core/repository'
import { keyText, segmentShape, type Spool, type SpoolKey, type SpoolRecord } from '../spool.ts'
import { createFolderLease } from './folder-lease.ts'
import { createOddFiles } from './odd-files.ts'

const pieceSize = 256 * 1024

const isMissing = (error: unknown): boolean => error instanceof Error && 'code' in error && error.code === 'ENOENT'

const writeAt = async (handle: FileHandle, bytes: Uint8Array, position: number): Promise<void> => {
  for (let written = 0; written < bytes.length; ) {
    const { bytesWritten } = await handle.write(bytes, written, bytes.length - written, position + written)
    written += bytesWritten
  }
}

/** Runs `use` with an open file, and closes it. */
const withFile = async <A>(path: string, flags: string, use: (handle: FileHandle) => Promise<A>): Promise<A> => {
  const handle = await open(path, flags, 0o600)
  try {
    return await use(handle)
  } finally {
    await handle.close()
  }
}

/** Makes a new or changed file name in a folder durable. */
const syncFolder = async (folder: string): Promise<void> => {
  // Some systems cannot open folders; there the system alone decides when a name is durable.
  const handle = await open(folder, 'r').catch(() => undefined)
  await handle?.sync().catch(() => undefined)
  await handle?.close()
}

/** A spool in a folder. */
export interface FileSpool extends Spool {
  /** Settles when another server has taken the folder over; this one keeps nothing more, and should end. */
  readonly lost: Promise<void>
}

export interface FileSpoolOptions {
  /** The milliseconds after which a silent owner on another machine has lost the folder; default 15,000. */
  readonly term?: number
}

const spoolOptions: OptionNames<FileSpoolOptions> = { term: 'optional' }

/**
 * Returns a spool in a folder, created if missing and readable only by its owner. The folder belongs to one spool at a time:
 * `claim` takes it, or else the first write, and each write checks that it is still so.
 *
 * @param folder The path of the folder.
 */
export const createFileSpool = (folder: string, options: FileSpoolOptions = {}): FileSpool => {
  demandOptions('createFileSpool', options, spoolOptions)
  const { term = 15_000 } = options
  const lease = createFolderLease(folder, { term, beat: term / 5 })
  let count = 0
  /** The files that are being written. */
  const parts = new Set<string>()
  const odd = createOddFiles(folder)
  const fileOf = (key: SpoolKey, end: '.json' | '.bin'): string => join(folder, keyText(key) + end)

  const namesIn = async (key: SpoolKey, end: '.json' | '.bin'): Promise<ReadonlyArray<string>> => {
    try {
      const entries = await readdir(join(folder, keyText(key)), { withFileTypes: true })
      return entries
        .filter((entry) => entry.isFile() && entry.name.endsWith(end))
        .map(({ name }) => name.slice(0, -end.length))
        .filter((name) => segmentShape.test(name))
        .sort()
    } catch (error) {
      if (isMissing(error)) return []
      throw error
    }
  }

  const folderOf = async (path: string): Promise<string> => {
    const parent = dirname(path)
    await mkdir(parent, { recursive: true, mode: 0o700 })
    return parent
  }

  /** Writes a temporary file and renames it, so that `path` never holds a partial file. */
  const replace = async (path: string, fill: (handle: FileHandle) => Promise<void>): Promise<void> => {
    await lease.demand()
    const parent = await folderOf(path)
    const part = `${path}.${process.pid}-${count++}.part`
    parts.add(part)
    try {
      await withFile(part, 'wx', async (handle) => {
        await fill(handle)
        await handle.sync()
      })
      await lease.demand()
      await rename(part, path)
    } catch (error) {
      await rm(part, { force: true })
      throw error
    } finally {
      parts.delete(part)
    }
    await syncFolder(parent)
  }

  return {
    claim: lease.claim,
    release: lease.release,
    lost: lease.lost,
    probe: async () => {
      const path = join(folder, '.owner', 'probe')
      await lease.demand()
      await withFile(path, 'w', async (handle) => {
        await handle.writeFile('probe')
        await handle.datasync()
      })
      await rm(path, { force: true })
    },
    put: async (key, record) => replace(fileOf(key, '.json'), (handle) => handle.writeFile(JSON.stringify(record))),
    get: async (key) => {
      const path = fileOf(key, '.json')
      try {
        return JSON.parse(await readFile(path, 'utf8')) as SpoolRecord
      } catch (error) {
        if (isMissing(error)) return undefined
        throw error
      }
    },
    list: (key) => namesIn(key, '.json'),
    write: async (key, bytes) =>
      replace(fileOf(key, '.bin'), async (handle) => {
        let position = 0
        for await (const piece of bytes) {
          await writeAt(handle, piece, position)
          position += piece.length
        }
      }),
    async *read(key) {
      const handle = await open(fileOf(key, '.bin'), 'r')
      try {
        for (let position = 0; ; ) {
          const { bytesRead, buffer } = await handle.read(Buffer.allocUnsafe(pieceSize), 0, pieceSize, position)
          if (bytesRead === 0) return
          position += bytesRead
          yield buffer.subarray(0, bytesRead)
        }
      } finally {
        await handle.close()
      }
    },
    append: async (key, from, bytes) => {
      const path = fileOf(key, '.bin')
      await lease.demand()
      await folderOf(path)
      // Create the file if it is missing, without truncating it.
      await withFile(path, 'a', () => Promise.resolve())
      return withFile(path, 'r+', async (handle) => {
        const { size } = await handle.stat()
        if (size < from) throw new Error('the stored content is shorter than expected')
        const end = from + bytes.length
        if (size > end) await handle.truncate(end)
        await writeAt(handle, bytes, from)
        if (bytes.length > 0 || size > end) await handle.datasync()
        return end
      })
    },
    contents: (key) => namesIn(key, '.bin'),
    recover: async () => {
      await lease.demand()
      return odd.sweep(async (path) => {
        if (path.endsWith('.part') && !parts.has(path)) await rm(path, { force: true })
      })
    },
    setAside: async (key) => {
      const paths = [fileOf(key, '.json'), fileOf(key, '.bin')]
      await lease.demand()
      return odd.setAside(paths)
    },
    remove: async (key) => {
      const paths = [fileOf(key, '.json'), fileOf(key, '.bin')]
      await lease.demand()
      for (const path of paths) await rm(path, { force: true })
    },
    createHash: () => {
      const hash = createHash('sha256')
      return { update: (bytes) => hash.update(bytes), digest: () => hash.digest('hex') }
    }
  }
}
