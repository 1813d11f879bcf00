/**
 * The pipeline: while one unit of work is committed, the next one is decided, and the one after it is read. Where calls may
 * overlap, that one is prefetched too. So the store's work and the engine's happen at the same time. See docs/concurrency.md.
 *
 * The result never shows it: a prediction is committed only if the units before it were committed as predicted. A store that
 * answers synchronously gains nothing: its units are applied one by one, and each step of a unit is decided once it is read.
 */
import { E } from '../../fp.ts'
import type { Repository } from '../../repository/repository.ts'
import { ReadingStopped } from '../input/stoppable.ts'
import type { Judgement } from '../transaction/judgement.ts'
import type { Decider, Step, Unit } from '../transaction/transaction.ts'
import type { Runtime } from '../transaction/runtime.ts'
import { DocumentCache } from './document-cache.ts'
import { OpenPrediction } from './open-prediction.ts'
import { isOver, isUnknown, type PendingCommit } from './pending-commit.ts'
import {
  deciderOf,
  noPrediction,
  predict,
  type Prediction,
  type Prefetch,
  type Sources,
  startPrefetch,
  writesOf
} from './prediction.ts'
import { watchCommit } from './watch-commit.ts'

/** The work of an import on each unit. */
export interface Stages<Left> {
  /** Commits a unit, on this handle and no other. A left ends the pipeline. */
  readonly commit: (
    unit: Unit,
    decider: Decider,
    handle: Repository
  ) => Promise<E.Either<Left, ReadonlyArray<Judgement>>>
  /** Returns whether no more units are to be committed. */
  readonly isStopped: () => boolean
}

/** The end of the units: all of them are applied, or those up to the caller's signal. */
export type Applied = 'Completed' | 'Stopped'

export interface LookAhead {
  /**
   * Applies units in their order.
   *
   * @param steps The steps of one unit after those of the other.
   *
   * @throws Errors of the source, once the units before are committed, unless one of them fails; and errors of `commit`.
   */
  readonly applyAll: <Left>(
    steps: AsyncGenerator<Step, void, undefined>,
    stages: Stages<Left>
  ) => Promise<E.Either<Left, Applied>>
  /** Returns whether another writer changed the same people. Then larger units would meet more conflicts. */
  readonly hasConflicts: () => boolean
}

/** Creates the look-ahead of one import into one store. */
export const createLookAhead = (repository: Repository, runtime: Runtime): LookAhead => {
  const sources: Sources = { repository, runtime, cache: new DocumentCache() }
  return {
    applyAll: (steps, stages) => new Pipeline(steps, stages, sources).run(),
    hasConflicts: () => sources.cache.generation > 0
  }
}

/** A unit that is decided, and committed next. */
interface ReadyUnit {
  readonly unit: Unit
  readonly prediction: Prediction
}

interface NumberedPrefetch extends Prefetch {
  /** The turn of the first commit whose writes the snapshot may lack. */
  readonly since: number
  /** The turn of the first commit that starts after the snapshot is loaded; `undefined`: it is still loading. */
  loadedBefore: number | undefined
}

/** The end of the pipeline: the left of a commit, or the caller's signal. */
type Halt<Left> = E.Either<Left, 'Stopped'>

/** The result of reading the source. */
type Read =
  | { readonly _tag: 'Unit'; readonly unit: Unit; readonly prefetch: NumberedPrefetch | undefined }
  | { readonly _tag: 'Step'; readonly step: Step }
  | { readonly _tag: 'End' }
  | { readonly _tag: 'Thrown'; readonly error: unknown }

const ignore = (): undefined => undefined

class Pipeline<Left> {
  readonly #steps: AsyncGenerator<Step, void, undefined>
  readonly #stages: Stages<Left>
  readonly #sources: Sources
  /** Calls on one handle may overlap. */
  readonly #overlaps: boolean
  #ready: ReadyUnit | undefined
  #pending: PendingCommit<Left> | undefined
  /** The last two commits, the later one first. A prefetch is at most two units ahead; a step has none. */
  #recent: ReadonlyArray<PendingCommit<Left>> = []
  /** The number of the last commit. */
  #turn = 0
  /** There is one prefetch at a time, so that no unit sees less than the one before it. */
  #lastLoad: Promise<unknown> = Promise.resolve()
  /** The store answered its last commit synchronously. */
  #isSynchronous = false
  /** The unit whose steps are decided as they are read. */
  #open: OpenPrediction | undefined
  #isClosing = false
  #upcoming: Promise<Read>

  constructor(steps: AsyncGenerator<Step, void, undefined>, stages: Stages<Left>, sources: Sources) {
    this.#steps = steps
    this.#stages = stages
    this.#sources = sources
    this.#overlaps = sources.repository.manifest.overlapping ?? false
    this.#upcoming = this.#read()
  }

  async run(): Promise<E.Either<Left, Applied>> {
    let ended: E.Either<Left, Applied>
    try {
      ended = await this.#applyAll()
    } catch (error) {
      await this.#close()
      throw error
    }
    const closed = await this.#close()
    if (closed !== undefined && E.isRight(ended)) throw closed.error
    return ended
  }

  async #applyAll(): Promise<E.Either<Left, Applied>> {
    for (;;) {
      // A unit that is ready does not wait for lines that have not arrived.
      const early =
        this.#overlaps && this.#ready !== undefined && (await this.#landsFirst()) ? await this.#send() : undefined
      if (early !== undefined) return early
      const next = await this.#upcoming
      if (next._tag === 'Thrown' && next.error instanceof ReadingStopped)
        return (await this.#land()) ?? E.right('Stopped')
      if (next._tag === 'End' || next._tag === 'Thrown') return this.#finish(next)
      const halt = await this.#makeRoom()
      if (halt !== undefined) return halt
      if (this.#stages.isStopped()) return (await this.#land()) ?? E.right('Stopped')
      const oneByOne = this.#isSynchronous
      const ended =
        (await (next._tag === 'Step' ? this.#take(next.step) : this.#decide(next.unit, next.prefetch))) ??
        (oneByOne && this.#open === undefined ? await this.#commitAll() : undefined)
      if (ended !== undefined) return ended
      // While the unit before this one is committed, which takes longer than a load.
      if (!this.#overlaps) this.#upcoming = this.#read()
    }
  }

  async #finish(last: Extract<Read, { _tag: 'End' | 'Thrown' }>): Promise<E.Either<Left, Applied>> {
    const halt = await this.#commitAll()
    if (last._tag === 'Thrown' && (halt === undefined || E.isRight(halt))) throw last.error
    return halt ?? E.right('Completed')
  }

  /** Waits for all calls, and returns the error with which the source closes. */
  async #close(): Promise<{ readonly error: unknown } | undefined> {
    this.#isClosing = true
    await this.#pending?.done.catch(ignore)
    const closed = await this.#steps.return().then(ignore, (error: unknown) => ({ error }))
    await this.#upcoming
    await this.#lastLoad
    return closed
  }

  async #read(): Promise<Read> {
    const isStepwise = this.#open !== undefined || (this.#isSynchronous && !this.#overlaps)
    try {
      let next = await this.#steps.next()
      while (next.done !== true && !isStepwise && !next.value.isLast) next = await this.#steps.next()
      if (next.done === true) return { _tag: 'End' }
      if (isStepwise) return { _tag: 'Step', step: next.value }
      const { unit } = next.value
      // Otherwise the store would be idle while the unit before this one is decided.
      const isDue = this.#overlaps && !this.#isSynchronous && !this.#isClosing
      return { _tag: 'Unit', unit, prefetch: isDue ? await this.#prefetch(unit) : undefined }
    } catch (error) {
      return { _tag: 'Thrown', error }
    }
  }

  get #nextTurn(): number {
    return this.#turn + 1
  }

  async #prefetch({ references }: Unit): Promise<NumberedPrefetch> {
    await this.#lastLoad
    const since = this.#pending !== undefined && !isOver(this.#pending) ? this.#pending.turn : this.#nextTurn
    const prefetch: NumberedPrefetch = { ...startPrefetch(references, this.#sources), since, loadedBefore: undefined }
    this.#lastLoad = prefetch.snapshot.then(() => {
      prefetch.loadedBefore = this.#nextTurn
    })
    return prefetch
  }

  #unseenBy({ since }: NumberedPrefetch): ReadonlyArray<PendingCommit<Left>> {
    return this.#recent.filter(({ turn }) => turn >= since)
  }

  /** Returns whether a prefetch is stale: a commit that it did not see ended differently than predicted. */
  #isStale(prefetch: NumberedPrefetch): boolean {
    return this.#unseenBy(prefetch).some((each) => each.wasPredicted === false || isUnknown(each))
  }

  /** Waits until the pending commit has ended. If it did not end as predicted, the next unit is to be decided again. */
  async #land(): Promise<Halt<Left> | undefined> {
    if (this.#pending === undefined) return undefined
    const landed = await this.#pending.done
    if (E.isLeft(landed)) return landed
    this.#pending = undefined
    if (!landed.right && this.#ready !== undefined) {
      this.#sources.cache.clear()
      // With new times and ids, which must be later than those of the unit before.
      this.#ready = { ...this.#ready, prediction: noPrediction(this.#sources.runtime) }
    }
    return undefined
  }

  #start({ unit, prediction }: ReadyUnit): PendingCommit<Left> {
    const { repository, cache } = this.#sources
    const { handle, sent } = watchCommit(repository, (isSynchronous) => {
      this.#isSynchronous = isSynchronous
    })
    const [turn, cacheGeneration] = [++this.#turn, cache.generation]
    const committed = this.#stages.commit(unit, deciderOf(unit, prediction, this.#sources), handle)
    const done = committed.then((judged) => {
      if (E.isLeft(judged)) return judged
      const { decided } = prediction
      return E.right(decided !== undefined && E.isRight(decided) && decided.right.judgements === judged.right)
    })
    const settled = done.then((ended) => {
      commit.wasPredicted = E.isRight(ended) && ended.right
      // An error is thrown where the commit is awaited.
    }, ignore)
    const commit: PendingCommit<Left> = {
      turn,
      prediction,
      cacheGeneration,
      sent: Promise.race([sent, settled]),
      done,
      wasPredicted: undefined
    }
    this.#recent = [commit, ...this.#recent.slice(0, 1)]
    return commit
  }

  /** Starts the commit of the unit that is ready, after the pending one has ended. */
  async #send(): Promise<Halt<Left> | undefined> {
    if (this.#ready === undefined) return undefined
    const halt = await this.#land()
    if (halt !== undefined) return halt
    if (this.#stages.isStopped()) return E.right('Stopped')
    this.#pending = this.#start(this.#ready)
    this.#ready = undefined
    await this.#pending.sent
    return undefined
  }

  async #commitAll(): Promise<Halt<Left> | undefined> {
    return (await this.#send()) ?? (await this.#land())
  }

  /** Starts and ends the commits that come before the decision on the next unit. */
  async #makeRoom(): Promise<Halt<Left> | undefined> {
    const halt = await this.#sendOrLand()
    if (halt !== undefined) return halt
    return isUnknown(this.#ready) || isUnknown(this.#pending) ? this.#commitAll() : undefined
  }

  async #sendOrLand(): Promise<Halt<Left> | undefined> {
    if (!this.#overlaps) return this.#land()
    if (this.#ready !== undefined) return this.#send()
    return this.#pending !== undefined && isOver(this.#pending) ? this.#land() : undefined
  }

  /** Waits until the next unit is read or the pending commit has ended. Returns whether the latter came first. */
  #landsFirst(): Promise<boolean> {
    const yes = (): boolean => true
    return Promise.race([this.#upcoming.then(() => false), Promise.resolve(this.#pending?.done).then(yes, yes)])
  }

  async #decide(unit: Unit, prefetch: NumberedPrefetch | undefined): Promise<Halt<Left> | undefined> {
    try {
      return await (this.#overlaps ? this.#decideOverlapping(unit, prefetch) : this.#decideAlone(unit))
    } catch (error) {
      // The result of the unit before comes first.
      const halt = await this.#land()
      if (halt !== undefined) return halt
      throw error
    }
  }

  /** Decides a step; after the last one its unit is ready. */
  async #take({ unit, lines, references, isLast }: Step): Promise<Halt<Left> | undefined> {
    if (this.#open === undefined) {
      const halt = await this.#commitAll()
      if (halt !== undefined) return halt
    }
    // Otherwise the people of the unit before stay in memory.
    this.#recent = []
    this.#open ??= new OpenPrediction(this.#sources)
    await this.#open.add(lines, references)
    if (!isLast) return undefined
    this.#ready = { unit, prediction: this.#open.close() }
    this.#open = undefined
    return undefined
  }

  /** Decides while the unit before is committed, and the one after is read and prefetched. */
  async #decideOverlapping(unit: Unit, prefetched: NumberedPrefetch | undefined): Promise<undefined> {
    const prefetch = prefetched !== undefined && !this.#isStale(prefetched) ? prefetched : await this.#prefetch(unit)
    this.#upcoming = this.#read()
    // Deciding blocks the thread, so calls that are about to start get a chance to start first.
    await this.#landsFirst()
    this.#ready = { unit, prediction: await this.#predict(unit, prefetch) }
  }

  /** Loads while no other call is in progress, and decides while the unit before is committed. */
  async #decideAlone(unit: Unit): Promise<Halt<Left> | undefined> {
    const prefetch = await this.#prefetch(unit)
    await prefetch.snapshot
    const halt = await this.#send()
    if (halt !== undefined) return halt
    this.#ready = { unit, prediction: await this.#predict(unit, prefetch) }
    return undefined
  }

  async #predict(unit: Unit, prefetch: NumberedPrefetch): Promise<Prediction> {
    const snapshot = await prefetch.snapshot
    const unseen = this.#unseenBy(prefetch).toReversed()
    const { loadedBefore = Number.POSITIVE_INFINITY } = prefetch
    const earlier = unseen.map(({ turn, prediction }) => ({
      writes: writesOf(prediction),
      startedAfterLoad: turn >= loadedBefore
    }))
    const cacheGeneration = Math.min(prefetch.cacheGeneration, ...unseen.map((each) => each.cacheGeneration))
    return predict(unit, { snapshot, earlier, cacheGeneration }, this.#sources)
  }
}
