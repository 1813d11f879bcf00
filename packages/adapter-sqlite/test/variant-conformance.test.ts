/**
 * The suite on the drivers that conformance.test.ts leaves out, and on a store whose claims often share a hash; part of the
 * campaign.
 */
import { describe, test } from 'vitest'
import { describeAgain } from '../../conformance/test/describe-again.ts'
import { drivers, prebuiltDriver } from './drivers.ts'
import { createSqliteStore, harnessOn } from './harness.ts'
import { openWeak } from './weak-store.ts'

for (const driver of drivers) {
  if (driver === prebuiltDriver) continue
  if (driver.missing === undefined) describeAgain(harnessOn(driver))
  else {
    describe(`sqlite on ${driver.name} conforms`, () => {
      test('every requirement', (context) => context.skip(driver.missing))
    })
  }
}

describeAgain({
  name: 'sqlite with claims that share a hash',
  open: () => {
    const store = createSqliteStore(prebuiltDriver)
    return {
      repository: openWeak(store),
      peer: () => openWeak(store),
      reopen: () => openWeak(store),
      fork: () => store.fork(new URL('weak-store-process.ts', import.meta.url)),
      dump: () => [{ name: 'the file and its log', bytes: store.dump() }],
      dispose: store.remove
    }
  }
})
