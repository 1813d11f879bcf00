/** A key store in memory, for tests, and to read before you write another one. */
import { randomBytes } from 'node:crypto'
import { type Found, keyLength, type KeyStore } from './key-store.ts'

const slotsPerShelf = 64

/** Creates a key store in memory. Handles on one store share it. */
export const createMemoryKeys = (): KeyStore => {
  const secret = randomBytes(keyLength)
  const keys = new Map<number, Uint8Array | 'destroyed'>()
  let reserved = 0
  const answer = (slot: number): Found => {
    const key = keys.get(slot)
    if (key === undefined) return { _tag: 'Empty' }
    return key === 'destroyed' ? { _tag: 'Destroyed' } : { _tag: 'Kept', key: key.slice() }
  }
  return {
    manifest: { name: 'memory', durable: false, concurrent: 'handles' },
    secret: () => secret,
    reserve: () => {
      const first = reserved
      reserved += slotsPerShelf
      return { first, slots: slotsPerShelf }
    },
    keep: (kept) => {
      for (const { first, keys: given } of kept) {
        for (let at = 0; at * keyLength < given.length; at++) {
          keys.set(first + at, given.slice(at * keyLength, (at + 1) * keyLength))
        }
      }
    },
    find: (slots) => slots.map(answer),
    destroy: (slots) => {
      for (const slot of slots) {
        const key = keys.get(slot)
        if (key instanceof Uint8Array) key.fill(0)
        keys.set(slot, 'destroyed')
      }
    },
    used: ({ first, slots }) => {
      let used = slots
      while (used > 0 && !keys.has(first + used - 1)) used--
      return used
    }
  }
}
