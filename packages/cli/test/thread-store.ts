/** `thread-store.ts <file>` commits through a store on a thread of its own, and prints what is there then. */
import { openOnThread } from '../src/thread.ts'

const [path = ''] = process.argv.slice(2)
const repository = await openOnThread({ path, driver: undefined, datamart: 'shop' })
await repository.commit([{ kind: 'user_point', id: 'a', expected: 0, body: { n: 1 }, claim: ['x'], release: [] }])
console.log(JSON.stringify(await repository.load([{ _tag: 'ByClaim', claim: 'x' }])))
await repository.close?.()
