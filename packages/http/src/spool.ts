/** The port for data that outlives a request: uploads, their records, and error files. */
import { sha256 } from '@noble/hashes/sha2.js'
import { bytesToHex } from '@noble/hashes/utils.js'
import type { Hash } from '@userpoint/core'

/**
 * A key: one or more segments of 1 to 128 letters, digits, `_` and `-`. An invalid segment is rejected before any access to
 * the storage.
 */
export type SpoolKey = ReadonlyArray<string>

/** A small JSON object. */
export type SpoolRecord = Readonly<Record<string, unknown>>

/** Thrown by a spool that belongs to another server. */
export class SpoolTaken extends Error {
  readonly code = 'SPOOL_TAKEN'

  constructor() {
    super('the spool belongs to another server')
    this.name = 'SpoolTaken'
  }
}

/** Thrown by a spool that another server has taken over; it keeps nothing more. */
export class SpoolLost extends Error {
  readonly code = 'SPOOL_LOST'

  constructor() {
    super('another server has taken over the spool')
    this.name = 'SpoolLost'
  }
}

/** The writes of a spool that change a key which exists. */
export interface SpoolWriter {
  /** Stores a record atomically; replaces an existing one. */
  readonly put: (key: SpoolKey, record: SpoolRecord) => Promise<void>
  /**
   * Writes bytes at position `from` and drops the bytes that follow them. The bytes are durable when it returns. Throws if
   * the content is shorter than `from`.
   *
   * @returns The length of the content afterwards.
   */
  readonly append: (key: SpoolKey, from: number, bytes: Uint8Array) => Promise<number>
  /** Removes the record and the bytes of a key, if it has any. */
  readonly remove: (key: SpoolKey) => Promise<void>
}

/**
 * The right to work on a key of a shared spool while no other server does. Each write is one batch with the lease, so nothing
 * is written once another server has it. Its keys have the datamart of the lease.
 */
export interface SpoolLease extends SpoolWriter {
  /** Aborts when another server has taken the lease over; the writes then throw `SpoolLost`. */
  readonly lost: AbortSignal
  readonly release: () => Promise<void>
}

export interface Spool extends SpoolWriter {
  /**
   * Makes the caller the owner of the spool, if it is not yet. A spool belongs to one server at a time.
   *
   * @throws SpoolTaken if another server owns it; nothing of that server's is changed.
   */
  readonly claim: () => Promise<void>
  /** Gives the spool up, after the last write, so that another server can have it at once. */
  readonly release: () => Promise<void>
  /** Writes and removes something small. Throws if the spool cannot keep anything, or belongs to another server. */
  readonly probe: () => Promise<void>
  readonly get: (key: SpoolKey) => Promise<SpoolRecord | undefined>
  /** Returns the last segments of the keys of records directly below this key, ascending. */
  readonly list: (key: SpoolKey) => Promise<ReadonlyArray<string>>
  /** Stores a stream of bytes atomically. If the stream throws, nothing is stored and the error is rethrown. */
  readonly write: (key: SpoolKey, bytes: AsyncIterable<Uint8Array>) => Promise<void>
  /** Returns the stored bytes; may be called again. Throws if the key has no bytes. */
  readonly read: (key: SpoolKey) => AsyncIterable<Uint8Array>
  /** Returns the last segments of the keys of bytes directly below this key. */
  readonly contents: (key: SpoolKey) => Promise<ReadonlyArray<string>>
  /**
   * Removes the remains of writes whose process crashed, and sets aside what no spool writes: it stays for the operator, and
   * no key leads to it.
   *
   * @returns The names of what was set aside.
   */
  readonly recover: () => Promise<ReadonlyArray<string>>
  /** Sets the record and the bytes of a key aside. Returns their names. */
  readonly setAside: (key: SpoolKey) => Promise<ReadonlyArray<string>>
  /** Starts a SHA-256 digest, which identifies an upload. */
  readonly createHash: () => Hash
  /**
   * Present: several servers share the spool, so work on a key needs its lease. Returns `undefined` while another has it. A
   * server that is silent for the term of the spool has lost its leases.
   */
  readonly lease?: (key: SpoolKey) => Promise<SpoolLease | undefined>
}

/** The format of a key's segment and of a datamart's id. */
export const segmentShape = /^[\w-]{1,128}$/

/** Returns the key as one text. @throws RangeError if a segment is invalid. */
export const keyText = (key: SpoolKey): string => {
  for (const segment of key)
    if (!segmentShape.test(segment))
      throw new RangeError('a segment of a spool key must be 1 to 128 letters, digits, _ or -')
  return key.join('/')
}

/** Returns a digest that runs anywhere; Node's own is faster. */
export const createPortableHash = (): Hash => {
  const hash = sha256.create()
  return { update: (bytes) => hash.update(bytes), digest: () => bytesToHex(hash.digest()) }
}

/** Returns the last segments of the keys directly below this key, ascending. */
const below = (key: SpoolKey, keys: Iterable<string>): ReadonlyArray<string> => {
  const prefix = `${keyText(key)}/`
  const names = [...keys].filter((each) => each.startsWith(prefix)).map((each) => each.slice(prefix.length))
  return names.filter((name) => !name.includes('/')).sort()
}

const joined = (pieces: ReadonlyArray<Uint8Array>): Uint8Array => {
  const all = new Uint8Array(pieces.reduce((length, piece) => length + piece.length, 0))
  let at = 0
  for (const piece of pieces) {
    all.set(piece, at)
    at += piece.length
  }
  return all
}

/** Returns a spool in memory, lost when the process ends; for tests and trials. */
export const createMemorySpool = (): Spool => {
  const records = new Map<string, SpoolRecord>()
  const contents = new Map<string, Uint8Array>()
  return {
    claim: async () => undefined,
    release: async () => undefined,
    probe: async () => undefined,
    put: async (key, record) => void records.set(keyText(key), structuredClone(record)),
    get: async (key) => structuredClone(records.get(keyText(key))),
    list: async (key) => below(key, records.keys()),
    write: async (key, bytes) => {
      const text = keyText(key)
      const pieces: Uint8Array[] = []
      for await (const piece of bytes) pieces.push(piece.slice())
      contents.set(text, joined(pieces))
    },
    async *read(key) {
      const found = contents.get(keyText(key))
      if (found === undefined) throw new Error('the spool has no content for this key')
      yield found
    },
    append: async (key, from, bytes) => {
      const before = contents.get(keyText(key)) ?? new Uint8Array()
      if (before.length < from) throw new Error('the stored content is shorter than expected')
      contents.set(keyText(key), joined([before.subarray(0, from), bytes]))
      return from + bytes.length
    },
    contents: async (key) => below(key, contents.keys()),
    recover: async () => [],
    setAside: async (key) => {
      const text = keyText(key)
      const [record, content] = [records.get(text), contents.get(text)]
      // No key begins with a dot.
      if (record !== undefined) records.set(`.aside/${text}`, record)
      if (content !== undefined) contents.set(`.aside/${text}`, content)
      const isThere = records.delete(text)
      return contents.delete(text) || isThere ? [text] : []
    },
    remove: async (key) => {
      records.delete(keyText(key))
      contents.delete(keyText(key))
    },
    createHash: createPortableHash
  }
}
