/** Imports that are ahead of their store, while other writers join, part and delete the same people. */
import { createEngine, type Engine } from '@userpoint/core'
import { type DocumentType, mediarithmics } from '@userpoint/core/mediarithmics'
import type { Repository } from '@userpoint/core/repository'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  type AccountDocument,
  accountDocuments,
  accountLine,
  bytesOf,
  cycle,
  newStore,
  settings,
  through,
  turns
} from './slow-store.ts'
import { seed, times } from '../../core/test/laws/law.ts'

const names = ['a', 'b', 'c'] as const

/** A line on some accounts. */
interface Deed {
  readonly type: AccountDocument
  readonly accounts: ReadonlyArray<string>
}

/** The line of a deed; a mark of its own goes to the account's own profile, so that no other one can take its place. */
const lineOf = ({ type, accounts }: Deed, mark: string): object =>
  accountLine(type, accounts, (account) => ({ $compartment_id: '1', $user_account_id: account, marks: [mark] }))

interface Given {
  /** The lines of each document that is imported. */
  readonly ours: ReadonlyArray<readonly [AccountDocument, ReadonlyArray<ReadonlyArray<string>>]>
  /** The write of another writer before each call, by its number. */
  readonly others: ReadonlyArray<Deed | undefined>
  readonly linesPerUnit: number
  readonly delays: ReadonlyArray<number>
}

const options = () => ({
  ...settings(),
  policies: { arrays: 'concat' } as const,
  attempts: 20,
  sleep: () => Promise.resolve()
})

/** The lines of a unit of work, each with its mark, and what became of them. */
interface Told {
  readonly type: AccountDocument
  readonly lines: ReadonlyArray<Line>
  readonly isOurs: boolean
  readonly verdicts: ReadonlyArray<string>
  readonly isChange: boolean
}

type Line = readonly [accounts: ReadonlyArray<string>, mark: string]

/** Returns a verdict without ids and times. */
const gist = (verdict: object): string =>
  JSON.stringify(verdict, (key, value: unknown) => {
    if (key === 'userPoint') return undefined
    return key === 'merged' ? (value as ReadonlyArray<string>).length : value
  })

/** Imports these, and tells the verdicts of each unit. */
const importLines = async (
  engine: Engine<DocumentType>,
  type: AccountDocument,
  lines: ReadonlyArray<Line>,
  linesPerUnit: number,
  tell: (verdicts: ReadonlyArray<string>) => void
): Promise<void> => {
  const bytes = bytesOf(lines.map(([accounts, mark]) => lineOf({ type, accounts }, mark)))
  const onVerdicts = (some: ReadonlyArray<{ readonly verdict: object }>) =>
    tell(some.map(({ verdict }) => gist(verdict)))
  const ended = await engine.importDocument(type, bytes, { linesPerUnit, onVerdicts })
  expect(ended).toMatchObject({ _tag: 'Right', right: { lines: lines.length } })
}

/** Imports while others come between; gives the units of all, in the order of their verdicts. */
const importBeside = async ({ ours, others, linesPerUnit, delays }: Given) => {
  const raw = newStore()
  const shared = options()
  const told: Told[] = []
  let count = 0
  const run = async (
    repository: Repository,
    type: AccountDocument,
    lines: ReadonlyArray<Line>,
    isOurs: boolean
  ): Promise<void> => {
    let from = 0
    await importLines(
      createEngine({ dialect: mediarithmics, repository, ...shared }),
      type,
      lines,
      linesPerUnit,
      (verdicts) => {
        const own = lines.slice(from, from + verdicts.length)
        const isChange = verdicts.some((verdict) => verdict.includes('Applied'))
        told.push({ type, lines: own, isOurs, verdicts, isChange })
        from += own.length
      }
    )
  }
  const [delay, left] = [cycle(delays), [...others]]
  let theirs = Promise.resolve()
  const call = async <A>(use: () => A | PromiseLike<A>): Promise<A> => {
    const deed = left.shift()
    if (deed !== undefined) {
      // One after the other, so that they are told in the order in which they were done.
      const mark = `other${count++}`
      theirs = theirs.then(() => run(raw, deed.type, [[deed.accounts, mark]], false))
      await theirs
    }
    await turns(delay())
    const given = await use()
    await turns(delay())
    return given
  }
  const slow = through(raw, true, {
    load: (references) => call(() => raw.load(references)),
    commit: (writes) => call(() => raw.commit(writes))
  })
  for (const [document, [type, each]] of ours.entries()) {
    const lines = each.map((accounts, at) => [accounts, `ours${document}.${at}`] as const)
    await run(slow, type, lines, true)
  }
  return { raw, told }
}

/** Everybody's accounts and marks, once it is seen that each account leads to whom it is an account of, and nowhere else. */
const peopleIn = async (repository: Repository) => {
  const holders = new Map<string, string>()
  const marks: string[] = []
  const people: string[] = []
  for await (const { id, point } of createEngine({ dialect: mediarithmics, repository, ...settings() }).userPoints()) {
    for (const { accountId } of point.accounts) {
      expect(holders.has(accountId)).toBe(false)
      holders.set(accountId, id)
    }
    const own = point.profiles.flatMap(({ properties }) => (properties['marks'] ?? []) as ReadonlyArray<string>)
    marks.push(...own)
    const accountIds = point.accounts.map(({ accountId }) => accountId)
    people.push(`${accountIds.sort().join()}: ${[...own].sort().join()}`)
  }
  for (const name of names) {
    const [found] = await repository.load([{ _tag: 'ByClaim', claim: `account:1:${name}` }])
    expect(found?.id).toBe(holders.get(name))
  }
  return { marks: marks.sort(), holders, people: people.sort() }
}

/** Does these one after the other; gives whether each does what it was told to have done, and the store that they leave. */
const inOrder = async (units: ReadonlyArray<Told>) => {
  const repository = newStore()
  const engine = createEngine({ dialect: mediarithmics, repository, ...options() })
  let isSo = true
  for (const { type, lines, verdicts } of units) {
    await importLines(engine, type, lines, lines.length, (given) => {
      isSo &&= given.join() === verdicts.join()
    })
  }
  return { isSo, repository }
}

/**
 * Returns whether some order of all units explains the verdicts and the final people. It keeps the order of our units and of the
 * others. Others that changed nothing are left out: they need not have seen a moment between two units.
 */
const hasOrder = async (told: ReadonlyArray<Told>, left: ReadonlyArray<string>): Promise<boolean> => {
  const ours = told.filter(({ isOurs }) => isOurs)
  const theirs = told.filter(({ isOurs, isChange }) => !isOurs && isChange)
  const extend = async (order: ReadonlyArray<Told>, at: number, seen: number): Promise<boolean> => {
    const unit = ours[at]
    if (unit === undefined) {
      const { isSo, repository } = await inOrder([...order, ...theirs.slice(seen)])
      return isSo && (await peopleIn(repository)).people.join() === left.join()
    }
    for (let moment = theirs.length; moment >= seen; moment--) {
      const longer = [...order, ...theirs.slice(seen, moment), unit]
      if ((await inOrder(longer)).isSo && (await extend(longer, at + 1, moment))) return true
    }
    return false
  }
  return extend([], 0, 0)
}

const someAccounts = fc.array(fc.constantFrom(...names), { minLength: 1, maxLength: 3 })

const given = (...types: ReadonlyArray<AccountDocument>): fc.Arbitrary<Given> => {
  const type = fc.constantFrom(...types)
  return fc.record({
    ours: fc.array(fc.tuple(type, fc.array(someAccounts, { minLength: 1, maxLength: 16, size: 'max' })), {
      minLength: 1,
      maxLength: 2
    }),
    others: fc.array(fc.option(fc.record({ type, accounts: someAccounts }), { nil: undefined, freq: 2 }), {
      maxLength: 16,
      size: 'max'
    }),
    linesPerUnit: fc.integer({ min: 1, max: 3 }),
    delays: fc.array(fc.nat(6), { minLength: 1, maxLength: 8 })
  })
}

const joining = ['USER_PROFILE', 'USER_IDENTIFIERS_ASSOCIATION_DECLARATIONS'] as const

describe('while others write to the same people', () => {
  it('[L-33] no line is lost and none applied twice, in any order of merges', async () => {
    await fc.assert(
      fc.asyncProperty(given(...joining), async (each) => {
        const { raw, told } = await importBeside(each)
        const found = await peopleIn(raw)
        const profiles = told.filter(({ type }) => type === 'USER_PROFILE').flatMap(({ lines }) => lines)
        expect(found.marks).toEqual(profiles.map(([, mark]) => mark).sort())
        for (const [accounts] of told.filter(({ type }) => type !== 'USER_PROFILE').flatMap(({ lines }) => lines)) {
          expect(new Set(accounts.map((account) => found.holders.get(account))).size).toBe(1)
        }
      }),
      { numRuns: times(300), seed }
    )
  })

  it('[L-33] the final people and the verdicts are those of some order, with any deletions', async () => {
    await fc.assert(
      fc.asyncProperty(given(...accountDocuments), async (each) => {
        const { raw, told } = await importBeside(each)
        expect(await hasOrder(told, (await peopleIn(raw)).people)).toBe(true)
      }),
      { numRuns: times(300), seed }
    )
  })
})
