/** A port for what must outlive a request: uploads, what is known of them, and error files. */
import { sha256 } from '@noble/hashes/sha2.js'
import { bytesToHex } from '@noble/hashes/utils.js'
import type { Hash } from '@userpoint/core'

/**
 * Where something is kept: one or more segments of 1 to 128 letters, digits, `_` and `-`. A segment that is no such text is
 * refused before anything is looked up.
 */
export type SpoolKey = ReadonlyArray<string>

/** A value of JSON that is no bigger than a page. */
export type SpoolRecord = Readonly<Record<string, unknown>>

export interface Spool {
  /** Keeps a record in the place of the one that is there, wholly or not at all. */
  readonly put: (key: SpoolKey, record: SpoolRecord) => Promise<void>
  readonly get: (key: SpoolKey) => Promise<SpoolRecord | undefined>
  /** The last segments of all keys of records right below this one, ascending. */
  readonly list: (key: SpoolKey) => Promise<ReadonlyArray<string>>
  /** Keeps bytes as they come; where they end in an error nothing is kept, and it is thrown on. */
  readonly write: (key: SpoolKey, bytes: AsyncIterable<Uint8Array>) => Promise<void>
  /** The bytes that are kept, as often as they are asked for. Throws where there are none. */
  readonly read: (key: SpoolKey) => AsyncIterable<Uint8Array>
  /**
   * Keeps bytes behind the first `from` of those that are there, and drops whatever was behind them. They outlive the
   * process when it returns. Throws where there are fewer than `from`.
   *
   * @returns How many there are then.
   */
  readonly append: (key: SpoolKey, from: number, bytes: Uint8Array) => Promise<number>
  /** The last segments of all keys of bytes right below this one. */
  readonly contents: (key: SpoolKey) => Promise<ReadonlyArray<string>>
  /** Drops what is left of writes that never came to their end because their process died. */
  readonly recover: () => Promise<void>
  /** Removes bytes, if there are any. */
  readonly remove: (key: SpoolKey) => Promise<void>
  /** Starts a SHA-256 digest, which tells uploads apart. */
  readonly createHash: () => Hash
}

/** What a segment of a key may be; ids of datamarts too. */
export const segmentShape = /^[\w-]{1,128}$/

/** The key as one text. @throws RangeError where a segment is none. */
export const keyText = (key: SpoolKey): string => {
  for (const segment of key) if (!segmentShape.test(segment)) throw new RangeError('not a segment of a key')
  return key.join('/')
}

/** A digest on any runtime; Node's own is faster. */
const createPortableHash = (): Hash => {
  const hash = sha256.create()
  return { update: (bytes) => hash.update(bytes), digest: () => bytesToHex(hash.digest()) }
}

/** The last segments of the keys that are right below this one, ascending. */
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

/** A spool that is gone with the process, and holds everything in memory: for tests and trials. */
export const createMemorySpool = (): Spool => {
  const records = new Map<string, SpoolRecord>()
  const contents = new Map<string, Uint8Array>()
  return {
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
      if (found === undefined) throw new Error('there is no such content')
      yield found
    },
    append: async (key, from, bytes) => {
      const before = contents.get(keyText(key)) ?? new Uint8Array()
      if (before.length < from) throw new Error('content is lost')
      contents.set(keyText(key), joined([before.subarray(0, from), bytes]))
      return from + bytes.length
    },
    contents: async (key) => below(key, contents.keys()),
    recover: async () => undefined,
    remove: async (key) => void contents.delete(keyText(key)),
    createHash: createPortableHash
  }
}
