/** The state of a server that `/metrics` shows. */
import type { Context, Datamart } from './context.ts'
import type { Executions } from './mediarithmics/executions.ts'
import type { ServerState } from './metrics.ts'
import type { Phase } from './readiness.ts'
import { within } from './timers.ts'

type Owed = { readonly batches: number; readonly seconds: number } | undefined

/** The milliseconds for which an answer about owed purges holds: the store reads all obligations for it. */
const fresh = 30_000
/** The milliseconds that a store has for it. */
const bound = 2_000

/** Returns a function that says what a datamart owes. It asks the store once in a while, and once at a time. */
const createDebt = (datamart: Datamart, clock: () => number): (() => Promise<Owed>) => {
  let known: Owed
  let at = -Infinity
  let asking: Promise<void> | undefined
  const ask = async (): Promise<void> => {
    const owed = await datamart.engine.purgeOwed()
    at = clock()
    const since = owed._tag === 'Right' ? owed.right.since : undefined
    known =
      owed._tag === 'Left'
        ? undefined
        : { batches: owed.right.batches, seconds: since === undefined ? 0 : Math.max(0, (at - since) / 1_000) }
  }
  return async () => {
    if (clock() - at < fresh) return known
    asking ??= ask().finally(() => {
      asking = undefined
    })
    const answer = await within<'silent' | undefined>(
      asking.then(() => undefined),
      bound,
      () => 'silent'
    )
    return answer === 'silent' ? undefined : known
  }
}

/** Returns a function that reads the state of a server, within a few seconds. */
export const createStateReader = (
  { datamarts, clock }: Context,
  executions: Executions,
  readiness: (phase: Phase) => Promise<ReadonlyArray<string>>
): ((phase: Phase) => Promise<ServerState>) => {
  const debts = [...datamarts.values()].map((datamart) => [datamart.id, createDebt(datamart, clock)] as const)
  return async (phase) => {
    const [notReady, owed] = await Promise.all([
      readiness(phase),
      Promise.all(debts.map(async ([id, debt]) => [id, await debt()] as const))
    ])
    const purgeOwed = new Map(owed.flatMap(([id, each]) => (each === undefined ? [] : [[id, each] as const])))
    return { notReady, purgeOwed, ...executions.load() }
  }
}
