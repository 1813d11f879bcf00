/**
 * `@userpoint/core/fp`: the calls of an engine as TaskEithers, for programs that are written with fp-ts.
 *
 * @module
 */
import type { E, TaskEither } from '../fp.ts'
import type { Engine } from './engine.ts'

type Task<Call> = Call extends (...args: infer Args) => Promise<E.Either<infer Left, infer Right>>
  ? (...args: Args) => TaskEither<Left, Right>
  : Call

/** An engine whose calls start only when the TaskEither that they return is called. */
export type TaskEngine<Type extends string = string> = {
  readonly [Name in keyof Engine<Type>]: Task<Engine<Type>[Name]>
}

const task =
  <Args extends ReadonlyArray<unknown>, Left, Right>(call: (...args: Args) => Promise<E.Either<Left, Right>>) =>
  (...args: Args): TaskEither<Left, Right> =>
  () =>
    call(...args)

/**
 * Returns the calls of an engine as TaskEithers. A call does nothing until the TaskEither is called.
 *
 * @example
 * ```ts
 * import { createMemoryRepository } from '@userpoint/adapter-memory'
 * import { createEngine } from '@userpoint/core'
 * import { toTaskEngine } from '@userpoint/core/fp'
 * import { v7 } from 'uuid'
 *
 * const engine = toTaskEngine(createEngine({ repository: createMemoryRepository(), clock: Date.now, newId: v7 }))
 * const erase = engine.execute([{ _tag: 'DeleteUserPoint', reference: { _tag: 'EmailHash', hash: 'a1b2' } }])
 * const verdicts = await erase()
 * console.log(verdicts._tag) // => Right
 * ```
 */
export const toTaskEngine = <Type extends string>(engine: Engine<Type>): TaskEngine<Type> => ({
  ...engine,
  importDocument: task(engine.importDocument),
  runExecution: task(engine.runExecution),
  findExecution: task(engine.findExecution),
  runOne: task(engine.runOne),
  execute: task(engine.execute),
  executeOnce: task(engine.executeOnce),
  forgetReceipts: task(engine.forgetReceipts),
  forgetChanges: task(engine.forgetChanges),
  forgetConsumer: task(engine.forgetConsumer),
  explainDocument: task(engine.explainDocument),
  sweep: task(engine.sweep),
  purge: task(engine.purge),
  purgeOwed: task(engine.purgeOwed),
  find: task(engine.find)
})
