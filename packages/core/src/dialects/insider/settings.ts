/** Identity settings: a partner's configuration of Insider's identity resolution, as data. */

import type { EmailHashing } from './email-hash.ts'

/** An attribute that identifies. */
export interface IdentifierSetting {
  readonly name: string
  /** Whether it stands under `identifiers.custom`, and its attribute under `custom`. */
  readonly custom?: boolean
  /** How many values one user may have; absent: any number. */
  readonly limit?: number
}

export interface IdentitySettings {
  /** What identifies, the most decisive first. Other identifiers of a request are ignored (B-03). */
  readonly identifiers: ReadonlyArray<IdentifierSetting>
  /** Values that identify nobody, such as `null` or `undefined` written as text (B-25). */
  readonly blockedValues: ReadonlyArray<string>
  /** Identifiers that lead to different users: `reject` the user, or go by `priority` (B-01). */
  readonly onConflict: 'reject' | 'priority'
  /** What becomes of an array whose last element is removed (B-10). */
  readonly emptiedArray: 'keep' | 'drop'
  /** What removing values from an attribute that is no array does: nothing but `warn`, or `reject` the user (B-09). */
  readonly partialOnScalar: 'warn' | 'reject'
  /** A value where an array of values should be: `reject` the user, or `wrap` it into one (B-12). */
  readonly singleValue: 'reject' | 'wrap'
  /** A number as an identifier: `reject` the user, or take its decimal `text` (B-28). */
  readonly numericIdentifiers: 'reject' | 'text'
  /** The name under which an upsert stores the list attribute, which has two names (B-16). */
  readonly listAttribute: 'list_id' | 'static_segment_id'
  /**
   * How documents hash e-mail addresses: a user's address and its hash are then one identifier. `undefined`: a user of one
   * dialect and a user of the other with the same address are two.
   */
  readonly emailHash: EmailHashing | undefined
  /** The attributes and identifiers that anonymising deletes (B-35). */
  readonly personal: ReadonlyArray<Pick<IdentifierSetting, 'name' | 'custom'>>
}

/** Settings with the placeholders of the datamart's policy, which block identifiers of calls that add. */
export interface ReadingSettings extends IdentitySettings {
  /** Absent: the call adds nothing. */
  readonly placeholders?: ReadonlyArray<string>
}

/** The defaults: the vendor's three default identifiers, no limits, nothing blocked, and the strict choices. */
export const defaultIdentitySettings: IdentitySettings = {
  identifiers: [{ name: 'email' }, { name: 'phone_number' }, { name: 'uuid' }],
  blockedValues: [],
  onConflict: 'reject',
  emptiedArray: 'keep',
  partialOnScalar: 'warn',
  singleValue: 'reject',
  numericIdentifiers: 'reject',
  listAttribute: 'list_id',
  emailHash: undefined,
  personal: ['email', 'phone_number', 'name', 'surname', 'birthday', 'gender', 'age', 'country', 'city'].map(
    (name) => ({ name })
  )
}

/** The names of one name space of attributes that identify, and so are no ordinary attributes of it. */
export const identifyingNames = (settings: IdentitySettings, custom: boolean): ReadonlySet<string> =>
  new Set(settings.identifiers.filter((each) => (each.custom === true) === custom).map((each) => each.name))

/** The name under which an identifier is kept: custom ones have a name space of their own. */
export const identifierName = ({ name, custom }: Pick<IdentifierSetting, 'name' | 'custom'>): string =>
  custom === true ? `custom.${name}` : name
