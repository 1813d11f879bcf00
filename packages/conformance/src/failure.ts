/** The end of a trial: an observation of the store, or a failure of the harness. */
import { Mismatch } from './compare.ts'
import { ProcessEnded } from './process/remote-store.ts'

/** A function of the harness failed. */
export class HarnessError extends Error {
  override readonly name = 'HarnessError'

  /** @param ability The function, such as `open.fork`. */
  constructor(ability: string, cause: unknown) {
    super(`\`${ability}\` failed: ${told(cause)}`, { cause })
  }
}

/** A failure with the calls that led to it, and whose it is. */
export class Failure extends Error {
  readonly code: string
  readonly isOfHarness: boolean

  constructor(error: unknown, code: string) {
    super(inWords(error), { cause: error })
    this.code = code
    this.isOfHarness = error instanceof HarnessError
  }
}

const inWords = (error: unknown): string => {
  if (error instanceof Mismatch || error instanceof HarnessError) return error.message
  return error instanceof Error ? `${error.name} was thrown: ${told(error)}` : 'something was thrown'
}

/** A driver's message may hold a whole statement, so that only its beginning is told; the end of a process is told in full. */
const told = (error: unknown): string => {
  if (!(error instanceof Error)) return 'what was thrown is no error'
  return error instanceof ProcessEnded ? error.message : error.message.slice(0, 200)
}

/** Returns the failure for an error; one with its calls stays as it is. */
export const asFailure = (error: unknown, code = ''): Failure =>
  error instanceof Failure ? error : new Failure(error, code)

/** The functions of the harness that run, of which one may never end. */
export interface Guard {
  readonly running: ReadonlySet<string>
  /**
   * Calls a function of the harness. An error of it is the harness's failure.
   *
   * @param ability Its name, such as `open.fork`.
   */
  readonly call: <A>(ability: string, make: () => A | PromiseLike<A>) => Promise<A>
  /** Calls a function of the harness that opens a handle: a `StoreFault` is a failure of the store. */
  readonly open: <A>(ability: string, make: () => A | PromiseLike<A>) => Promise<A>
}

export const createGuard = (): Guard => {
  const running = new Set<string>()
  const guarded = async <A>(
    ability: string,
    make: () => A | PromiseLike<A>,
    isOfStore: (error: unknown) => boolean
  ): Promise<A> => {
    running.add(ability)
    try {
      return await make()
    } catch (error) {
      if (isOfStore(error)) throw error
      throw new HarnessError(ability, error)
    } finally {
      running.delete(ability)
    }
  }
  return {
    running,
    call: (ability, make) => guarded(ability, make, () => false),
    open: (ability, make) => guarded(ability, make, (error) => error instanceof Error && error.name === 'StoreFault')
  }
}
