/** PO-1 to PO-4: the answers of a load. */
import type { JsonObject, Stored } from '@userpoint/core/repository'
import fc from 'fast-check'
import { body, claim, hostileBodies, hostileClaims, hostileIds, hostileKinds, id } from '../hostile.ts'
import { fail, sameAnswer, sameAnswers } from '../compare.ts'
import { afterTurns } from '../process/turn.ts'
import { requirement } from '../trial.ts'
import { byClaim, byId, land, put, remove, stored, userPoint } from '../writes.ts'

/** Returns a separate copy of a JSON value, so that a store that keeps objects cannot make two values equal. */
const copy = (value: JsonObject): JsonObject => JSON.parse(JSON.stringify(value)) as JsonObject

/** Mutates a value in place; a frozen value stays as it is. */
const spoil = (value: object): void => {
  for (const name of Object.keys(value)) {
    const inner: unknown = Reflect.get(value, name)
    if (typeof inner === 'object' && inner !== null) spoil(inner)
    else Reflect.set(value, name, 'spoilt')
  }
  if (Array.isArray(value)) Reflect.set(value, value.length, 'spoilt')
  else Reflect.set(value, 'spoilt', true)
}

export const answerRequirements = [
  requirement({
    key: 'PO-1.order',
    sentence: 'a load returns one answer for each reference, in order, duplicates included',
    check: async (trial) => {
      const kept = ['a', 'B', 'c'].map((name, index) => stored(name, { index }))
      const reference = fc.oneof(
        fc.constantFrom('a', 'B', 'c', 'b', 'd').map((name) => byId(name)),
        fc.constantFrom('to a', 'to B', 'to c', 'also to a', 'to none').map(byClaim),
        fc.constant(byId('a', 'execution'))
      )
      await trial.forAll(20, fc.array(reference, { minLength: 1, maxLength: 30, size: 'max' }), async (references) => {
        await trial.withStore(async ({ handle }) => {
          await land(
            handle,
            kept.map((one) => put(one, { claim: one.id === 'a' ? ['to a', 'also to a'] : [`to ${one.id}`] }))
          )
          const expected = references.map((one) =>
            one._tag === 'ById'
              ? kept.find((document) => document.kind === one.kind && document.id === one.id)
              : kept.find((document) => one.claim.endsWith(`to ${document.id}`))
          )
          sameAnswers(expected, await handle.load(references), (index) => `answer ${index}`)
        })
      })
    }
  }),
  requirement({
    key: 'PO-1.many',
    extent: 'whole',
    sentence: 'a load of 40,000 references, with duplicates and unknown ones, answers each',
    check: async (trial) => {
      await trial.withStore(async ({ handle }) => {
        const kept = Array.from({ length: 500 }, (_, index) => stored(`id-${index}`, { index }))
        await land(
          handle,
          kept.map((one) => put(one, { claim: [`claim of ${one.id}`] }))
        )
        const places = Array.from({ length: 40_000 }, (_, index) => (index * 7) % 600)
        const references = places.map((place, index) =>
          index % 2 === 0 ? byId(`id-${place}`) : byClaim(`claim of id-${place}`)
        )
        const expected = places.map((place) => kept[place])
        sameAnswers(expected, await handle.load(references), (index) => `answer ${index}`)
      })
    }
  }),
  requirement({
    key: 'PO-2.one-moment',
    extent: 'whole',
    sentence: 'a load that runs while another handle commits never sees a part of a batch',
    needs: ['handles'],
    check: async (trial) => {
      await trial.withStore(async (store) => {
        const peer = await store.peer()
        const names = Array.from({ length: 12 }, (_, index) => `id-${index}`)
        const batch = (version: number) => names.map((name) => put(stored(name, { version }, version)))
        await land(store.handle, batch(1))
        const few = names.flatMap((name) => [byId(name), byId(name)])
        // Sometimes more references than one statement takes, so that a load in parts is detected.
        const many = Array.from({ length: 200 }, () => few).flat()
        for (let version = 2; version <= 40; version += 1) {
          const references = version % 4 === 0 ? many : few
          const [first, , second] = await Promise.all([
            store.handle.load(references),
            afterTurns(version % 30, () => land(peer, batch(version))),
            store.handle.load(references)
          ])
          for (const answer of [first, second]) {
            const versions = new Set(answer.map((one) => one?.version))
            if (versions.size !== 1) fail(`one load saw ${versions.size} different snapshots`)
          }
        }
      })
    }
  }),
  requirement({
    key: 'PO-3.own-writes',
    sentence: 'a load and a scan see every earlier commit',
    check: async (trial) => {
      await trial.withStore(async ({ handle }) => {
        for (let version = 1; version <= 5; version += 1) {
          const document = stored('a', { version }, version)
          await land(handle, [put(document, { claim: [`k${version}`] })])
          const references = [byId('a'), byClaim('k1'), byClaim(`k${version}`)]
          sameAnswers([document, document, document], await handle.load(references), (index) => `answer ${index}`)
          sameAnswers([document], await handle.scan(userPoint), () => 'the scan')
        }
      })
    }
  }),
  requirement({
    key: 'PO-3.peer',
    sentence: 'a load and a scan see every earlier commit of another handle',
    needs: ['handles'],
    check: async (trial) => {
      await trial.withStore(async (store) => {
        const peer = await store.peer()
        const references = [byId('a'), byClaim('k')]
        for (let version = 1; version <= 6; version += 1) {
          // Several rounds in one direction, so that the reader has loaded before without writing since.
          const [writer, reader] = version > 3 ? [peer, store.handle] : [store.handle, peer]
          const document = stored('a', { version }, version)
          await land(writer, [put(document, { claim: version === 1 ? ['k'] : [] })])
          sameAnswers(
            [document, document],
            await reader.load(references),
            (index) => `answer ${index} of the other handle`
          )
          sameAnswers([document], await reader.scan(userPoint), () => 'the scan of the other handle')
        }
        await land(store.handle, [remove(stored('a', {}, 6), ['k'])])
        sameAnswers([undefined, undefined], await peer.load(references), () => 'the other handle, after a deletion')
      })
    }
  }),
  requirement({
    key: 'PO-4.bodies',
    sentence: 'every legal body is returned equal, by id, by claim and in a scan',
    check: async (trial) => {
      const bodies = fc.oneof({ weight: 3, arbitrary: body() }, fc.constantFrom(...hostileBodies))
      const batch = fc.array(bodies, { minLength: 1, maxLength: 4 })
      await trial.withStore(async ({ handle }) => {
        for (const [index, one] of hostileBodies.entries()) {
          const name = `id-${String(index).padStart(3, '0')}`
          await land(handle, [put(stored(name, one), { claim: [name] })])
          const answers = await handle.load([byId(name), byClaim(name)])
          sameAnswers([stored(name, one), stored(name, one)], answers, () => `hostile body ${index}`)
        }
        const expected = hostileBodies.map((one, index) => stored(`id-${String(index).padStart(3, '0')}`, one))
        sameAnswers(expected, await handle.scan(userPoint), (index) => `hostile body ${index} in the scan`)
      })
      await trial.forAll(80, batch, async (values) => {
        await trial.withStore(async ({ handle }) => {
          const documents = values.map((one, index) => stored(`id-${index}`, copy(one)))
          await land(
            handle,
            values.map((one, index) => put(stored(`id-${index}`, one), { claim: [`k${index}`] }))
          )
          const found = await handle.load(documents.map((one) => byId(one.id)))
          sameAnswers(documents, found, (index) => `body ${index}`)
          sameAnswers(documents, await handle.scan(userPoint), (index) => `body ${index} in the scan`)
        })
      })
    }
  }),
  requirement({
    key: 'PO-4.claims',
    sentence: 'legal claims are distinct, even if they look alike',
    check: async (trial) => {
      await trial.withStore(async ({ handle }) => {
        const documents = hostileClaims.map((_, index) => stored(`id-${index}`, { index }))
        await land(
          handle,
          documents.map((one, index) => put(one, { claim: hostileClaims.slice(index, index + 1) }))
        )
        const what = (index: number) => `hostile claim ${index}`
        sameAnswers(documents, await handle.load(hostileClaims.map(byClaim)), what)
        const odd = documents.filter((_, index) => index % 2 === 1)
        await land(
          handle,
          odd.map((one) =>
            remove(
              one,
              hostileClaims.filter((_, index) => one === documents[index])
            )
          )
        )
        const expected = documents.map((one) => (odd.includes(one) ? undefined : one))
        sameAnswers(expected, await handle.load(hostileClaims.map(byClaim)), what)
      })
      const claims = fc.uniqueArray(claim(), { minLength: 2, maxLength: 8 })
      await trial.forAll(60, claims, async (texts) => {
        await trial.withStore(async ({ handle }) => {
          const documents = texts.map((_, index) => stored(`id-${index}`, { index }))
          for (const [index, one] of documents.entries()) {
            await land(handle, [put(one, { claim: texts.slice(index, index + 1) })])
          }
          sameAnswers(documents, await handle.load(texts.map(byClaim)), (index) => `claim ${index}`)
        })
      })
    }
  }),
  requirement({
    key: 'PO-4.ids',
    sentence: 'each legal id under each legal kind is a separate document',
    check: async (trial) => {
      await trial.withStore(async ({ handle }) => {
        const documents = hostileKinds.flatMap((kind) =>
          hostileIds.map((name, index) => stored(name, { kind, index }, 1, kind))
        )
        await land(
          handle,
          documents.map((one) => put(one))
        )
        const found = await handle.load(documents.map((one) => byId(one.id, one.kind)))
        sameAnswers(documents, found, (index) => `document ${index}`)
      })
      await trial.forAll(40, fc.uniqueArray(id(), { minLength: 2, maxLength: 6 }), async (names) => {
        await trial.withStore(async ({ handle }) => {
          const documents = names.map((name, index) => stored(name, { index }))
          for (const one of documents) await land(handle, [put(one)])
          sameAnswers(documents, await handle.load(names.map((name) => byId(name))), (index) => `document ${index}`)
        })
      })
    }
  }),
  requirement({
    key: 'PO-4.own-copy',
    sentence: 'mutating an answer, or a body after its commit, does not change the store',
    check: async (trial) => {
      await trial.withStore(async ({ handle }) => {
        const given = (version: number) => ({ version, list: [{ inner: 'text' }], object: { a: { b: 1 } } })
        const expected = (version: number): Stored => stored('a', given(version), version)
        const committed = given(1)
        const claims = ['k']
        await land(handle, [{ ...put(stored('a', committed)), claim: claims }])
        spoil(committed)
        spoil(claims)
        sameAnswers([expected(1)], await handle.load([byClaim('k')]), () => 'after the committed body was changed')
        const [first] = await handle.load([byId('a')])
        for (const one of await handle.load([byId('a'), byId('a')])) if (one !== undefined) spoil(one)
        for (const one of await handle.scan(userPoint)) spoil(one)
        sameAnswers([expected(1)], await handle.load([byId('a')]), () => 'after answers were changed')
        sameAnswer(expected(1), first, 'an answer, after another answer was changed')
        await land(handle, [put(expected(2))])
        sameAnswer(expected(1), first, 'an answer, after the document was written again')
        sameAnswers([expected(2)], await handle.scan(userPoint), () => 'the scan, after it all')
      })
    }
  })
]
