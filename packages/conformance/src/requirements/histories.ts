/** Many laws together: random histories compared with the oracle. */
import { type Abilities, history, runHistory } from '../history.ts'
import { requirement } from '../trial.ts'
import type { Need, Requirement } from '../requirement.ts'

const histories = (key: string, sentence: string, needs: ReadonlyArray<Need>, abilities: Abilities): Requirement =>
  requirement({
    key,
    sentence,
    needs,
    check: async (trial) => {
      await trial.forAll(60, history(abilities), async (steps) => {
        await trial.withStore(async (store) => {
          await runHistory(store, steps, abilities)
        })
      })
    }
  })

export const historyRequirements = [
  histories(
    'PO-10.histories',
    'after each step of any history, every reference and every scan agrees with the oracle',
    [],
    { peer: false, reopen: false }
  ),
  histories(
    'PO-3.histories',
    'after each step of any history through two handles, both agree with the oracle on everything',
    ['handles'],
    { peer: true, reopen: false }
  ),
  histories(
    'PO-13.histories',
    'after each step of any history with reopenings, every reference and every scan agrees with the oracle',
    ['durable'],
    { peer: false, reopen: true }
  )
]
