/**
 * The shelves of a handle. Each has a document in the store, which says how many of its slots committed batches use. A batch that
 * fills slots also writes that document, at the version that was read. So the first writer of the document decides: a batch that
 * is still under way somewhere can never land after a purge has counted its keys as lost.
 */
import {
  type JsonObject,
  type Kind,
  type Repository,
  type Stored,
  StoreFault,
  type Write
} from '@userpoint/core/repository'
import { type Kept, keyLength, type KeyStore, type Shelf } from './key-store.ts'

export const shelfKind: Kind = 'key_shelf'

const shelfId = ({ first }: Shelf): string => String(first)

/** Returns the document of a shelf. */
export const shelfBody = ({ slots }: Shelf, used: number): JsonObject => ({ slots, used })

/** Returns the shelf of a document, and how many of its slots committed batches use. */
export const shelfIn = ({ id, body }: Stored): { readonly shelf: Shelf; readonly used: number } => ({
  shelf: { first: Number(id), slots: Number(body['slots']) },
  used: Number(body['used'])
})

/** A shelf that this handle fills. One commit has it at a time. */
export interface Lane {
  readonly shelf: Shelf
  /** The version of its document that was seen last. */
  version: number
  /** The number of slots that were ever filled, even if their batches did not land. They are not filled again. */
  next: number
}

/** The slots that one batch takes from a lane. */
export interface Taken {
  readonly lane: Lane
  readonly first: number
  readonly count: number
}

export interface Shelves {
  /** Adds lanes until they have room for so many keys. No other commit has them until they are given back. */
  readonly fill: (lanes: Lane[], count: number) => Promise<void>
  /** Reads the documents of lanes again. Returns those that are still this handle's to fill. */
  readonly refresh: (lanes: ReadonlyArray<Lane>) => Promise<Lane[]>
  /** Gives lanes back. One whose state is not known is never given back. */
  readonly giveBack: (lanes: ReadonlyArray<Lane>) => void
}

const roomIn = ({ shelf, next }: Lane): number => shelf.slots - next

const attempts = 100

/**
 * @param isLasting `false`: what is committed may still be rolled back by the caller, and the documents of shelves with it.
 */
export const createShelves = (inner: Repository, keys: KeyStore, isLasting: boolean): Shelves => {
  const idle: Lane[] = []

  const open = async (): Promise<Lane> => {
    for (let tried = 1; tried <= attempts; tried++) {
      const shelf = await keys.reserve()
      if (!isLasting) return { shelf, version: 0, next: 0 }
      const body = shelfBody(shelf, 0)
      const write = { kind: shelfKind, id: shelfId(shelf), expected: 0, body, claim: [], release: [] }
      // The datamart knows a shelf already if an older copy of its key file was restored.
      if ((await inner.commit([write]))._tag === 'Committed') return { shelf, version: 1, next: 0 }
    }
    throw new StoreFault('keys: commit failed (the key store is older than the datamart)', {
      applied: false,
      recovery: 'repair',
      code: 'OLD_KEYS'
    })
  }
  return {
    fill: async (lanes, count) => {
      let room = lanes.reduce((sum, lane) => sum + roomIn(lane), 0)
      while (room < count) {
        const lane = idle.pop() ?? (await open())
        lanes.push(lane)
        room += roomIn(lane)
      }
    },
    refresh: async (lanes) => {
      if (lanes.length === 0) return []
      const found = await inner.load(lanes.map(({ shelf }) => ({ _tag: 'ById', kind: shelfKind, id: shelfId(shelf) })))
      return lanes.filter((lane, at) => {
        const version = found[at]?.version
        if (version === undefined && isLasting) return false
        lane.version = version ?? 0
        return true
      })
    },
    giveBack: (lanes) => {
      for (const lane of lanes) if (roomIn(lane) > 0) idle.push(lane)
    }
  }
}

/** Takes the next slots of lanes for so many keys. */
export const nextSlots = (lanes: ReadonlyArray<Lane>, count: number): ReadonlyArray<Taken> => {
  const taken: Taken[] = []
  let left = count
  for (const lane of lanes) {
    const some = Math.min(left, roomIn(lane))
    if (some === 0) continue
    taken.push({ lane, first: lane.shelf.first + lane.next, count: some })
    lane.next += some
    left -= some
  }
  return taken
}

/** Every slot that was taken, in order. */
export const slotsOf = (taken: ReadonlyArray<Taken>): ReadonlyArray<number> =>
  taken.flatMap(({ first, count }) => Array.from({ length: count }, (_, at) => first + at))

/** Divides keys, one after the other, among the slots. */
export const keptIn = (taken: ReadonlyArray<Taken>, keys: Uint8Array): ReadonlyArray<Kept> => {
  let from = 0
  return taken.map(({ first, count }) => {
    const some = keys.subarray(from, from + count * keyLength)
    from += some.length
    return { first, keys: some }
  })
}

/** Returns the writes that count the slots as used. */
export const shelfWrites = (taken: ReadonlyArray<Taken>): ReadonlyArray<Write> =>
  taken.map(({ lane: { shelf, version, next } }) => ({
    kind: shelfKind,
    id: shelfId(shelf),
    expected: version,
    body: shelfBody(shelf, next),
    claim: [],
    release: []
  }))
