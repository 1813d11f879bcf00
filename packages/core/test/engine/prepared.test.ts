/** What is decided before its turn, from what was seen, what was just written and what is about to be. */
import { describe, expect, it } from 'vitest'
import { defaultPolicies } from '../../src/command/policies.ts'
import type { Loaded, PendingWrite } from '../../src/decide/workspace.ts'
import type { Identifier } from '../../src/domain/identifier.ts'
import type { Subject } from '../../src/domain/user-point.ts'
import { createRecent } from '../../src/engine/lookahead/recent.ts'
import { createRuntime } from '../../src/engine/transaction/runtime.ts'
import { beginLook, prepareUnit, type Task, wantedBy } from '../../src/engine/transaction/unit-of-work.ts'
import { E } from '../../src/fp.ts'
import type { Stored } from '../../src/repository/index.ts'
import { account, email, key, person } from '../decide/given.ts'
import { countingRuntime, fakeRepository, stored } from './fake-repository.ts'

const ada = person('p1', { emails: ['h1'] })
const both = person('p1', { emails: ['h1'], accounts: [['1', 'ada']] })
const loaded = ({ id, point }: Subject, version: number): Loaded => ({ id, point, version })
const writing = ({ id, point }: Subject, expected: number): PendingWrite => ({
  id,
  point,
  expected,
  claim: [],
  release: [],
  changes: 1
})

/** Deletes a profile that these do not have, so that they are looked at and not changed. */
const looking = (references: ReadonlyArray<Identifier>): ReadonlyArray<Task> =>
  references.map((reference) => ({
    _tag: 'Command',
    warnings: [],
    command: { _tag: 'DeleteProfile', reference, scope: { _tag: 'Key', key: key('7') } }
  }))

/**
 * What is made of tasks that only look at somebody.
 *
 * @param kept What was just written.
 * @param inStore What is loaded where that is not enough.
 * @param before What the unit before writes.
 * @param isLater Whether that was sent after everything was loaded.
 */
const prepare = async (
  references: ReadonlyArray<Identifier>,
  kept: Loaded | undefined,
  inStore: ReadonlyArray<Stored>,
  before: PendingWrite | ReadonlyArray<PendingWrite>,
  isLater = false
): Promise<'Decided' | 'Unknown' | 'Failed'> => {
  const recent = createRecent()
  if (kept !== undefined) recent.keep(kept)
  const tasks = looking(references)
  const look = beginLook(fakeRepository({ loads: [inStore] }), wantedBy(tasks), recent)
  const unit = { writes: [before].flat(), isLater }
  const runtime = createRuntime(countingRuntime(), defaultPolicies)
  const { decided } = prepareUnit(await look.sight, tasks, runtime, false, recent, [unit], look.clearings)
  return decided === undefined ? 'Unknown' : E.isRight(decided) ? 'Decided' : 'Failed'
}

describe('a unit that only looks at somebody whom the unit before it writes', () => {
  it('[PO-6] is decided where what is seen was loaded before that write', async () => {
    expect(await prepare([email('h1')], undefined, [stored(ada, 1)], writing(ada, 1))).toBe('Decided')
  })

  it('[PO-6] is not decided yet where they were not loaded, since somebody else may have come between', async () => {
    expect(await prepare([email('h1')], loaded(ada, 1), [], writing(ada, 1))).toBe('Unknown')
    expect(await prepare([email('h1')], loaded(ada, 1), [], { ...writing(ada, 1), point: undefined })).toBe('Unknown')
    const claiming = { ...writing(ada, 0), claim: ['email_hash:h1'] }
    expect(await prepare([email('h1')], undefined, [], claiming)).toBe('Unknown')
  })

  it('[PO-6] is decided where it is known that all was loaded before those writes', async () => {
    const claiming = { ...writing(ada, 0), claim: ['email_hash:h1'] }
    const gone = { ...writing(ada, 1), point: undefined }
    expect(await prepare([email('h1')], loaded(ada, 1), [], writing(ada, 1), true)).toBe('Decided')
    expect(await prepare([email('h1')], loaded(ada, 1), [], gone, true)).toBe('Decided')
    expect(await prepare([email('h1')], undefined, [], claiming, true)).toBe('Decided')
    const eve = person('p2', { emails: ['h2'] })
    const given = [email('h1'), email('h2')]
    expect(await prepare(given, undefined, [stored(eve, 4)], [claiming, writing(eve, 4)])).toBe('Decided')
    expect(await prepare(given, undefined, [stored(eve, 5)], [claiming, writing(eve, 4)])).toBe('Unknown')
  })

  it('[PO-6] is not decided yet where somebody else seems to have what they claim', async () => {
    const claiming = { ...writing(both, 1), claim: ['account:1:ada'] }
    const other = person('p2', { accounts: [['1', 'ada']] })
    const given = [email('h1'), account('1', 'ada')]
    expect(await prepare(given, undefined, [stored(ada, 1), stored(other, 1)], claiming)).toBe('Unknown')
    expect(await prepare(given, undefined, [stored(ada, 1)], claiming)).toBe('Decided')
  })

  it('[PO-6] is not decided yet where it proves only what was loaded since', async () => {
    const given = [email('h1'), account('1', 'ada')]
    expect(await prepare(given, loaded(ada, 1), [stored(both, 2)], writing(both, 2))).toBe('Unknown')
  })

  it('[PO-6] is not decided yet where it was made from something later than what is seen', async () => {
    expect(await prepare([email('h1')], undefined, [stored(ada, 1)], writing(ada, 2))).toBe('Unknown')
    expect(await prepare([email('h1')], loaded(ada, 1), [], writing(ada, 2))).toBe('Unknown')
  })

  it('[PO-6] is decided where what is seen is the later one', async () => {
    expect(await prepare([email('h1')], undefined, [stored(ada, 3)], writing(ada, 1))).toBe('Decided')
  })
})
