/**
 * Units of work in turn. While one is committed, the next is decided and the one after it is read, and loaded too where calls may
 * overlap: what a store does in another thread, process or machine is then done at the same time. It never shows: a unit is
 * committed as it was decided only where those before it were. A store that answers at once has its units one by one.
 */
import { E } from '../../fp.ts'
import type { Repository } from '../../repository/repository.ts'
import type { Recent } from './recent.ts'
import type { Runtime } from '../transaction/runtime.ts'
import {
  beginLook,
  type Judgement,
  type Look,
  type Prepared,
  pendingOf,
  prepareUnit,
  unprepared
} from '../transaction/unit-of-work.ts'
import type { Unit } from '../import/units.ts'

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
  // A repository may be an instance of a class.
  const { manifest } = repository
  return {
    repository: {
      manifest,
      load: (references) => repository.load(references),
      commit,
      scan: (kind, options) => repository.scan(kind, options)
    },
    sent
  }
}

/** A unit whose commit has begun. */
interface Flight<Left> {
  /** Its place among all flights. */
  readonly turn: number
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
interface Glance {
  readonly look: Look
  /** The turn of the first flight that may not be seen: what was in flight when it began, or what is sent next. */
  readonly since: number
  /** The turn of the first flight that is sent after it has ended; `undefined`: it has not. */
  endedBefore: number | undefined
}

/** Why no further unit is begun. */
type Halt<Left> = E.Either<Left, 'Stopped'>

/** What reading a source came to: a unit, and a look at it where that is due already; its end; or what it threw. */
type Read =
  | { readonly _tag: 'Unit'; readonly unit: Unit; readonly ahead: Glance | undefined }
  | { readonly _tag: 'End' }
  | { readonly _tag: 'Thrown'; readonly error: unknown }

const isOver = ({ isAsPrepared }: Flight<unknown>): boolean => isAsPrepared !== undefined

/** Whether it is only known once it is committed what it does. */
const isUnknown = (unit: { readonly prepared: Prepared } | undefined): boolean =>
  unit !== undefined && pendingOf(unit.prepared) === undefined

/**
 * Commits every unit, in order, until one fails or it is stopped.
 *
 * @throws What the source throws, once the units before are committed, unless one of them fails; and what `commit` throws.
 */
export const inTurn = async <Left>(
  units: AsyncGenerator<Unit, void, undefined>,
  { repository, runtime, observing, recent, commit, isStopped }: Stages<Left>
): Promise<E.Either<Left, 'Completed' | 'Stopped'>> => {
  /** Decided, and to be committed next. */
  let waiting: Waiting | undefined
  /** The last one that was sent, until it is known how it ended. */
  let flight: Flight<Left> | undefined
  /** The last two that were sent, the later one first: a look is at most two units ahead. */
  let flights: ReadonlyArray<Flight<Left>> = []
  /** The last look; there is one at a time, so that no unit sees less than the one before it. */
  let lastLook: Promise<unknown> = Promise.resolve()
  /** Whether the store does all at once, so that to be ahead of it gains nothing, and keeps more in memory. */
  let isAtOnce = false
  let isEnding = false
  const { overlapping = false } = repository.manifest

  const nextTurn = (): number => (flights[0]?.turn ?? 0) + 1

  const glance = async ({ wanted }: Unit): Promise<Glance> => {
    await lastLook
    const since = flight !== undefined && !isOver(flight) ? flight.turn : nextTurn()
    const look = beginLook(repository, wanted, recent)
    const begun: Glance = { look, since, endedBefore: undefined }
    lastLook = look.sight.then(() => {
      begun.endedBefore = nextTurn()
    })
    return begun
  }

  const unseenBy = ({ since }: Glance): ReadonlyArray<Flight<Left>> => flights.filter(({ turn }) => turn >= since)

  /** What is seen leads nowhere where those whose writes it may lack did something else than they were prepared for. */
  const isSound = (given: Glance): boolean =>
    unseenBy(given).every((each) => each.isAsPrepared !== false && !isUnknown(each))

  const read = async (): Promise<Read> => {
    try {
      const { done, value: unit } = await units.next()
      if (done === true) return { _tag: 'End' }
      // Else the store would have nothing to do while the unit before this one is decided.
      const isDue = overlapping && !isAtOnce && !isEnding
      return { _tag: 'Unit', unit, ahead: isDue ? await glance(unit) : undefined }
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
    return E.right(decided !== undefined && E.isRight(decided) && decided.right.judgements === judged.right)
  }

  const begin = (next: Waiting): Flight<Left> => {
    const watching = watched(repository, (atOnce) => {
      isAtOnce = atOnce
    })
    const [turn, clearings] = [nextTurn(), recent.clearings()]
    const done = commitOne(next, watching.repository)
    const settled = done.then(
      (ended) => {
        begun.isAsPrepared = E.isRight(ended) && ended.right
      },
      // Whoever waits for it to land is told.
      () => undefined
    )
    const sent = Promise.race([watching.sent, settled])
    const begun: Flight<Left> = { turn, prepared: next.prepared, clearings, sent, done, isAsPrepared: undefined }
    flights = [begun, ...flights.slice(0, 1)]
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

  const sendOrLand = async (): Promise<Halt<Left> | undefined> => {
    if (!overlapping) return land()
    if (waiting !== undefined) return send()
    return flight !== undefined && isOver(flight) ? land() : undefined
  }

  /** Sends and ends what must be before the next unit is decided. */
  const makeWay = async (): Promise<Halt<Left> | undefined> => {
    const halt = await sendOrLand()
    if (halt !== undefined) return halt
    // Where it is not known what a unit will do, as after a conflict of the one before, it must be done first.
    return isUnknown(waiting) || isUnknown(flight) ? commitAll() : undefined
  }

  /** Waits until the next unit is read, or what is in flight has landed; whether the latter. */
  const landsFirst = (): Promise<boolean> => {
    const landed = Promise.resolve(flight?.done)
    return Promise.race([
      upcoming.then(() => false),
      landed.then(
        () => true,
        () => true
      )
    ])
  }

  /** Decides a unit, which is then the one that waits. */
  const decide = async ({ tasks }: Unit, given: Glance): Promise<Prepared> => {
    const sight = await given.look.sight
    const unseen = unseenBy(given).toReversed()
    const { endedBefore = Number.POSITIVE_INFINITY } = given
    const before = unseen.map(({ turn, prepared }) => ({ writes: pendingOf(prepared), isLater: turn >= endedBefore }))
    const clearings = Math.min(given.look.clearings, ...unseen.map((each) => each.clearings))
    return prepareUnit(sight, tasks, runtime, observing, recent, before, clearings)
  }

  /** Where calls overlap: while the unit before it is committed and the one after it is read and looked at. */
  const decideBeside = async (unit: Unit, ahead: Glance | undefined): Promise<undefined> => {
    const given = ahead !== undefined && isSound(ahead) ? ahead : await glance(unit)
    upcoming = read()
    // Deciding keeps the thread busy: what else is to be sent is sent before, unless it is not there yet.
    await landsFirst()
    waiting = { unit, prepared: await decide(unit, given) }
  }

  /** Where they do not: it is looked at while nothing else is asked for, and decided while the one before it is committed. */
  const decideAlone = async (unit: Unit): Promise<Halt<Left> | undefined> => {
    const given = await glance(unit)
    await given.look.sight
    const halt = await send()
    if (halt !== undefined) return halt
    waiting = { unit, prepared: await decide(unit, given) }
    return undefined
  }

  const decideNext = async (unit: Unit, ahead: Glance | undefined): Promise<Halt<Left> | undefined> => {
    try {
      return await (overlapping ? decideBeside(unit, ahead) : decideAlone(unit))
    } catch (error) {
      // What became of the unit before it matters more.
      const halt = await land()
      if (halt !== undefined) return halt
      throw error
    }
  }

  const applyAll = async (): Promise<E.Either<Left, 'Completed' | 'Stopped'>> => {
    for (;;) {
      // One that is decided waits for no lines that are not there yet.
      const early = overlapping && waiting !== undefined && (await landsFirst()) ? await send() : undefined
      if (early !== undefined) return early
      const next = await upcoming
      if (next._tag !== 'Unit') {
        const halt = await commitAll()
        if (next._tag === 'Thrown' && (halt === undefined || E.isRight(halt))) throw next.error
        return halt ?? E.right('Completed')
      }
      const halt = await makeWay()
      if (halt !== undefined) return halt
      if (isStopped()) return (await land()) ?? E.right('Stopped')
      const inStep = isAtOnce
      const ended = (await decideNext(next.unit, next.ahead)) ?? (inStep ? await commitAll() : undefined)
      if (ended !== undefined) return ended
      // While the unit before this one is committed, since that takes longer than to load one.
      if (!overlapping) upcoming = read()
    }
  }

  /** Leaves no call in flight, and gives what the source throws as it is closed. */
  const close = async (): Promise<{ readonly error: unknown } | undefined> => {
    isEnding = true
    await flight?.done.catch(() => undefined)
    const closed = await units.return().then(
      () => undefined,
      (error: unknown) => ({ error })
    )
    await upcoming
    await lastLook
    return closed
  }

  let upcoming = read()
  let ended: E.Either<Left, 'Completed' | 'Stopped'>
  try {
    ended = await applyAll()
  } catch (error) {
    await close()
    throw error
  }
  const closed = await close()
  if (closed !== undefined && E.isRight(ended)) throw closed.error
  return ended
}
