/**
 * Units of work in turn. While one is committed, the next is decided, and loaded where calls may overlap, and the one after it
 * is read: what a store does in another thread, process or machine is then done at the same time. It never shows: a unit is
 * committed as it was decided only where the one before it was. A store that answers at once has its units one by one.
 */
import { E } from '../fp.ts'
import type { Repository } from '../repository/repository.ts'
import type { Recent } from './recent.ts'
import type { Runtime } from './runtime.ts'
import { type Committing, type Judgement, type Prepared, prepareUnit, unprepared } from './unit-of-work.ts'
import type { Unit } from './units.ts'

/** What is done with the units. */
export interface Stages<Left> {
  readonly repository: Repository
  readonly runtime: Runtime
  readonly observing: boolean
  /** What was just written. */
  readonly recent: Recent
  /**
   * Commits a unit, and says what was judged in the end; a left ends it all. It makes all its commits on this handle of the
   * repository.
   */
  readonly commit: (
    unit: Unit,
    prepared: Prepared,
    repository: Repository
  ) => Promise<E.Either<Left, ReadonlyArray<Judgement>>>
  /** Whether no more units are to be committed. */
  readonly isStopped: () => boolean
}

interface Waiting {
  readonly unit: Unit
  readonly prepared: Prepared
}

/**
 * A handle on the same store, and when it was first asked to commit.
 *
 * @param onAnswer Is told whether an answer was there at once.
 */
const watched = (
  repository: Repository,
  onAnswer: (isAtOnce: boolean) => void
): { readonly repository: Repository; readonly sent: Promise<void> } => {
  let tell = (): void => undefined
  const sent = new Promise<void>((resolve) => {
    tell = resolve
  })
  const commit: Repository['commit'] = (writes) => {
    const result = repository.commit(writes)
    onAnswer(!('then' in result))
    tell()
    return result
  }
  return { repository: { ...repository, commit }, sent }
}

/** What reading a source came to: a unit, its end, or what it threw. */
type Read =
  | { readonly _tag: 'Unit'; readonly unit: Unit }
  | { readonly _tag: 'End' }
  | { readonly _tag: 'Thrown'; readonly error: unknown }

/**
 * Commits every unit, in order, until one fails or it is stopped.
 *
 * @throws What the source throws, once the units before are committed, and what `commit` throws.
 */
export const inTurn = async <Left>(
  units: AsyncGenerator<Unit, void, undefined>,
  { repository, runtime, observing, recent, commit, isStopped }: Stages<Left>
): Promise<E.Either<Left, 'Completed' | 'Stopped'>> => {
  /** Decided, and to be committed next. */
  let waiting: Waiting | undefined
  /** Being committed; whether what was prepared after it still holds. */
  let inFlight: Promise<E.Either<Left, boolean>> = Promise.resolve(E.right(true))
  /** Settles once the commit in flight was sent. */
  let sent: Promise<unknown> = inFlight
  /** Whether the store does all at once, so that to be ahead of it gains nothing, and keeps more in memory. */
  let isAtOnce = false
  const { overlapping = false } = repository.manifest

  const read = async (): Promise<Read> => {
    try {
      const { done, value } = await units.next()
      return done === true ? { _tag: 'End' } : { _tag: 'Unit', unit: value }
    } catch (error) {
      return { _tag: 'Thrown', error }
    }
  }

  /** Ends the commit that is in flight. What was prepared for another outcome is to be decided anew. */
  const land = async (): Promise<E.Either<Left, undefined>> => {
    const landed = await inFlight
    if (E.isLeft(landed)) return landed
    if (!landed.right && waiting !== undefined) {
      recent.clear()
      // With times and ids of its own once more: those of the unit before it are now later ones.
      waiting = { ...waiting, prepared: unprepared(runtime) }
    }
    return E.right(undefined)
  }

  const commitOne = async ({ unit, prepared }: Waiting, handle: Repository): Promise<E.Either<Left, boolean>> => {
    const judged = await commit(unit, prepared, handle)
    if (E.isLeft(judged)) return judged
    const { decided } = prepared
    // One that was not decided yet is waited for before the next is prepared.
    return E.right(decided === undefined || (E.isRight(decided) && decided.right.judgements === judged.right))
  }

  const commitWaiting = (): Committing => {
    if (waiting === undefined) return { sent: inFlight, done: inFlight }
    const watching = watched(repository, (atOnce) => {
      isAtOnce = atOnce
    })
    inFlight = commitOne(waiting, watching.repository)
    waiting = undefined
    // Whoever waits for it to land is told.
    const done = inFlight.catch(() => undefined)
    sent = Promise.race([watching.sent, done])
    return { sent, done }
  }

  /** Ends the commit that is in flight and then makes the one that waits; whether it was stopped before that. */
  const commitAll = async (): Promise<E.Either<Left, 'Completed' | 'Stopped'>> => {
    const landed = await land()
    if (E.isLeft(landed)) return landed
    if (waiting === undefined) return E.right('Completed')
    if (isStopped()) return E.right('Stopped')
    commitWaiting()
    const last = await land()
    return E.isLeft(last) ? last : E.right('Completed')
  }

  let upcoming = read()
  try {
    for (;;) {
      const next = await upcoming
      if (next._tag !== 'Unit') {
        const ended = await commitAll()
        if (next._tag === 'Thrown') throw next.error
        return ended
      }
      const landed = await land()
      if (E.isLeft(landed)) return landed
      if (isStopped()) return E.right('Stopped')
      const { unit } = next
      const before = waiting?.prepared
      const inStep = isAtOnce
      const preparing = prepareUnit(repository, unit, runtime, observing, recent, before, commitWaiting)
      if (overlapping) {
        // Whoever waits for it below is told.
        preparing.catch(() => undefined)
        // Then the load is on its way too, and what is read meanwhile takes no time from it.
        await sent
        upcoming = read()
      }
      waiting = { unit, prepared: await preparing }
      if (inStep) {
        const committed = await commitAll()
        if (E.isLeft(committed) || committed.right === 'Stopped') return committed
      }
      // While the unit before this one is committed, since that takes longer than to load one.
      if (!overlapping) upcoming = read()
    }
  } finally {
    await inFlight.catch(() => undefined)
    await units.return()
  }
}
