/** Reads sealed documents: finds their keys, and tells those that are gone for good from those that have just moved on. */
import { type Repository, type Reference, type Stored, StoreFault } from '@userpoint/core/repository'
import type { KeyStore } from './key-store.ts'
import { ownKinds, slotOf, unseal } from './sealing.ts'

/** A document as the store has it. */
export interface Place {
  readonly version: number
  readonly slot: number
}

/** Remembers where the keys lie of documents that were read or written last. */
export interface Places {
  readonly find: (kind: string, id: string) => Place | undefined
  readonly remember: (kind: string, id: string, place: Place) => void
}

const mostPlaces = 50_000

export const createPlaces = (): Places => {
  const known = new Map<string, Place>()
  return {
    find: (kind, id) => known.get(`${kind} ${id}`),
    remember: (kind, id, place) => {
      if (known.size >= mostPlaces) known.clear()
      known.set(`${kind} ${id}`, place)
    }
  }
}

export interface Opening {
  /**
   * Returns the document of each reference to the inner store. A document whose key is destroyed is gone, even if the store still
   * has it: `undefined`.
   */
  readonly load: (references: ReadonlyArray<Reference>) => Promise<ReadonlyArray<Stored | undefined>>
  /** Returns a document that the inner store gave. */
  readonly open: (sealed: Stored) => Promise<Stored | undefined>
}

const attempts = 50

const missing = (): StoreFault =>
  new StoreFault('keys: load failed (the key store does not have the key of a document)', {
    applied: false,
    recovery: 'repair',
    code: 'KEY_MISSING'
  })

/** The documents of one answer that could be read; `undefined`: its key is destroyed. */
type Opened = ReadonlyMap<Stored, Stored | undefined>

export const createOpening = (inner: Repository, keys: KeyStore, places: Places): Opening => {
  const openAll = async (sealed: ReadonlySet<Stored>): Promise<Opened> => {
    const own = [...sealed]
    const slots = own.map(slotOf)
    const found = await keys.find(slots)
    const opened = new Map<Stored, Stored | undefined>()
    for (const [at, stored] of own.entries()) {
      const answer = found[at]
      if (answer === undefined || answer._tag === 'Empty') throw missing()
      if (answer._tag === 'Destroyed') {
        opened.set(stored, undefined)
        continue
      }
      const { kind, id, version } = stored
      opened.set(stored, { kind, id, version, body: unseal(stored, answer.key) })
      places.remember(kind, id, { version, slot: slots[at] as number })
    }
    return opened
  }

  const textOf = ({ kind, id, version }: Stored): string => `${kind} ${id} ${version}`

  const load: Opening['load'] = async (references) => {
    let goneBefore: ReadonlySet<string> = new Set()
    for (let tried = 1; tried <= attempts; tried++) {
      const stored = await inner.load(references)
      const sealed = new Set<Stored>()
      for (const each of stored) if (each !== undefined && !ownKinds.has(each.kind)) sealed.add(each)
      const opened = await openAll(sealed)
      const gone = new Set([...sealed].filter((each) => opened.get(each) === undefined).map(textOf))
      // A document may be deleted, and its key destroyed, between the two answers. It is gone for good if it is still there.
      if ([...gone].every((each) => goneBefore.has(each))) return stored.map((each) => each && opened.get(each))
      goneBefore = gone
    }
    throw new StoreFault('keys: load failed (other writers renewed the keys of these documents at each attempt)', {
      applied: false,
      recovery: 'retry'
    })
  }
  return {
    load,
    open: async (sealed) => {
      if (ownKinds.has(sealed.kind)) return undefined
      const opened = (await openAll(new Set([sealed]))).get(sealed)
      if (opened !== undefined) return opened
      return (await load([{ _tag: 'ById', kind: sealed.kind, id: sealed.id }]))[0]
    }
  }
}
