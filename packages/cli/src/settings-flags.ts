/** The values of the options that say something of settings. */
import type { Policies } from '@userpoint/core'
import type { Settings } from '@userpoint/settings'

/** The value of an option as a file of settings spells it. It is wrapped, since commander would replace `null`. */
export interface Spelled<A = unknown> {
  readonly value: A
}

/** The file of settings, and the options that override it. */
export interface SettingsFlags extends Readonly<Partial<Record<keyof Policies, Spelled>>> {
  readonly config?: string
  readonly keyFile?: string
  /** The key file of an encrypted store. */
  readonly keys?: string
  readonly maxRejected?: Spelled<NonNullable<Settings['limits']>['maxRejected']>
}
