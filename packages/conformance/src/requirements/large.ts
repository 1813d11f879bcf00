/** PO-2, PO-4 and PO-5 beyond what one packet or one statement of a server takes. */
import type { Kind, Stored } from '@userpoint/core/repository'
import { fail, sameAnswers } from '../compare.ts'
import { afterTurns } from '../process/turn.ts'
import { requirement } from '../trial.ts'
import { byClaim, byId, conflict, land, put, stored, userPoint } from '../writes.ts'

const kinds: ReadonlyArray<Kind> = ['user_point', 'execution', 'receipt']
const baton = 'the baton'

/** The documents of a large load; each fiftieth is written by every batch. */
const documents: ReadonlyArray<Stored> = Array.from({ length: 6_000 }, (_, index) =>
  stored(`id-${index}`, { index }, 1, kinds[index % kinds.length])
)
const changing = documents.filter((_, index) => index % 50 === 0)

/** Returns a text of a whole number of kilobytes, no two of which are alike. */
const textOf = (kilobytes: number, seed: number): string =>
  Array.from({ length: kilobytes }, (_, index) => `${seed}:${index} "\\é`.padEnd(1_020, '.')).join('')

export const largeRequirements = [
  requirement({
    key: 'PO-2.many',
    sentence:
      'a load of 6,000 documents of several kinds, by id and by claim, never sees a part of a batch that another handle commits meanwhile',
    needs: ['handles'],
    extent: 'whole',
    check: async (trial) => {
      await trial.withStore(async (store) => {
        const peer = await store.peer()
        await land(
          store.handle,
          documents.map((one, index) => put(one, { claim: index === 0 ? [`of ${one.id}`, baton] : [`of ${one.id}`] }))
        )
        const references = [
          byClaim(baton),
          ...documents.map((one, index) => (index % 100 === 0 ? byClaim(`of ${one.id}`) : byId(one.id, one.kind))),
          byClaim(baton)
        ]
        const [left, right] = [changing[0] as Stored, changing[1] as Stored]
        for (let version = 2; version <= 12; version += 1) {
          const [giver, taker] = version % 2 === 0 ? [left, right] : [right, left]
          const batch = changing.map((one) =>
            put(stored(one.id, one.body, version, one.kind), {
              claim: one === taker ? [baton] : [],
              release: one === giver ? [baton] : []
            })
          )
          const [answers] = await Promise.all([
            store.handle.load(references),
            afterTurns(version * 3, () => land(peer, batch))
          ])
          const seen = new Set(changing.map((one) => answers[documents.indexOf(one) + 1]?.version))
          if (seen.size !== 1) fail(`one load saw ${seen.size} different snapshots`)
          const [now = 0] = seen
          const holder = now % 2 === 0 ? right : left
          const expected = documents.map((one, index) => (index % 50 === 0 ? { ...one, version: now } : one))
          const held = { ...holder, version: now }
          sameAnswers([held, ...expected, held], answers, (index) => `answer ${index} of a large load`)
        }
      })
    }
  }),
  requirement({
    key: 'PO-4.large',
    sentence: 'a body of 5 MB is returned equal, by id, by claim and in a scan, and can be overwritten by another',
    extent: 'whole',
    check: async (trial) => {
      await trial.withStore(async ({ handle }) => {
        for (const version of [1, 2]) {
          const large = stored('large', { text: textOf(5_000, version), more: [version] }, version)
          const small = stored('small', { version }, version)
          await land(handle, [put(large, { claim: version === 1 ? ['k'] : [] }), put(small)])
          const answers = await handle.load([byId('large'), byId('small'), byClaim('k')])
          sameAnswers([large, small, large], answers, (index) => `answer ${index}, of a body of 5 MB`)
          sameAnswers([large, small], await handle.scan(userPoint), (index) => `document ${index} of a scan`)
        }
      })
    }
  }),
  requirement({
    key: 'PO-5.wide',
    sentence: 'a batch of 20 MB lands whole, or not at all',
    extent: 'whole',
    check: async (trial) => {
      await trial.withStore(async ({ handle }) => {
        const taken = stored('taken')
        await land(handle, [put(taken, { claim: ['of taken'] })])
        const all = Array.from({ length: 40 }, (_, index) =>
          stored(`id-${String(index).padStart(2, '0')}`, { text: textOf(500, index) })
        )
        const batch = all.map((one) => put(one, { claim: [`of ${one.id}`] }))
        await conflict(handle, [...batch, put(stored('other'), { claim: ['of taken'] })], 'its last claim is taken')
        sameAnswers([taken], await handle.scan(userPoint), () => 'after the conflict')
        await land(handle, batch)
        const answers = await handle.load(all.map((one) => byClaim(`of ${one.id}`)))
        sameAnswers(all, answers, (index) => `document ${index} of a batch of 20 MB`)
      })
    }
  })
]
