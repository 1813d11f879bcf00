/**
 * The one stored execution as a run knows it, and the only way to change it. Each commit writes it in the same batch as
 * what it speaks of; so after a commit of unknown outcome the store says whether it landed, and of several runs of one
 * execution at most one goes on.
 */
import { E } from '../../fp.ts'
import type { Awaitable, Repository, Write } from '../../repository/repository.ts'
import type { EngineError, StoreFailed } from '../transaction/engine-error.ts'
import { type Execution, type ExecutionId, executionWrite, type HeldExecution, loadExecution } from './execution.ts'
import type { Recent } from '../lookahead/recent.ts'
import type { LineVerdict } from '../import/report.ts'
import type { Runtime } from '../transaction/runtime.ts'
import { type Alongside, type Judgement, type Prepared, runUnit, type Task } from '../transaction/unit-of-work.ts'

/**
 * An output of verdicts that an execution keeps in step with the store: a file, for one.
 *
 * It is to drop whatever it holds from `from` on, to keep these verdicts there, and to give its new length, in any unit.
 * It is called before the commit of what the verdicts are about, and again with the same `from` where that did not land;
 * and once as a run begins, with no verdicts. It throws where it is shorter than `from`.
 */
export type VerdictSink = (verdicts: ReadonlyArray<LineVerdict>, from: number) => Awaitable<number>

/** Another run of the same execution is at work, and goes on in this one's place. */
export interface ExecutionSuperseded {
  readonly _tag: 'ExecutionSuperseded'
}

/** What a commit makes of the execution, and the verdicts that come with it. */
export interface Step {
  readonly execution: Execution
  readonly verdicts: ReadonlyArray<LineVerdict>
}

export interface Ledger {
  /** The execution as it is stored; `undefined`: it is not. */
  readonly execution: () => Execution | undefined
  /**
   * Commits what these tasks do, and in the same batch the execution as it then is.
   *
   * @param next What this step is, given the judgements; asked for again where deciding is done again.
   * @param turn How these tasks were prepared, and the handle on which they are to be committed.
   */
  readonly advance: (
    tasks: ReadonlyArray<Task>,
    next: (judgements: ReadonlyArray<Judgement>) => Awaitable<E.Either<StoreFailed, Step>>,
    turn?: { readonly prepared: Prepared; readonly repository: Repository }
  ) => Promise<E.Either<EngineError | ExecutionSuperseded, undefined>>
}

export interface LedgerSettings {
  readonly repository: Repository
  readonly runtime: Runtime
  readonly verdictSink: VerdictSink | undefined
  /** Is told of each step once it is committed. */
  readonly onStep: ((execution: Execution) => Awaitable<void>) | undefined
  /** What was just written, unless others write it too. */
  readonly recent: Recent
}

/** @throws TypeError for what is no length, since an execution that kept it could not be continued. */
export const lengthFrom = (length: number): number => {
  if (!Number.isSafeInteger(length) || length < 0) throw new TypeError('verdictSink must give the length of the output')
  return length
}

/** @param found The execution as it was read; `undefined`: there was none. */
export const createLedger = (
  id: ExecutionId,
  found: HeldExecution | undefined,
  { repository, runtime, verdictSink, onStep, recent }: LedgerSettings
): Ledger => {
  let held = found

  /** The length of the output once it holds the verdicts of this step, and nothing after them. */
  const keepVerdicts = async ({ execution, verdicts }: Step): Promise<number | undefined> =>
    verdictSink === undefined || verdicts.length === 0
      ? execution.verdictsLength
      : lengthFrom(await verdictSink(verdicts, execution.verdictsLength ?? 0))

  const signed = (execution: Execution): Execution => ({
    ...execution,
    modifiedAt: runtime.clock(),
    commit: runtime.newId()
  })

  const write = (execution: Execution): Write => executionWrite(execution, held?.version ?? 0)

  const take = (execution: Execution): void => {
    held = { version: (held?.version ?? 0) + 1, execution }
  }

  const read = async (): ReturnType<typeof loadExecution> => {
    for (let attempt = 1; ; attempt++) {
      const loaded = await loadExecution(repository, id)
      if (E.isRight(loaded) || attempt >= runtime.attempts) return loaded
      await runtime.backOff(attempt)
    }
  }

  /** Right: what the store holds now, which is what this run knows, or one of these. Left: it is another run's, or unread. */
  const readOneOf = async (
    tried: ReadonlyArray<Execution>
  ): Promise<E.Either<StoreFailed | ExecutionSuperseded, Execution | 'Unchanged'>> => {
    const loaded = await read()
    if (E.isLeft(loaded)) return loaded
    const [known, stored] = [held?.version ?? 0, loaded.right?.version ?? 0]
    if (stored === known) return E.right('Unchanged')
    const landed = tried.find(({ commit }) => commit === loaded.right?.execution.commit)
    return landed !== undefined && stored === known + 1 ? E.right(landed) : E.left(superseded)
  }

  const attemptCommit = async (execution: Execution): Promise<boolean> => {
    try {
      return (await repository.commit([write(execution)]))._tag === 'Committed'
    } catch {
      // Whatever became of it, the store is asked.
      return false
    }
  }

  /**
   * Finds out what became of a commit of unknown outcome. It may still be on its way, so that it is not enough to look:
   * another one in its place is committed, after which it can no longer land.
   *
   * @returns Right: the one of the two that landed, which this run now holds.
   */
  const decideBetween = async (
    unknown: Execution,
    instead: Execution
  ): Promise<E.Either<StoreFailed | ExecutionSuperseded, Execution>> => {
    for (let attempt = 1; ; attempt++) {
      const stands = await readOneOf([unknown, instead])
      if (E.isLeft(stands)) return stands
      const landed = stands.right !== 'Unchanged' ? stands.right : (await attemptCommit(instead)) ? instead : undefined
      if (landed !== undefined) {
        take(landed)
        return E.right(landed)
      }
      if (attempt >= runtime.attempts) return E.left({ _tag: 'StoreFailed', operation: 'commit', cause: undefined })
      await runtime.backOff(attempt)
    }
  }

  return {
    execution: () => held?.execution,
    advance: async (tasks, next, turn) => {
      let tried: Execution | undefined

      const alongside: Alongside<StoreFailed | ExecutionSuperseded> = async (judgements, attempt) => {
        // After a conflict: it was about user points, or another run is at work.
        const stands = attempt > 1 ? await readOneOf([]) : undefined
        if (stands !== undefined && E.isLeft(stands)) return stands
        const step = await next(judgements)
        if (E.isLeft(step)) return step
        tried = signed({ ...step.right.execution, verdictsLength: await keepVerdicts(step.right) })
        return E.right([write(tried)])
      }

      for (let attempt = 1; ; attempt++) {
        const prepared = attempt === 1 ? turn?.prepared : undefined
        const handle = turn?.repository ?? repository
        const outcome = await runUnit(handle, tasks, runtime, false, alongside, recent, prepared)
        const execution = tried as Execution
        if (E.isRight(outcome)) {
          take(execution)
          break
        }
        const failure = outcome.left
        if (failure._tag !== 'Indeterminate') return E.left(failure)
        // What changes nothing but the execution may as well be committed again as it is.
        const isAlone = tasks.length === 0
        const instead = signed((!isAlone && held?.execution) || execution)
        const decided = await decideBetween(execution, instead)
        if (E.isLeft(decided)) return E.left(decided.left._tag === 'StoreFailed' ? failure : decided.left)
        if (isAlone || decided.right === execution) break
        if (attempt >= runtime.attempts)
          return E.left({ _tag: 'StoreFailed', operation: 'commit', cause: failure.cause })
        await runtime.backOff(attempt)
      }
      if (held !== undefined) await onStep?.(held.execution)
      return E.right(undefined)
    }
  }
}

const superseded: ExecutionSuperseded = { _tag: 'ExecutionSuperseded' }
