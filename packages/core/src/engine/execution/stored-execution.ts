/**
 * The stored execution of one run; every change of it goes through here. Each commit writes it in the batch of its unit. So
 * after a commit of unknown outcome the store shows whether it landed, and only one of several runs can continue.
 */
import { E } from '../../fp.ts'
import type { Awaitable, Repository, Write } from '../../repository/repository.ts'
import type { RunTransaction } from '../import/run-import.ts'
import type { StoreFailed } from '../transaction/engine-error.ts'
import type { Judgement, LineVerdict } from '../transaction/judgement.ts'
import { type Alongside, runTransaction, unitOf } from '../transaction/transaction.ts'
import type { Runtime } from '../transaction/runtime.ts'
import {
  type Execution,
  type ExecutionError,
  type ExecutionId,
  type ExecutionSuperseded,
  executionWrite,
  type HeldExecution,
  loadExecution
} from './execution.ts'

/**
 * An output of verdicts, such as a file, that an execution keeps in step with the store.
 *
 * It drops its content from `from` on, appends the verdicts, and returns its new length in any unit. It is called before
 * the commit of the verdicts, again with the same `from` if the commit did not land, and once without verdicts when a run
 * begins. It throws if it is shorter than `from`.
 */
export type VerdictSink = (verdicts: ReadonlyArray<LineVerdict>, from: number) => Awaitable<number>

/** The next state of the execution, and the verdicts that lead to it. */
export interface Step {
  readonly execution: Execution
  readonly verdicts: ReadonlyArray<LineVerdict>
}

interface Tried {
  readonly execution: Execution
  readonly judgements: ReadonlyArray<Judgement>
}

export interface StoredExecutionSettings {
  readonly repository: Repository
  readonly runtime: Runtime
  readonly verdictSink: VerdictSink | undefined
  /** Called with each step once it is committed. */
  readonly onStep: ((execution: Execution) => Awaitable<void>) | undefined
}

const superseded: ExecutionSuperseded = { _tag: 'ExecutionSuperseded' }

/** @throws TypeError for a value that is not a length; an execution that stored it could not continue. */
export const lengthFrom = (length: number): number => {
  if (!Number.isSafeInteger(length) || length < 0)
    throw new TypeError('verdictSink must return the length of the output')
  return length
}

export class StoredExecution {
  readonly #id: ExecutionId
  readonly #settings: StoredExecutionSettings
  #held: HeldExecution | undefined

  constructor(id: ExecutionId, settings: StoredExecutionSettings) {
    this.#id = id
    this.#settings = settings
  }

  /** The execution that was last read or written; `undefined`: it is not stored. */
  get execution(): Execution | undefined {
    return this.#held?.execution
  }

  async open(): Promise<E.Either<StoreFailed, Execution | undefined>> {
    const loaded = await loadExecution(this.#settings.repository, this.#id)
    if (E.isLeft(loaded)) return loaded
    this.#held = loaded.right
    return E.right(this.execution)
  }

  /** Writes the execution alone. */
  become(execution: Execution): Promise<E.Either<ExecutionError, ReadonlyArray<Judgement>>> {
    const { repository, runtime } = this.#settings
    const run: RunTransaction<ExecutionError> = (alongside) =>
      runTransaction(unitOf([]), { repository, runtime, alongside })
    return this.#commit(run, () => ({ execution, verdicts: [] }), 'alone')
  }

  /**
   * Commits a unit, and the execution in the same batch.
   *
   * @param run Runs the transaction; called again if the commit is known not to have landed.
   * @param next Returns the step after these judgements. Called again after a conflict.
   */
  advance(
    run: RunTransaction<ExecutionError>,
    next: (judgements: ReadonlyArray<Judgement>) => Step
  ): Promise<E.Either<ExecutionError, ReadonlyArray<Judgement>>> {
    return this.#commit(run, next, 'with a unit')
  }

  async #commit(
    run: RunTransaction<ExecutionError>,
    next: (judgements: ReadonlyArray<Judgement>) => Step,
    batch: 'alone' | 'with a unit'
  ): Promise<E.Either<ExecutionError, ReadonlyArray<Judgement>>> {
    const { runtime, onStep } = this.#settings
    let tried: unknown
    const alongside: Alongside<ExecutionError> = async (judgements, attempt) => {
      // The conflict was on user points, or another run is at work.
      const stands = attempt > 1 ? await this.#find([]) : undefined
      if (stands !== undefined && E.isLeft(stands)) return stands
      const step = next(judgements)
      const execution = this.#sign({ ...step.execution, verdictsLength: await this.#keepVerdicts(step) })
      tried = { execution, judgements }
      return E.right([this.#write(execution)])
    }
    for (let attempt = 1; ; attempt++) {
      const outcome = await run(alongside)
      const failure = E.isLeft(outcome) ? outcome.left : undefined
      if (failure !== undefined && failure._tag !== 'Indeterminate') return E.left(failure)
      const { execution, judgements } = tried as Tried
      if (failure === undefined) {
        this.#hold(execution)
        await onStep?.(execution)
        return outcome
      }
      // A commit of the execution alone can be repeated.
      const instead = this.#sign((batch === 'with a unit' && this.execution) || execution)
      const landed = await this.#settle(execution, instead)
      if (E.isLeft(landed)) return E.left(landed.left._tag === 'StoreFailed' ? failure : landed.left)
      if (batch === 'alone' || landed.right === execution) {
        await onStep?.(landed.right)
        return E.right(judgements)
      }
      if (attempt >= runtime.attempts) return E.left({ _tag: 'StoreFailed', operation: 'commit', cause: failure.cause })
      await runtime.backOff(attempt)
    }
  }

  /** Gives the sink the verdicts of this step, and returns the new length of the output. */
  async #keepVerdicts({ execution, verdicts }: Step): Promise<number | undefined> {
    const { verdictSink } = this.#settings
    return verdictSink === undefined || verdicts.length === 0
      ? execution.verdictsLength
      : lengthFrom(await verdictSink(verdicts, execution.verdictsLength ?? 0))
  }

  #sign(execution: Execution): Execution {
    const { runtime } = this.#settings
    return { ...execution, modifiedAt: runtime.clock(), commit: runtime.newId() }
  }

  #write(execution: Execution): Write {
    return executionWrite(execution, this.#held?.version ?? 0)
  }

  #hold(execution: Execution): void {
    this.#held = { version: (this.#held?.version ?? 0) + 1, execution }
  }

  async #load(): ReturnType<typeof loadExecution> {
    const { repository, runtime } = this.#settings
    for (let attempt = 1; ; attempt++) {
      const loaded = await loadExecution(repository, this.#id)
      if (E.isRight(loaded) || attempt >= runtime.attempts) return loaded
      await runtime.backOff(attempt)
    }
  }

  /** Returns which of these commits landed. Left: another run wrote the execution, or it cannot be read. */
  async #find(
    tried: ReadonlyArray<Execution>
  ): Promise<E.Either<StoreFailed | ExecutionSuperseded, Execution | 'None'>> {
    const loaded = await this.#load()
    if (E.isLeft(loaded)) return loaded
    const [known, stored] = [this.#held?.version ?? 0, loaded.right?.version ?? 0]
    if (stored === known) return E.right('None')
    const landed = tried.find(({ commit }) => commit === loaded.right?.execution.commit)
    return landed !== undefined && stored === known + 1 ? E.right(landed) : E.left(superseded)
  }

  async #tryCommit(execution: Execution): Promise<boolean> {
    try {
      return (await this.#settings.repository.commit([this.#write(execution)]))._tag === 'Committed'
    } catch {
      // The next read tells the outcome.
      return false
    }
  }

  /**
   * Finds the outcome of a commit. The commit may still be on its way, so a read is not enough: this method makes another
   * commit instead, after which the first can no longer land.
   *
   * @returns Right: the execution of the commit that landed, which this run now holds.
   */
  async #settle(
    unknown: Execution,
    instead: Execution
  ): Promise<E.Either<StoreFailed | ExecutionSuperseded, Execution>> {
    const { runtime } = this.#settings
    for (let attempt = 1; ; attempt++) {
      const found = await this.#find([unknown, instead])
      if (E.isLeft(found)) return found
      const landed = found.right !== 'None' ? found.right : (await this.#tryCommit(instead)) ? instead : undefined
      if (landed !== undefined) {
        this.#hold(landed)
        return E.right(landed)
      }
      if (attempt >= runtime.attempts) return E.left({ _tag: 'StoreFailed', operation: 'commit', cause: undefined })
      await runtime.backOff(attempt)
    }
  }
}
