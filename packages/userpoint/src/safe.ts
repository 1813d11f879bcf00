/** The same calls, with errors as values, for those who prefer them. */
import { UserpointFailed, UserpointRejected } from './failure.ts'

/** A value, or the error in its place. */
export type Settled<A> =
  | { readonly ok: true; readonly value: A }
  | { readonly ok: false; readonly error: UserpointRejected | UserpointFailed }

/** The calls of `Calls` that return promises, each with its error as a value. */
export type Safe<Calls> = {
  readonly [Name in keyof Calls as Calls[Name] extends (...args: never) => AsyncIterable<unknown>
    ? never
    : Name]: Calls[Name] extends (...args: infer Args) => Promise<infer A>
    ? (...args: Args) => Promise<Settled<A>>
    : Safe<Calls[Name]>
}

const settle =
  (call: (...args: ReadonlyArray<unknown>) => Promise<unknown>) =>
  async (...args: ReadonlyArray<unknown>): Promise<Settled<unknown>> => {
    try {
      return { ok: true, value: await call(...args) }
    } catch (error) {
      if (error instanceof UserpointRejected || error instanceof UserpointFailed) return { ok: false, error }
      throw error
    }
  }

/** Returns the same calls with rejections and failures as values. Mistakes in the program still throw. */
export const safely = <Calls extends object>(calls: Calls): Safe<Calls> =>
  Object.fromEntries(
    Object.entries(calls).map(([name, call]) => [name, typeof call === 'function' ? settle(call) : safely(call)])
  ) as Safe<Calls>
