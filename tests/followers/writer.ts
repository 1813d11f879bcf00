/** `writer.ts <place> <seed>`: changes people until its parent says `finish`. */
import type { DocumentType } from '@userpoint/core/mediarithmics'
import { chanceFrom, pause } from '../faults/chance.ts'
import { openStore, type Place } from './store.ts'

const [place = '', seed = ''] = process.argv.slice(2)
const chance = chanceFrom(Number(seed))
const { engine, close } = await openStore(JSON.parse(place) as Place)
let isFinishing = false
process.on('message', () => {
  isFinishing = true
})
process.send?.('started')

const people = 60
const account = () => ({ type: 'USER_ACCOUNT', user_account_id: `person-${chance.below(people)}` })

/** Returns some lines of one type. One upsert in three alters nothing. */
const lines = (): readonly [DocumentType, ReadonlyArray<object>] => {
  const many = <A>(line: () => A): A[] => Array.from({ length: 1 + chance.below(8) }, line)
  const die = chance.below(10)
  if (die < 6)
    return [
      'USER_PROFILE',
      many(() => ({
        operation: 'UPSERT',
        user_account_id: account().user_account_id,
        force_replace: false,
        user_profile: { n: chance.below(3) }
      }))
    ]
  if (die < 8)
    return ['USER_IDENTIFIERS_ASSOCIATION_DECLARATIONS', many(() => ({ identifiers: [account(), account()] }))]
  return ['USER_POINTS_DELETION', many(account)]
}

while (!isFinishing) {
  const [type, some] = lines()
  // What fails has an outcome that is not known; the mirror must be right all the same.
  await engine.importDocument(type, new TextEncoder().encode(some.map((line) => JSON.stringify(line)).join('\n')))
  // The followers commit once for each change, and this process must hear its parent.
  await pause(chance.below(60))
}
await close()
process.disconnect?.()
