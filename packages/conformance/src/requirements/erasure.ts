/** PO-14: deleted data leaves no byte in the store's own files. */
import { fail, sameAnswers } from '../compare.ts'
import type { StoreFile } from '../harness.ts'
import { afterTurns } from '../process/turn.ts'
import { type Handle, requirement, type TrialStore } from '../trial.ts'
import { attempt, byClaim, byId, land, put, remove, stored, userPoint } from '../writes.ts'

const bodyMarker = 'b0dy-marker-91x'
const claimMarker = 'cla1m-marker-47z'

const utf8 = (ascii: string): Uint8Array => Uint8Array.from(ascii, (unit) => unit.charCodeAt(0))

const utf16 = (ascii: string): Uint8Array => Uint8Array.from([...utf8(ascii)].flatMap((byte) => [byte, 0]))

const includes = (bytes: Uint8Array, wanted: Uint8Array): boolean => {
  const [first] = wanted
  if (first === undefined) return true
  for (let at = bytes.indexOf(first); at >= 0; at = bytes.indexOf(first, at + 1)) {
    if (wanted.every((byte, index) => bytes[at + index] === byte)) return true
  }
  return false
}

/** Returns the names of the files in which a text of the store can be seen. */
const filesWith = (store: TrialStore, files: ReadonlyArray<StoreFile>, marker: string): ReadonlyArray<string> => {
  const looks = store.looks(marker)
  const wanted = looks === undefined || looks === 'never readable' ? [utf8(marker), utf16(marker)] : looks
  return files.filter(({ bytes }) => wanted.some((one) => includes(bytes, one))).map((file) => file.name)
}

/** Asserts that the search finds existing data, without which an empty result would prove nothing. */
const demandFound = async (store: TrialStore): Promise<void> => {
  const files = await store.dump()
  if (files.length === 0) fail('the dump has no files')
  for (const [what, marker] of [
    ['body', bodyMarker],
    ['claim', claimMarker]
  ] as const) {
    const found = filesWith(store, files, marker)
    if (store.looks(marker) === 'never readable') {
      if (found.length > 0) fail(`a ${what} is readable in ${found.join(', ')}, although none ever is`)
    } else if (found.length === 0) {
      fail(`the dump does not contain an existing ${what}, so its absence would prove nothing`)
    }
  }
}

const demandErased = async (store: TrialStore): Promise<void> => {
  const files = await store.dump()
  for (const [what, marker] of [
    ['body', bodyMarker],
    ['claim', claimMarker]
  ] as const) {
    const left = filesWith(store, files, marker)
    if (left.length > 0) fail(`a ${what} is left in ${left.length} of ${files.length} files: ${left.join(', ')}`)
  }
}

const count = 360
const neutral = (index: number, version: number) =>
  stored(`id-${String(index).padStart(5, '0')}`, { index, text: 'neutral '.repeat(version * (index % 60)) }, version)
const marked = (index: number, version: number) =>
  stored(
    neutral(index, 0).id,
    { index, text: `${bodyMarker} `.repeat(1 + version * (index % 60) * (index % 41 === 0 ? 20 : 1)) },
    version
  )
const ownClaims = (index: number) => [`plain claim ${index}`]
const markedClaims = (index: number) => [`${claimMarker} ${index}`, `${index} ${claimMarker}`]
const isDoomed = (index: number): boolean => index % 3 !== 0
const places = Array.from({ length: count }, (_, index) => index)
const inBatches = places.filter((index) => index % 40 === 0).map((from) => places.slice(from, from + 40))

/** Fills a store with marked and neutral documents next to each other, and lets both grow, so that pages split. */
const fill = async (handle: Handle): Promise<void> => {
  for (const version of [1, 2]) {
    for (const batch of inBatches) {
      await land(
        handle,
        batch.map((index) => {
          const claim = isDoomed(index) ? markedClaims(index) : ownClaims(index)
          const given = isDoomed(index) ? marked(index, version) : neutral(index, version)
          return put(given, { claim: version === 1 ? claim : [] })
        })
      )
    }
  }
}

const deleteDoomed = async (handle: Handle): Promise<void> => {
  for (const batch of inBatches) {
    const doomed = batch.filter(isDoomed)
    await land(
      handle,
      doomed.map((index) => remove(marked(index, 2), markedClaims(index)))
    )
  }
}

const demandKept = async (handle: Handle, what: string): Promise<void> => {
  const kept = places.filter((index) => !isDoomed(index))
  const expected = kept.map((index) => neutral(index, 2))
  sameAnswers(expected, await handle.scan(userPoint), (index) => `document ${index} ${what}`)
  const answers = await handle.load(kept.flatMap(ownClaims).map(byClaim))
  sameAnswers(expected, answers, (index) => `claim ${index} ${what}`)
}

export const erasureRequirements = [
  requirement({
    key: 'PO-14.deleted',
    extent: 'whole',
    sentence: "after a deletion and a purge, the store's own files contain no byte of the body or of its claims",
    needs: ['durable', 'erasure'],
    check: async (trial) => {
      await trial.withStore(async (store) => {
        await fill(store.handle)
        await demandFound(store)
        await deleteDoomed(store.handle)
        await store.handle.purge()
        await demandErased(store)
        const reopened = await store.reopen()
        await demandErased(store)
        await demandKept(reopened, 'after a purge and a reopening')
      })
    }
  }),
  requirement({
    key: 'PO-14.overwritten',
    extent: 'whole',
    sentence: "after a purge, the store's own files contain no byte of an overwritten body or of a released claim",
    needs: ['durable', 'erasure'],
    check: async (trial) => {
      await trial.withStore(async (store) => {
        await fill(store.handle)
        await demandFound(store)
        for (const batch of inBatches) {
          const doomed = batch.filter(isDoomed)
          await land(
            store.handle,
            doomed.map((index) => put(neutral(index, 3), { claim: ownClaims(index), release: markedClaims(index) }))
          )
        }
        await store.handle.purge()
        await demandErased(store)
        const expected = places.map((index) => neutral(index, isDoomed(index) ? 3 : 2))
        const answers = await store.handle.load(places.flatMap(ownClaims).map(byClaim))
        sameAnswers(expected, answers, (index) => `claim ${index} after a purge`)
      })
    }
  }),
  requirement({
    key: 'PO-14.beside-a-peer',
    extent: 'whole',
    sentence: 'a purge erases the deletions of either handle while the other is open and idle',
    needs: ['durable', 'handles', 'erasure'],
    check: async (trial) => {
      await trial.withStore(async (store) => {
        const peer = await store.peer()
        await fill(peer)
        await demandFound(store)
        // The other handle has read pages that will be overwritten.
        const found = await store.handle.scan(userPoint)
        if (found.length !== count) fail(`${found.length} documents instead of ${count} through the other handle`)
        await deleteDoomed(peer)
        await demandKept(store.handle, 'through the other handle')
        await store.handle.purge()
        await demandErased(store)
        await demandKept(peer, 'through the handle that deleted')
      })
    }
  }),
  requirement({
    key: 'PO-14.beside-commits',
    extent: 'whole',
    sentence: 'a purge loses no concurrent commit of another handle',
    needs: ['handles'],
    check: async (trial) => {
      await trial.withStore(async (store) => {
        const peer = await store.peer()
        await land(store.handle, [put(stored('a'), { claim: ['k1'] }), put(neutral(59, 1))])
        let version = 1
        for (let round = 0; round < 30; round += 1) {
          const next = stored('a', { round }, version + 1)
          const write = put(next, { claim: [`k${version + 1}`], release: [`k${version}`] })
          const [, outcome] = await Promise.all([
            // A purge that cannot finish next to a busy handle throws and changes nothing.
            store.handle.purge().catch(() => undefined),
            afterTurns(round, () => attempt(peer, [write]))
          ])
          if (outcome === 'Conflict') fail('a batch conflicted during a purge, although its version and claims held')
          const [now] = await peer.load([byId('a')])
          if (outcome === 'Failed' || (outcome === 'Unknown' && now?.version === version)) continue
          version += 1
          for (const handle of [store.handle, peer]) {
            const answers = await handle.load([byId('a'), byClaim(`k${version}`), byClaim(`k${version - 1}`)])
            sameAnswers([next, next, undefined], answers, (index) => `answer ${index} after a commit beside a purge`)
          }
        }
      })
    }
  }),
  requirement({
    key: 'PO-14.nothing-else',
    extent: 'whole',
    sentence: 'a purge does not change existing documents, however often it runs',
    check: async (trial) => {
      await trial.withStore(async ({ handle }) => {
        await handle.purge()
        await fill(handle)
        await handle.purge()
        await deleteDoomed(handle)
        await handle.purge()
        await handle.purge()
        await demandKept(handle, 'after a purge')
        const index = 0
        await land(handle, [put(neutral(index, 3)), put(stored('new'), { claim: markedClaims(1) })])
        const answers = await handle.load([...ownClaims(index), ...markedClaims(1)].map(byClaim))
        sameAnswers(
          [neutral(index, 3), stored('new'), stored('new')],
          answers,
          (place) => `answer ${place} after a purge`
        )
      })
    }
  })
]
