import { describeConformance } from '@userpoint/conformance/vitest'
import { describe, test } from 'vitest'
import { type Driver, drivers } from './drivers.ts'
import { createSqliteStore } from './harness.ts'

const harness = (driver: Driver) => ({
  name: `sqlite on ${driver.name}`,
  open: () => {
    const store = createSqliteStore(driver)
    return {
      repository: store.open(),
      peer: () => store.open(),
      reopen: () => store.open(),
      fork: () => store.fork(new URL('store-process.ts', import.meta.url)),
      dump: () => [{ name: 'the file and its log', bytes: store.dump() }],
      dispose: store.remove
    }
  }
})

for (const driver of drivers) {
  if (driver.missing === undefined) describeConformance(harness(driver))
  else {
    describe(`sqlite on ${driver.name} conforms`, () => {
      test('every requirement', (context) => context.skip(driver.missing))
    })
  }
}
