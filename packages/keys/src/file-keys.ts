/**
 * A key store in one file, for all processes of one machine. The file is a row of blocks of 32 KiB; a block is a shelf: its first
 * 32 bytes say so, and each 32 bytes after them are a slot, whose number is its place in the file. So a key is overwritten where it
 * lies. The first block has the secret.
 *
 * No process locks the file. A block is appended by one write, which the operating system does whole and in turn on a local file
 * system; and only the process that appended a block fills its slots.
 */
import { randomBytes } from 'node:crypto'
import {
  closeSync,
  constants,
  fdatasync,
  fstatSync,
  fsyncSync,
  linkSync,
  openSync,
  readSync,
  unlinkSync,
  writeSync
} from 'node:fs'
import { dirname } from 'node:path'
import { promisify } from 'node:util'
import { demandOptions, type OptionNames, type Recovery, StoreFault } from '@userpoint/core/repository'
import { type Found, keyLength, type KeyStore, type Shelf } from './key-store.ts'

const blockLength = 32_768
const slotsPerBlock = blockLength / keyLength
const markLength = 16
const mark = Buffer.from('userpoint keys 1', 'latin1')
/** Overwrites a destroyed key. Zeros are an empty slot. */
const destroyed = Buffer.alloc(keyLength, 0xff)
const empty = Buffer.alloc(keyLength)
const attempts = 8

/** A key store in a file, which the caller closes after the repositories that use it. */
export interface FileKeys extends KeyStore {
  /** Closes the file. */
  close(): void
}

export interface FileKeysOptions {
  /** `true`: a file that is missing is an error, instead of being created. */
  readonly mustExist?: boolean
}

const optionNames: OptionNames<FileKeysOptions> = { mustExist: 'optional' }

const recoveries: Readonly<Record<string, Recovery>> = { EMFILE: 'retry', ENFILE: 'retry', EAGAIN: 'retry' }

const faultOf = (what: string, cause: unknown): StoreFault => {
  if (cause instanceof StoreFault) return cause
  const code: unknown = Reflect.get(Object(cause) as object, 'code')
  const name = typeof code === 'string' ? code : undefined
  const message = `keys: ${what} failed${name === undefined ? '' : ` (${name})`}`
  return new StoreFault(message, { applied: false, recovery: recoveries[name ?? ''] ?? 'repair', code: name, cause })
}

const attempt = <A>(what: string, work: () => A): A => {
  try {
    return work()
  } catch (cause) {
    throw faultOf(what, cause)
  }
}

const refused = (reason: string, code: string): StoreFault =>
  new StoreFault(`keys: open failed (${reason})`, { applied: false, recovery: 'repair', code })

/** Returns a new block, with a name of its own. */
const newBlock = (): Buffer => {
  const block = Buffer.alloc(blockLength)
  mark.copy(block)
  randomBytes(keyLength - markLength).copy(block, markLength)
  return block
}

const writeWhole = (file: number, bytes: Uint8Array, position: number): void => {
  for (let from = 0; from < bytes.length; ) {
    from += writeSync(file, bytes, from, bytes.length - from, position + from)
  }
}

/** Returns the bytes at a place of the file; fewer where the file is shorter. */
const readAt = (file: number, length: number, position: number): Buffer => {
  const bytes = Buffer.alloc(length)
  let at = 0
  while (at < length) {
    const read = readSync(file, bytes, at, length - at, position + at)
    if (read === 0) break
    at += read
  }
  return bytes.subarray(0, at)
}

const syncFolder = (path: string): void => {
  const folder = openSync(dirname(path), constants.O_RDONLY)
  try {
    fsyncSync(folder)
  } finally {
    closeSync(folder)
  }
}

/** Creates the file with its first block, unless another process does at the same time. It never has a part of that block. */
const create = (path: string): void => {
  const draft = `${path}.${randomBytes(8).toString('hex')}.new`
  const file = openSync(draft, 'wx', 0o600)
  try {
    const block = newBlock()
    randomBytes(keyLength).copy(block, keyLength)
    writeWhole(file, block, 0)
    fsyncSync(file)
    try {
      linkSync(draft, path)
    } catch (error) {
      if (Reflect.get(Object(error) as object, 'code') !== 'EEXIST') throw error
    }
  } finally {
    closeSync(file)
    unlinkSync(draft)
  }
  syncFolder(path)
}

const openFile = (path: string, mustExist: boolean): number => {
  try {
    return openSync(path, 'r+')
  } catch (error) {
    if (Reflect.get(Object(error) as object, 'code') !== 'ENOENT' || mustExist) throw error
  }
  create(path)
  return openSync(path, 'r+')
}

const isKeyFile = (file: number): boolean =>
  fstatSync(file).size >= blockLength && readAt(file, markLength, 0).equals(mark)

/** Appends a block, and returns its place. */
const appendBlock = (file: number, appending: number): number => {
  const block = newBlock()
  const name = block.subarray(0, keyLength)
  for (let tried = 0; tried < attempts; tried++) {
    const before = fstatSync(file).size
    // A write that the disk cut short left part of a block: it is filled up, so that later blocks begin where they should.
    const rest = before % blockLength
    if (rest > 0) writeSync(appending, Buffer.alloc(blockLength - rest))
    writeSync(appending, block)
    const end = fstatSync(file).size
    for (let at = before - rest; at < end; at += blockLength) {
      if (readAt(file, keyLength, at).equals(name) && at + blockLength <= end) return at
    }
  }
  throw new StoreFault('keys: reserve failed (the file has no whole block: is the disk full?)', {
    applied: false,
    recovery: 'repair'
  })
}

const datasync = promisify(fdatasync)

const answerOf = (key: Buffer): Found => {
  if (key.length < keyLength || key.equals(empty)) return { _tag: 'Empty' }
  return key.equals(destroyed) ? { _tag: 'Destroyed' } : { _tag: 'Kept', key }
}

/** Refuses numbers that are no slots, such as those of a damaged document: the secret must not be overwritten. */
const demandSlot = (slot: number): void => {
  if (Number.isSafeInteger(slot) && slot > slotsPerBlock && slot % slotsPerBlock !== 0) return
  throw new StoreFault('keys: destroy failed (a number that is no slot)', { applied: false, recovery: 'repair' })
}

const usedIn = (file: number, { first, slots }: Shelf): number => {
  const bytes = readAt(file, slots * keyLength, first * keyLength)
  let used = Math.floor(bytes.length / keyLength)
  while (used > 0 && empty.equals(bytes.subarray((used - 1) * keyLength, used * keyLength))) used--
  return used
}

/**
 * Opens a key store in a file on a local disk, which it creates for its owner alone. Several processes may use it at the same time.
 *
 * @throws {StoreFault} The file cannot be opened, or it is no key file (`NO_KEY_FILE`).
 *
 * @example
 * ```ts
 * import { mkdtempSync } from 'node:fs'
 * import { tmpdir } from 'node:os'
 * import { join } from 'node:path'
 * import { createFileKeys } from '@userpoint/keys'
 *
 * const keys = createFileKeys(join(mkdtempSync(join(tmpdir(), 'keys-')), 'people.keys'))
 * console.log(keys.manifest.durable) // => true
 * keys.close()
 * ```
 */
export const createFileKeys = (path: string, options: FileKeysOptions = {}): FileKeys => {
  demandOptions('createFileKeys', options, optionNames)
  const { mustExist = false } = options
  const file = attempt('open', () => openFile(path, mustExist))
  if (!attempt('open', () => isKeyFile(file))) {
    closeSync(file)
    throw refused('it is no key file', 'NO_KEY_FILE')
  }
  const appending = attempt('open', () => openSync(path, constants.O_WRONLY | constants.O_APPEND))
  const sync = async (what: string): Promise<void> => {
    try {
      await datasync(file)
    } catch (cause) {
      throw faultOf(what, cause)
    }
  }
  return {
    manifest: { name: 'file', durable: true, concurrent: 'processes' },
    secret: () => attempt('secret', () => readAt(file, keyLength, keyLength)),
    // Durable with the first keys that it gets.
    reserve: () => {
      const at = attempt('reserve', () => appendBlock(file, appending))
      return { first: at / keyLength + 1, slots: slotsPerBlock - 1 }
    },
    keep: async (kept) => {
      attempt('keep', () => {
        for (const { first, keys } of kept) writeWhole(file, keys, first * keyLength)
      })
      await sync('keep')
    },
    find: (slots) => attempt('find', () => slots.map((slot) => answerOf(readAt(file, keyLength, slot * keyLength)))),
    destroy: async (slots) => {
      attempt('destroy', () => {
        const { size } = fstatSync(file)
        for (const slot of slots) {
          demandSlot(slot)
          // A file that was restored may be shorter.
          if ((slot + 1) * keyLength <= size) writeWhole(file, destroyed, slot * keyLength)
        }
      })
      await sync('destroy')
    },
    used: (shelf) => attempt('used', () => usedIn(file, shelf)),
    close: () => {
      closeSync(appending)
      closeSync(file)
    }
  }
}
