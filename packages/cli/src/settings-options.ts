/** The options that override a file of settings. */
import type { Policies } from '@userpoint/core'
import type { SettingsIssue } from '@userpoint/settings'
import { InvalidArgumentError, Option } from 'commander'
import { once } from './options.ts'
import type { Spelled } from './settings-flags.ts'

/** Returns the value of an option as a file of settings spells it. */
type Spell = (text: string) => unknown

const asText: Spell = (text) => text
const orNone: Spell = (text) => (text === 'none' ? null : text)
const list: Spell = (text) => (text === 'none' ? null : text.split(','))
const listOrWord: Spell = (text) => (text === 'recommended' ? text : text.split(','))
const number = (text: string): unknown => (/^[0-9]{1,15}$/.test(text) ? Number(text) : text)

interface ShortForm {
  readonly policy: keyof Policies
  readonly flags: string
  readonly description: string
  readonly spell: Spell
}

/** The options for policies. `hyperPoint` has five limits, so a file alone sets it. */
const shortForms: ReadonlyArray<ShortForm> = [
  {
    policy: 'defaultCompartment',
    flags: '--default-compartment <ID>',
    description: 'the compartment of accounts and profiles that name none, or none (default: 0)',
    spell: orNone
  },
  {
    policy: 'systemVersion',
    flags: '--system-version <VERSION>',
    description:
      'the version of the datamart, such as v202205: reject documents that need a newer one (default: no check)',
    spell: orNone
  },
  {
    policy: 'arrays',
    flags: '--arrays <POLICY>',
    description:
      'how a deep merge joins arrays: concat appends all elements, union only missing ones (default: concat)',
    spell: asText
  },
  {
    policy: 'defaultStrategy',
    flags: '--default-strategy <STRATEGY>',
    description: 'what a profile UPSERT without force_replace does: replace, shallow or deep (default: it is rejected)',
    spell: orNone
  },
  {
    policy: 'profileMerge',
    flags: '--profile-merge <POLICY>',
    description: 'how profiles of people who become one join: byProperty or newestWhole (default: byProperty)',
    spell: asText
  },
  {
    policy: 'profileDeleteScope',
    flags: '--profile-delete-scope <SCOPE>',
    description: 'what a profile DELETE removes: key, the one at its key, or all (default: key)',
    spell: asText
  },
  {
    policy: 'blockedValues',
    flags: '--blocked-values <VALUES>',
    description: 'reject lines that add by a placeholder: recommended, or values between commas (default: none)',
    spell: listOrWord
  },
  {
    policy: 'knownCompartments',
    flags: '--known-compartments <IDS>',
    description: 'reject lines that create in other compartments: ids between commas (default: any)',
    spell: list
  },
  {
    policy: 'knownRegistries',
    flags: '--known-registries <IDS>',
    description: 'reject lines that create in other registries: ids between commas (default: any)',
    spell: list
  },
  {
    policy: 'userAgentIds',
    flags: '--user-agent-ids <GRAMMAR>',
    description: 'which user agent ids are read: open or strict (default: open)',
    spell: asText
  },
  {
    policy: 'userPointIds',
    flags: '--user-point-ids <SHAPE>',
    description: 'the shape of user point ids: any or uuid (default: any)',
    spell: asText
  },
  {
    policy: 'quarantine',
    flags: '--quarantine <N>',
    description: 'a person with more than N current segments takes nothing more (default: no limit)',
    spell: (text) => (text === 'none' ? null : { segments: number(text) })
  },
  {
    policy: 'suppression',
    flags: '--suppression <DELETIONS>',
    description: 'which deletions suppress what they delete: none, people or all; needs --key-file (default: none)',
    spell: asText
  }
]

const maxRejectedFlag = '--max-rejected'

let issuesOf: ((settings: unknown) => ReadonlyArray<SettingsIssue>) | undefined

/**
 * Loads the schema if one of the arguments may be an option that it checks. A parser of commander cannot wait for it, and to load
 * it takes as long as an import of some thousand lines.
 */
export const prepareSettingsOptions = async (argv: ReadonlyArray<string>): Promise<void> => {
  const flags = [maxRejectedFlag, ...shortForms.map((each) => each.flags.replace(/ .*/, ''))]
  if (argv.some((argument) => flags.some((flag) => argument.startsWith(flag))))
    ({ issuesOf } = await import('@userpoint/settings'))
}

/** Refuses a value that settings do not take. */
const requireSettings = (settings: unknown): void => {
  if (issuesOf === undefined) throw new TypeError('the schema of settings is not loaded')
  const [issue] = issuesOf(settings)
  if (issue !== undefined) throw new InvalidArgumentError(`Expected ${issue.expected}.`)
}

/** Returns the options for policies; each overrides the file. */
export const policyOptions = (): ReadonlyArray<Option> =>
  shortForms.map(({ policy, flags, description, spell }) =>
    new Option(flags, description).argParser(
      once((text): Spelled => {
        const value = spell(text)
        requireSettings({ policies: { [policy]: value } })
        return { value }
      })
    )
  )

export const maxRejectedOption = (): Option =>
  new Option(
    `${maxRejectedFlag} <LIMIT>`,
    'reject the whole document, before any line is applied, if more lines are wrong than N or P% (default: no limit)'
  ).argParser(
    once((text): Spelled => {
      const value = text === 'none' ? null : number(text)
      requireSettings({ limits: { maxRejected: value } })
      return { value }
    })
  )
