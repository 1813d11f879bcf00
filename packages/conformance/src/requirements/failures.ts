/** PO-17: what a failure says of itself. */
import { fail, sameAnswers } from '../compare.ts'
import { requirement } from '../trial.ts'
import { byClaim, byId, demandFault, land, put, stored, type Told } from '../writes.ts'

const refusedText = 'text-that-the-store-refuses'

const demandTold = ({ applied, recovery }: Told, wanted: 'retry' | 'none', what: string): void => {
  if (applied !== false) fail(`${what} does not say that nothing was written`)
  if (recovery !== wanted) fail(`${what} says that ${String(recovery)} can help, not ${wanted}`)
}

export const failureRequirements = [
  requirement({
    key: 'PO-17.refused',
    sentence:
      'a batch that the store refuses because of its content is refused whole, each time, and its other parts land',
    needs: ['refuse'],
    check: async (trial) => {
      await trial.withStore(async (store) => {
        const { handle } = store
        await land(handle, [put(stored('a'), { claim: ['k'] })])
        await store.refuse(refusedText)
        const fine = [put(stored('a', { later: true }, 2), { release: ['k'] }), put(stored('b'), { claim: ['k'] })]
        const refused = put(stored('c', { text: `a ${refusedText} b` }), { claim: ['of c'] })
        for (const batch of [[refused], [refused, ...fine], [...fine, refused], [refused]]) {
          const told = await demandFault(() => handle.commit(batch), 'a batch that the store refuses')
          demandTold(told, 'none', 'the error of a batch that the store refuses')
        }
        const references = [byId('a'), byClaim('k'), byId('b'), byId('c'), byClaim('of c')]
        const before = [stored('a'), stored('a'), undefined, undefined, undefined]
        sameAnswers(before, await handle.load(references), (index) => `answer ${index} after the refusals`)
        await land(handle, fine)
        const after = [stored('a', { later: true }, 2), stored('b'), stored('b'), undefined, undefined]
        sameAnswers(after, await handle.load(references), (index) => `answer ${index} after the other parts landed`)
        const changed = put(stored('b', { text: refusedText }, 2))
        const told = await demandFault(() => handle.commit([changed]), 'a change that the store refuses')
        demandTold(told, 'none', 'the error of a change that the store refuses')
        await land(handle, [put(stored('b', { fine: true }, 2))])
      })
    }
  }),
  requirement({
    key: 'PO-17.passing',
    sentence:
      'a commit that other writers block fails in time, writes nothing, reports that a retry may help, and lands on a retry',
    needs: ['hinder'],
    check: async (trial) => {
      await trial.withStore(async (store) => {
        await land(store.handle, [put(stored('a'), { claim: ['k'] })])
        const batch = [put(stored('a', { later: true }, 2), { release: ['k'] }), put(stored('b'), { claim: ['k'] })]
        const { handle, end } = await store.hinder()
        try {
          const told = await demandFault(() => handle.commit(batch), 'a commit that was kept out')
          demandTold(told, 'retry', 'the error of a commit that was kept out')
        } finally {
          await end()
        }
        sameAnswers([stored('a')], await handle.load([byClaim('k')]), () => 'the answer after the failure')
        await land(handle, batch)
      })
    }
  })
]
