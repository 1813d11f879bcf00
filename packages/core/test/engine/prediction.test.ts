/** Predictions: from the snapshot, the cache, and the writes of the units before. */
import { describe, expect, it } from 'vitest'
import { defaultPolicies } from '../../src/command/policies.ts'
import type { Loaded, PendingWrite } from '../../src/decide/workspace.ts'
import type { Identifier } from '../../src/domain/identifier.ts'
import type { Subject } from '../../src/domain/user-point.ts'
import { linesOf } from '../../src/engine/input/line.ts'
import { DocumentCache } from '../../src/engine/lookahead/document-cache.ts'
import { predict, startPrefetch } from '../../src/engine/lookahead/prediction.ts'
import { createRuntime } from '../../src/engine/transaction/runtime.ts'
import { type Unit, unitOf } from '../../src/engine/transaction/transaction.ts'
import { E } from '../../src/fp.ts'
import type { Stored } from '../../src/repository/index.ts'
import { account, email, key, person } from '../decide/given.ts'
import { countingRuntime, fakeRepository, stored } from './fake-repository.ts'

const ada = person('p1', { emails: ['h1'] })
const joined = person('p1', { emails: ['h1'], accounts: [['1', 'ada']] })
const loaded = ({ id, point }: Subject, version: number): Loaded => ({ id, point, version })
const writing = ({ id, point }: Subject, expected: number): PendingWrite => ({
  id,
  before: undefined,
  point,
  expected,
  claim: [],
  release: [],
  changes: 1,
  erases: false
})

/** Deletes a profile that these people do not have, so that they are read and not changed. */
const reading = (references: ReadonlyArray<Identifier>): Unit =>
  unitOf(
    linesOf(
      references.map((reference) => ({
        _tag: 'DeleteProfile',
        reference,
        scope: { _tag: 'Key', key: key('7') }
      }))
    )
  )

interface Given {
  readonly references: ReadonlyArray<Identifier>
  readonly cached?: Loaded
  /** The documents that a load returns for references that the cache does not have. */
  readonly inStore?: ReadonlyArray<Stored>
  /** The writes of the unit before. */
  readonly earlier: PendingWrite | ReadonlyArray<PendingWrite>
  /** `true`: their commit started after the load. */
  readonly startedAfterLoad?: boolean
}

/** Predicts a unit that only reads people. */
const predicted = async ({
  references,
  cached,
  inStore = [],
  earlier,
  startedAfterLoad = false
}: Given): Promise<'Decided' | 'Unknown' | 'Failed'> => {
  const cache = new DocumentCache()
  if (cached !== undefined) cache.keep(cached)
  const unit = reading(references)
  const sources = {
    repository: fakeRepository({ loads: [inStore] }),
    runtime: createRuntime(countingRuntime(), defaultPolicies),
    cache
  }
  const prefetch = startPrefetch(unit.references, sources)
  const given = {
    snapshot: await prefetch.snapshot,
    earlier: [{ writes: [earlier].flat(), startedAfterLoad }],
    cacheGeneration: prefetch.cacheGeneration
  }
  const { decided } = predict(unit, given, sources)
  return decided === undefined ? 'Unknown' : E.isRight(decided) ? 'Decided' : 'Failed'
}

describe('a unit that only reads people whom the unit before it writes', () => {
  const h1 = [email('h1')]
  const claiming = { ...writing(ada, 0), claim: ['email_hash:h1'] }
  const gone = { ...writing(ada, 1), point: undefined }

  it('[PO-6] is decided if they were loaded before that write', async () => {
    expect(await predicted({ references: h1, inStore: [stored(ada, 1)], earlier: writing(ada, 1) })).toBe('Decided')
  })

  it('[PO-6] is not decided yet if they were not loaded, since another writer may have come between', async () => {
    expect(await predicted({ references: h1, cached: loaded(ada, 1), earlier: writing(ada, 1) })).toBe('Unknown')
    expect(await predicted({ references: h1, cached: loaded(ada, 1), earlier: gone })).toBe('Unknown')
    expect(await predicted({ references: h1, earlier: claiming })).toBe('Unknown')
  })

  it('[PO-6] is decided if everything was certainly loaded before those writes', async () => {
    const later = { references: h1, startedAfterLoad: true }
    expect(await predicted({ ...later, cached: loaded(ada, 1), earlier: writing(ada, 1) })).toBe('Decided')
    expect(await predicted({ ...later, cached: loaded(ada, 1), earlier: gone })).toBe('Decided')
    expect(await predicted({ ...later, earlier: claiming })).toBe('Decided')
    const eve = person('p2', { emails: ['h2'] })
    const both = { references: [email('h1'), email('h2')], earlier: [claiming, writing(eve, 4)] }
    expect(await predicted({ ...both, inStore: [stored(eve, 4)] })).toBe('Decided')
    expect(await predicted({ ...both, inStore: [stored(eve, 5)] })).toBe('Unknown')
  })

  it('[PO-6] is not decided yet if another user point seems to have what they claim', async () => {
    const other = person('p2', { accounts: [['1', 'ada']] })
    const given = {
      references: [email('h1'), account('1', 'ada')],
      earlier: { ...writing(joined, 1), claim: ['account:1:ada'] }
    }
    expect(await predicted({ ...given, inStore: [stored(ada, 1), stored(other, 1)] })).toBe('Unknown')
    expect(await predicted({ ...given, inStore: [stored(ada, 1)] })).toBe('Decided')
  })

  it('[PO-6] is decided if one of those writes takes what another one of them releases, in either order', async () => {
    const other = person('p2', { accounts: [['1', 'ada']] })
    const taking = { ...writing(joined, 1), claim: ['account:1:ada'] }
    const releasing = { ...writing(other, 1), point: undefined, release: ['account:1:ada'] }
    const given = { references: [email('h1'), account('1', 'ada')], inStore: [stored(ada, 1), stored(other, 1)] }
    expect(await predicted({ ...given, earlier: [taking, releasing] })).toBe('Decided')
    expect(await predicted({ ...given, earlier: [releasing, taking] })).toBe('Decided')
  })

  it('[PO-6] is not decided yet if the write proves only what was loaded since', async () => {
    const given = { references: [email('h1'), account('1', 'ada')], cached: loaded(ada, 1) }
    expect(await predicted({ ...given, inStore: [stored(joined, 2)], earlier: writing(joined, 2) })).toBe('Unknown')
  })

  it('[PO-6] is not decided yet if the write was made from a later version', async () => {
    expect(await predicted({ references: h1, inStore: [stored(ada, 1)], earlier: writing(ada, 2) })).toBe('Unknown')
    expect(await predicted({ references: h1, cached: loaded(ada, 1), earlier: writing(ada, 2) })).toBe('Unknown')
  })

  it('[PO-6] is decided if the loaded version is the later one', async () => {
    expect(await predicted({ references: h1, inStore: [stored(ada, 3)], earlier: writing(ada, 1) })).toBe('Decided')
  })
})
