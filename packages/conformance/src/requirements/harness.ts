/** The suite's own precondition: a harness that supports the tests of all claimed capabilities. */
import { fail, sameAnswers } from '../compare.ts'
import { requirement } from '../trial.ts'
import { byClaim, byId, land, put, stored } from '../writes.ts'

export const harnessRequirements = [
  requirement({
    key: 'harness.complete',
    sentence: 'the harness supports the tests of every capability that the manifest claims',
    check: async (trial) => {
      await trial.withStore(async (store) => {
        const { name, durable, concurrent, linesPerUnit = 1 } = store.handle.repository.manifest
        if (typeof name !== 'string' || name === '') fail('the manifest has no name')
        if (typeof durable !== 'boolean' || ![false, 'handles', 'processes'].includes(concurrent)) {
          fail('the manifest does not declare every capability')
        }
        if (!Number.isInteger(linesPerUnit) || linesPerUnit < 1) fail('the manifest has an invalid `linesPerUnit`')
        const peer = concurrent === false ? undefined : await store.peer()
        if (concurrent !== 'processes') {
          if (!durable) return
          await store.handle.close()
          await peer?.close()
        }
        const other = await store.fork()
        if (other.handle.repository.manifest.name !== name) fail('the other process serves another store')
        sameAnswers([undefined], await other.handle.load([byId('a')]), () => 'a document of another store')
        await other.handle.close()
        await other.kill()
        if (durable) await store.reopen()
      })
    }
  }),
  requirement({
    key: 'harness.isolated',
    sentence: 'two stores that the harness opens share nothing',
    check: async (trial) => {
      await trial.withStore(async (first) => {
        await land(first.handle, [put(stored('a'), { claim: ['k'] })])
        await trial.withStore(async (second) => {
          const seen = await second.handle.load([byId('a'), byClaim('k')])
          sameAnswers([undefined, undefined], seen, () => 'a document of another store')
        })
      })
    }
  })
]
