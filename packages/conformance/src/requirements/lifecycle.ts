/** PO-13 and PO-16: what outlives a handle. */
import { hostileBodies, hostileClaims } from '../hostile.ts'
import { sameAnswers } from '../compare.ts'
import { requirement } from '../trial.ts'
import { byClaim, byId, conflict, land, put, remove, stored, userPoint } from '../writes.ts'

export const lifecycleRequirements = [
  requirement({
    key: 'PO-13.reopened',
    sentence: 'after a reopening, every committed document is there, and no deleted one',
    needs: ['durable'],
    check: async (trial) => {
      await trial.withStore(async (store) => {
        const kept = hostileBodies.map((body, index) => stored(`id-${String(index).padStart(3, '0')}`, body))
        const [last, gone] = [stored('last', { last: true }, 2), stored('gone', { gone: true })]
        await land(store.handle, [
          ...kept.map((one) => put(one)),
          put(stored('last'), { claim: hostileClaims }),
          put(gone, { claim: ['of gone'] })
        ])
        await land(store.handle, [remove(gone, ['of gone'])])
        await land(store.handle, [put(last, { claim: ['newest'] })])
        const references = [...hostileClaims.map(byClaim), byClaim('newest'), byId('gone'), byClaim('of gone')]
        const expected = [...references.slice(2).map(() => last), undefined, undefined]
        for (let time = 0; time < 2; time += 1) {
          const reopened = await store.reopen()
          sameAnswers([...kept, last], await reopened.scan(userPoint), (index) => `document ${index} after a reopening`)
          sameAnswers(expected, await reopened.load(references), (index) => `answer ${index} after a reopening`)
        }
      })
    }
  }),
  requirement({
    key: 'PO-13.laws-hold',
    sentence:
      'versions and claims survive a reopening: a stale version or a taken claim conflicts, and the next version lands',
    needs: ['durable'],
    check: async (trial) => {
      await trial.withStore(async (store) => {
        await land(store.handle, [put(stored('a'), { claim: ['k'] }), put(stored('b'), { claim: ['l'] })])
        await land(store.handle, [put(stored('a', {}, 2)), remove(stored('b'), ['l'])])
        const reopened = await store.reopen()
        await conflict(reopened, [put(stored('a', {}, 2))], 'its version was stale before the reopening')
        await conflict(reopened, [put(stored('b', {}, 2))], 'its document was deleted before the reopening')
        await conflict(reopened, [put(stored('c'), { claim: ['k'] })], 'its claim was taken before the reopening')
        await land(reopened, [put(stored('a', {}, 3)), put(stored('c'), { claim: ['l'] })])
        const again = await store.reopen()
        const answers = await again.load([byClaim('k'), byClaim('l'), byId('b')])
        sameAnswers([stored('a', {}, 3), stored('c'), undefined], answers, (index) => `answer ${index}`)
      })
    }
  }),
  requirement({
    key: 'PO-16.close',
    sentence: 'a handle can be closed after its calls, even with abandoned scans',
    check: async (trial) => {
      await trial.withStore(async ({ handle }) => {
        await land(handle, [put(stored('a'), { claim: ['k'] }), put(stored('b'))])
        await handle.load([byClaim('k')])
        await handle.scan(userPoint, undefined, () => 'stop')
        await handle.close()
      })
    }
  }),
  requirement({
    key: 'PO-16.others',
    sentence: 'closing a handle does not affect other handles on the store',
    needs: ['handles'],
    check: async (trial) => {
      await trial.withStore(async (store) => {
        const peer = await store.peer()
        await land(store.handle, [put(stored('a'), { claim: ['k'] })])
        await store.handle.close()
        const [now] = await peer.load([byClaim('k')])
        sameAnswers([stored('a')], [now], () => 'through the handle that is left')
        await land(peer, [put(stored('a', { later: true }, 2))])
        await conflict(peer, [put(stored('b'), { claim: ['k'] })], 'its claim is taken')
        sameAnswers(
          [stored('a', { later: true }, 2)],
          await peer.scan(userPoint),
          () => 'the scan of the handle that is left'
        )
        await peer.close()
      })
    }
  })
]
