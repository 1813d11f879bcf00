/**
 * Units of work in turn. While one is committed, the next is decided and the one after it is read, and loaded too where calls may
 * overlap: what a store does in another thread, process or machine is then done at the same time. It never shows: a unit is
 * committed as it was decided only where those before it were. A store that answers at once has its units one by one.
 */
import { E } from '../fp.ts'
import type { Repository } from '../repository/repository.ts'
import type { Recent } from './recent.ts'
import type { Runtime } from './runtime.ts'
import {
  beginLook,
  type Judgement,
  type Look,
  type Prepared,
  pendingOf,
  prepareUnit,
  unprepared
} from './unit-of-work.ts'
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

/** A unit whose commit has begun. */
interface Flight<Left> {
  readonly prepared: Prepared
  /** How often what was just written had been forgotten when it began. */
  readonly clearings: number
  /** Settles once the store was called; it may be at work until `done`. */
  readonly sent: Promise<unknown>
  /** Whether it was committed as it was prepared. */
  readonly done: Promise<E.Either<Left, boolean>>
  /** The same, once it is known. */
  isAsPrepared: boolean | undefined
}

/** A look at what a unit refers to. */
interface Glance<Left> {
  readonly look: Look
  /** What was in flight when it began, so that it may be seen or not, and what was sent since, in that order. */
  readonly unseen: Array<Flight<Left>>
}

/** Why no further unit is begun. */
type Halt<Left> = E.Either<Left, 'Stopped'>

/** What reading a source came to: a unit, and a look at it where that is due already; its end; or what it threw. */
type Read<Left> =
  | { readonly _tag: 'Unit'; readonly unit: Unit; readonly ahead: Glance<Left> | undefined }
  | { readonly _tag: 'End' }
  | { readonly _tag: 'Thrown'; readonly error: unknown }

const isOver = ({ isAsPrepared }: Flight<unknown>): boolean => isAsPrepared !== undefined

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
  /** The last one that was sent, until it is known how it ended. */
  let flight: Flight<Left> | undefined
  /** Whether the store does all at once, so that to be ahead of it gains nothing, and keeps more in memory. */
  let isAtOnce = false
  let isEnding = false
  /** Of the units that are not decided. */
  const open = new Set<Glance<Left>>()
  const { overlapping = false } = repository.manifest

  const glance = ({ wanted }: Unit): Glance<Left> => {
    const unseen = flight !== undefined && !isOver(flight) ? [flight] : []
    const begun = { look: beginLook(repository, wanted, recent), unseen }
    open.add(begun)
    return begun
  }

  /** Looks at a unit before its turn, which is where the store has nothing else to do while one is decided. */
  const glanceAhead = (unit: Unit): Glance<Left> | undefined =>
    overlapping && !isAtOnce && !isEnding ? glance(unit) : undefined

  /** What is seen leads nowhere where it is not known what those did that are not. */
  const isSound = ({ unseen }: Glance<Left>): boolean =>
    unseen.every(({ prepared, isAsPrepared }) => isAsPrepared !== false && pendingOf(prepared) !== undefined)

  const read = async (): Promise<Read<Left>> => {
    try {
      const { done, value: unit } = await units.next()
      return done === true ? { _tag: 'End' } : { _tag: 'Unit', unit, ahead: glanceAhead(unit) }
    } catch (error) {
      return { _tag: 'Thrown', error }
    }
  }

  /** Ends the commit that is in flight. What was prepared for another outcome is to be decided anew. */
  const land = async (): Promise<Halt<Left> | undefined> => {
    if (flight === undefined) return undefined
    const landed = await flight.done
    if (E.isLeft(landed)) return landed
    flight = undefined
    if (!landed.right && waiting !== undefined) {
      recent.clear()
      // With times and ids of its own once more: those of the unit before it are now later ones.
      waiting = { ...waiting, prepared: unprepared(runtime) }
    }
    return undefined
  }

  const commitOne = async ({ unit, prepared }: Waiting, handle: Repository): Promise<E.Either<Left, boolean>> => {
    const judged = await commit(unit, prepared, handle)
    if (E.isLeft(judged)) return judged
    const { decided } = prepared
    // One that was not decided yet is waited for before the next is prepared.
    return E.right(decided === undefined || (E.isRight(decided) && decided.right.judgements === judged.right))
  }

  const begin = (next: Waiting): Flight<Left> => {
    const watching = watched(repository, (atOnce) => {
      isAtOnce = atOnce
    })
    const clearings = recent.clearings()
    const done = commitOne(next, watching.repository)
    const settled = done.then(
      (ended) => {
        begun.isAsPrepared = E.isRight(ended) && ended.right
      },
      // Whoever waits for it to land is told.
      () => undefined
    )
    const sent = Promise.race([watching.sent, settled])
    const begun: Flight<Left> = { prepared: next.prepared, clearings, sent, done, isAsPrepared: undefined }
    for (const { unseen } of open) unseen.push(begun)
    return begun
  }

  /** Sends the one that waits, once the one before it has landed. */
  const send = async (): Promise<Halt<Left> | undefined> => {
    if (waiting === undefined) return undefined
    const halt = await land()
    if (halt !== undefined) return halt
    if (isStopped()) return E.right('Stopped')
    flight = begin(waiting)
    waiting = undefined
    await flight.sent
    return undefined
  }

  const commitAll = async (): Promise<Halt<Left> | undefined> => (await send()) ?? (await land())

  /** Whether the store has nothing to commit before the next unit is read, for which the one that waits need not wait. */
  const isIdle = (): Promise<boolean> => {
    const landed = Promise.resolve(flight?.done)
    return Promise.race([
      upcoming.then(() => false),
      landed.then(
        () => true,
        () => true
      )
    ])
  }

  /** Sends and ends what must be before the next unit is looked at. */
  const makeWay = async (): Promise<Halt<Left> | undefined> => {
    // Where it is not known what a unit will do, it must be done first.
    if ([waiting, flight].some((each) => each !== undefined && pendingOf(each.prepared) === undefined)) {
      return commitAll()
    }
    if (overlapping && waiting !== undefined) return send()
    return overlapping && flight !== undefined && !isOver(flight) ? undefined : land()
  }

  /** Decides a unit, which is then the one that waits. */
  const decide = async (unit: Unit, ahead: Glance<Left> | undefined): Promise<Halt<Left> | undefined> => {
    const inStep = isAtOnce
    if (ahead !== undefined) open.delete(ahead)
    const seen = ahead !== undefined && isSound(ahead) ? ahead : glance(unit)
    if (overlapping) {
      upcoming = read()
      // Deciding keeps the thread busy: what else is to be sent is sent before, unless it is not there yet.
      await isIdle()
    }
    const sight = await seen.look.sight
    const halt = overlapping ? undefined : await send()
    if (halt !== undefined) return halt
    open.delete(seen)
    const before = seen.unseen.map(({ prepared }) => pendingOf(prepared) ?? [])
    const clearings = Math.min(seen.look.clearings, ...seen.unseen.map((each) => each.clearings))
    waiting = { unit, prepared: prepareUnit(sight, unit.tasks, runtime, observing, recent, before, clearings) }
    const ended = inStep ? await commitAll() : undefined
    // While the unit before this one is committed, since that takes longer than to load one.
    if (!overlapping && ended === undefined) upcoming = read()
    return ended
  }

  let upcoming = read()
  try {
    for (;;) {
      if (overlapping && waiting !== undefined && (await isIdle())) {
        const halt = await send()
        if (halt !== undefined) return halt
      }
      const next = await upcoming
      if (next._tag !== 'Unit') {
        const halt = await commitAll()
        if (next._tag === 'Thrown') throw next.error
        return halt ?? E.right('Completed')
      }
      const halt = (await makeWay()) ?? (isStopped() ? E.right('Stopped') : await decide(next.unit, next.ahead))
      if (halt !== undefined) return halt
    }
  } finally {
    isEnding = true
    await flight?.done.catch(() => undefined)
    await units.return()
    const left = await upcoming
    if (left._tag === 'Unit') await left.ahead?.look.sight
  }
}
