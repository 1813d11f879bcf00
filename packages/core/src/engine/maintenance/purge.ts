/**
 * Purging: the store drops what deleted data left behind in its own files (PO-14). One purge pays all obligations that were
 * there when it began. Of several engines one purges: the one that has the turn, a document of the store. A turn ends by
 * itself, so a crash loses only time; and an engine that has lost its turn cannot strike out what it owes.
 */
import { E } from '../../fp.ts'
import type { Repository, Stored, Write } from '../../repository/repository.ts'
import { fromStore, type PurgeFailed, type StoreFailed } from '../transaction/engine-error.ts'
import { receiptsWrite } from '../transaction/erasure-receipt.ts'
import { obligationKind } from '../transaction/obligation.ts'
import type { RuntimeOptions } from '../transaction/runtime.ts'

export interface PurgeOptions {
  /**
   * `owed` (default): purges if a deletion owes it, and no other engine is at it. `always`: purges now, even if nothing is
   * owed, or another engine has the turn, such as one whose process was killed.
   */
  readonly when?: 'owed' | 'always'
}

/**
 * The result of a purge. `Purged`: the store has dropped the traces of deleted data; `paid` batches with deletions owed that.
 * `NothingOwed`: nothing was done, because no deletion owes a purge. `AtWork`: nothing was done, because another engine has
 * the turn; it ends at `until`, in milliseconds since 1970, or earlier.
 */
export type PurgeReport =
  | { readonly _tag: 'Purged'; readonly paid: number }
  | { readonly _tag: 'NothingOwed' }
  | { readonly _tag: 'AtWork'; readonly until: number }

/** The purges that deletions still owe. */
export interface PurgeOwed {
  /** The number of batches with deletions that no purge has followed. */
  readonly batches: number
  /** The time of the oldest of them, in milliseconds since 1970; absent: nothing is owed. */
  readonly since?: number
}

interface PurgeSettings {
  readonly repository: Repository
  readonly runtime: Pick<RuntimeOptions, 'clock' | 'sleep'>
}

const turnKind = 'purge_turn'
const turnId = 'turn'
// A process that is killed delays the others by no more than this. One that is at work renews its turn long before.
const turnMilliseconds = 300_000
const renewedAfter = 60_000
// How often a purge looks whether to renew, and for how long: a purge of hours goes on without a turn.
const beat = 100
const mostBeats = 360_000
const documentsPerBatch = 500
// What is deleted during a purge is owed still. Deletions that never end must not keep the caller for ever.
const mostPasses = 3
const attempts = 5

interface Turn {
  readonly version: number
  readonly until: number
}

const readTurn = async (repository: Repository): Promise<Turn> => {
  const [stored] = await repository.load([{ _tag: 'ById', kind: turnKind, id: turnId }])
  const until = stored?.body['until']
  return { version: stored?.version ?? 0, until: typeof until === 'number' ? until : 0 }
}

const turnWrite = ({ version }: Turn, until: number): Write => ({
  kind: turnKind,
  id: turnId,
  expected: version,
  body: { until },
  claim: [],
  release: []
})

// The turns that could not be given back, as on a full disk, by the handle that has them: their versions.
const unreturned = new WeakMap<Repository, number>()

/** A turn that is longer than any is of a clock that was ahead. */
const isTaken = ({ until }: Turn, now: number): boolean => until > now && until <= now + turnMilliseconds

type Taken = { readonly _tag: 'Turn'; readonly turn: Turn } | Extract<PurgeReport, { _tag: 'AtWork' }>

const takeTurn = async ({ repository, runtime }: PurgeSettings, when: PurgeOptions['when']): Promise<Taken> => {
  let seen = 0
  for (let attempt = 1; attempt <= attempts; attempt++) {
    const turn = await readTurn(repository)
    const now = runtime.clock()
    const isOwn = unreturned.get(repository) === turn.version
    if (when === 'owed' && !isOwn && isTaken(turn, now)) return { _tag: 'AtWork', until: turn.until }
    const until = now + turnMilliseconds
    const { _tag } = await repository.commit([turnWrite(turn, until)])
    if (_tag === 'Committed') return { _tag: 'Turn', turn: { version: turn.version + 1, until } }
    seen = until
  }
  return { _tag: 'AtWork', until: seen }
}

/** A turn that is kept while a purge is at work. */
interface KeptTurn {
  /** Ends the renewals, and returns the turn as it is now. */
  readonly end: () => Promise<Turn>
}

/**
 * Renews a turn, as long as the store takes commits during a purge and time passes while we wait. Otherwise the turn may end
 * before its purge: then another engine may purge too, and what is owed is struck by the one whose turn came last.
 */
const keepTurn = ({ repository, runtime: { clock, sleep } }: PurgeSettings, taken: Turn): KeptTurn => {
  let turn = taken
  let isOver = false
  const renew = async (): Promise<boolean> => {
    const until = clock() + turnMilliseconds
    const { _tag } = await repository.commit([turnWrite(turn, until)])
    if (_tag === 'Committed') turn = { version: turn.version + 1, until }
    return _tag === 'Committed'
  }
  const run = async (): Promise<void> => {
    for (let n = 0; n < mostBeats && !isOver; n++) {
      const before = clock()
      await sleep?.(beat)
      if (isOver || clock() - before < beat / 2) return
      if (turn.until - clock() > turnMilliseconds - renewedAfter) continue
      if (!(await renew())) return
    }
  }
  // After an error the turn ends by itself.
  const running =
    repository.manifest.overlapping === true && sleep !== undefined ? run().catch(() => undefined) : undefined
  return {
    end: async () => {
      isOver = true
      await running
      return turn
    }
  }
}

const obligations = async (repository: Repository, limit?: number): Promise<ReadonlyArray<Stored>> => {
  const owed: Stored[] = []
  for await (const each of repository.scan(obligationKind, limit === undefined ? {} : { limit })) owed.push(each)
  return owed
}

/** Returns the receipt of a purge, for the batches that have receipts. Each is struck once, so the name is never used again. */
const purgeReceipts = (struck: ReadonlyArray<Stored>, at: number): ReadonlyArray<Write> => {
  const batches = struck.flatMap(({ body }) => (typeof body['receipts'] === 'string' ? [body['receipts']] : []))
  const name = `purge.${batches[0]}`
  return batches.length === 0 ? [] : [receiptsWrite(name, [{ _tag: 'Purge', id: `${name}.0`, at, batches }])]
}

/**
 * Deletes obligations, and gives the turn back with the last of them. Each batch has the turn, so nothing is deleted once
 * another engine has it. The receipt of the purge is in the batch too (L-38).
 *
 * @returns The number of obligations that are deleted.
 */
const strike = async (
  { repository, runtime }: PurgeSettings,
  owed: ReadonlyArray<Stored>,
  taken: Turn
): Promise<number> => {
  const now = runtime.clock()
  let turn = taken
  for (let from = 0; ; from += documentsPerBatch) {
    const some = owed.slice(from, from + documentsPerBatch)
    const isLast = from + documentsPerBatch >= owed.length
    const deletions = some.map(
      ({ kind, id, version }): Write => ({ kind, id, expected: version, body: undefined, claim: [], release: [] })
    )
    const { _tag } = await repository.commit([
      ...deletions,
      ...purgeReceipts(some, now),
      turnWrite(turn, isLast ? 0 : turn.until)
    ])
    if (_tag === 'Conflict') return from
    if (isLast) return owed.length
    turn = { ...turn, version: turn.version + 1 }
  }
}

const giveBack = async (repository: Repository, turn: Turn): Promise<void> => {
  try {
    await repository.commit([turnWrite(turn, 0)])
  } catch {
    // For others the turn ends by itself.
    unreturned.set(repository, turn.version)
  }
}

const purgeOnce = async (settings: PurgeSettings, when: PurgeOptions['when']): Promise<PurgeReport> => {
  const { repository } = settings
  if (when === 'owed' && (await obligations(repository, 1)).length === 0) return { _tag: 'NothingOwed' }
  const taken = await takeTurn(settings, when)
  if (taken._tag === 'AtWork') return taken
  let isStruck = false
  let kept: KeptTurn | undefined
  try {
    // Only those that are there before the purge begins are paid by it; and another engine may have paid since the look above.
    const owed = await obligations(repository)
    if (when === 'owed' && owed.length === 0) return { _tag: 'NothingOwed' }
    kept = keepTurn(settings, taken.turn)
    await repository.purge?.()
    isStruck = true
    return { _tag: 'Purged', paid: await strike(settings, owed, await kept.end()) }
  } finally {
    if (!isStruck) await giveBack(repository, (await kept?.end()) ?? taken.turn)
  }
}

/** Purges while something is owed: what was deleted by another engine meanwhile relies on the one that had the turn. */
export const purge = async (
  settings: PurgeSettings,
  { when = 'owed' }: PurgeOptions = {}
): Promise<E.Either<PurgeFailed, PurgeReport>> => {
  const { repository } = settings
  try {
    if (repository.manifest.purgedElsewhere === true) {
      // It says why it cannot.
      await repository.purge?.()
      throw new Error('this handle cannot purge: purge through another one')
    }
    if (repository.purge === undefined) return E.right({ _tag: 'NothingOwed' })
    let report = await purgeOnce(settings, when)
    for (let pass = 2; pass <= mostPasses && report._tag === 'Purged'; pass++) {
      const next = await purgeOnce(settings, 'owed')
      if (next._tag !== 'Purged') break
      report = { _tag: 'Purged', paid: report.paid + next.paid }
    }
    return E.right(report)
  } catch (cause) {
    return E.left({ _tag: 'PurgeFailed', cause })
  }
}

export const purgeOwed = async (repository: Repository): Promise<E.Either<StoreFailed, PurgeOwed>> => {
  const owed = await fromStore('scan', () => obligations(repository))
  if (E.isLeft(owed)) return owed
  let since = Number.POSITIVE_INFINITY
  for (const { body } of owed.right) if (typeof body['since'] === 'number') since = Math.min(since, body['since'])
  return E.right({ batches: owed.right.length, ...(since < Number.POSITIVE_INFINITY && { since }) })
}
