/** Identity settings: a partner's configuration of Insider's identity resolution, as data. */

import type { EmailHashing } from './email-hash.ts'

/** An attribute that identifies. */
export interface IdentifierSetting {
  readonly name: string
  /** `true`: it is in `identifiers.custom`, and its attribute in `custom`. */
  readonly custom?: boolean
  /** The greatest number of values of one user; absent: no limit. */
  readonly limit?: number
}

export interface IdentitySettings {
  /** The identifiers, the most decisive first. Other identifiers of a request are ignored (B-03). */
  readonly identifiers: ReadonlyArray<IdentifierSetting>
  /** Placeholder values, which are ignored, such as the texts `null` and `undefined` (B-25). */
  readonly blockedValues: ReadonlyArray<string>
  /** Identifiers that lead to different users: `reject` the user, or select it by `priority` (B-01). */
  readonly onConflict: 'reject' | 'priority'
  /** An array whose last element is removed: `keep` it as `[]`, or `drop` the attribute (B-10). */
  readonly emptiedArray: 'keep' | 'drop'
  /** A removal of values from an attribute that is not an array: `warn` and change nothing, or `reject` the user (B-09). */
  readonly partialOnScalar: 'warn' | 'reject'
  /** A single value instead of an array: `reject` the user, or `wrap` it into an array (B-12). */
  readonly singleValue: 'reject' | 'wrap'
  /** A number as an identifier: `reject` the user, or use its decimal `text` (B-28). */
  readonly numericIdentifiers: 'reject' | 'text'
  /** The name under which an upsert stores the list attribute, which has two names (B-16). */
  readonly listAttribute: 'list_id' | 'static_segment_id'
  /**
   * The hash of e-mail addresses in documents: an address and its hash are then one identifier. `undefined`: they are two, and
   * the two dialects have different users for one address.
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

interface NamesBySpace {
  readonly custom: ReadonlySet<string>
  readonly default: ReadonlySet<string>
}

const namesIn = (identifiers: ReadonlyArray<IdentifierSetting>, custom: boolean): ReadonlySet<string> =>
  new Set(identifiers.filter((each) => (each.custom === true) === custom).map((each) => each.name))

// Every user of a request asks for them.
const namesOf = new WeakMap<ReadonlyArray<IdentifierSetting>, NamesBySpace>()

/** Returns the names of the attributes in one name space that are identifiers and not ordinary attributes. */
export const identifyingNames = ({ identifiers }: IdentitySettings, custom: boolean): ReadonlySet<string> => {
  let names = namesOf.get(identifiers)
  if (names === undefined) {
    names = { custom: namesIn(identifiers, true), default: namesIn(identifiers, false) }
    namesOf.set(identifiers, names)
  }
  return custom ? names.custom : names.default
}

/** Returns the name under which an identifier is stored: custom ones have a separate name space. */
export const identifierName = ({ name, custom }: Pick<IdentifierSetting, 'name' | 'custom'>): string =>
  custom === true ? `custom.${name}` : name
