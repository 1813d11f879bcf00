/** The calls of an engine on its feed of changes. */
import type { E } from '../../fp.ts'
import { fromStore, type StoreFailed } from '../transaction/engine-error.ts'
import type { RuntimeOptions } from '../transaction/runtime.ts'
import {
  aFunction,
  aSignal,
  aText,
  demandOptions,
  milliseconds,
  oneOf,
  type OptionNames,
  type OptionValues,
  wrongArgument
} from '../../wrong-call.ts'
import { type Change, type ChangesOptions, readChanges } from './changes.ts'
import { type FeedSettings, forgetConsumer } from './consumer.ts'
import { forgetChanges, type ForgetReport } from './forget.ts'
import { parsePlace } from './place.ts'

export interface FeedOptions {
  /**
   * With `on`, each batch that changes people also stores an entry that tells of it (L-42). All engines over one store must have
   * the same, because the changes of an engine without it are not told. Default: `off`.
   */
  readonly feed?: 'on' | 'off'
  /** The age at which entries of the feed are dropped although a consumer lacks them, in milliseconds; default 7 days. */
  readonly feedKeptFor?: number
}

export interface FeedCalls {
  /**
   * Yields what was changed in the store, to a consumer that acknowledges it: first everybody there is, then each change of a
   * person in the order of the commits (L-42). What is not acknowledged is yielded again by the next reading.
   *
   * @throws TypeError for a name that no consumer may have; FeedFault if the consumer cannot go on; and errors of the store.
   */
  readonly changes: (options: ChangesOptions) => AsyncGenerator<Change, void, undefined>
  /**
   * Drops the entries of the feed that every consumer has acknowledged, and those that are older than `feedKeptFor`. Readers
   * do this too; call it once a day where there may be none.
   */
  readonly forgetChanges: () => Promise<E.Either<StoreFailed, ForgetReport>>
  /** Deletes a consumer, so that entries are not kept for it. Returns whether there was one. */
  readonly forgetConsumer: (name: string) => Promise<E.Either<StoreFailed, boolean>>
}

const changesOptions: OptionNames<ChangesOptions> = {
  consumer: 'needed',
  beginning: 'optional',
  acknowledged: 'optional',
  onTaken: 'optional',
  atEnd: 'optional',
  signal: 'optional',
  pause: 'optional'
}
const changesValues: OptionValues<ChangesOptions> = {
  consumer: aText,
  beginning: oneOf('everybody', 'now'),
  acknowledged: aText,
  onTaken: aFunction,
  atEnd: oneOf('wait', 'stop'),
  signal: aSignal,
  pause: milliseconds
}

const nameShape = /^[\w.-]{1,64}$/
const defaultKeptFor = 7 * 86_400_000

/**
 * Returns the calls on the feed.
 *
 * @param onForgotten Called after entries were dropped, which may owe a purge.
 * @throws TypeError if `feedKeptFor` is no age.
 */
export const feedCalls = (
  settings: FeedSettings,
  { feedKeptFor: keptFor = defaultKeptFor, sleep }: FeedOptions & Pick<RuntimeOptions, 'sleep'>,
  onForgotten: () => void
): FeedCalls => {
  if (!(keptFor >= 0)) throw wrongArgument('feedKeptFor must be 0 or more')
  return {
    changes: (reading) => {
      demandOptions('changes', reading, changesOptions, changesValues)
      if (!nameShape.test(reading.consumer))
        throw wrongArgument('a consumer is named by 1 to 64 letters, digits, _, - and .')
      if (reading.acknowledged !== undefined && parsePlace(reading.acknowledged) === undefined)
        throw wrongArgument('acknowledged must be the place of a change')
      if (sleep === undefined && reading.atEnd !== 'stop') throw wrongArgument('waiting for changes needs `sleep`')
      return readChanges({ ...settings, sleep: sleep ?? (() => undefined), keptFor, onForgotten }, reading)
    },
    forgetChanges: () => forgetChanges(settings, keptFor).finally(onForgotten),
    forgetConsumer: (name) => fromStore('commit', () => forgetConsumer(settings, name))
  }
}
