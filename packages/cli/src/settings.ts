/** Settings of a datamart: a file, and options that override it. */
import { readFile } from 'node:fs/promises'
import { defaultPolicies, type Policies } from '@userpoint/core'
import {
  completeSettings,
  type CompleteSettings,
  issueText,
  readSettings,
  type Settings,
  SettingsRefused,
  type WrittenPolicies
} from '@userpoint/settings'
import { Failure, printable, reasonOf, wrongUsage } from './failure.ts'

/** The value of an option as a file of settings spells it. It is wrapped, since commander would replace `null`. */
export interface Spelled<A = unknown> {
  readonly value: A
}

/** The file of settings, and the options that override it. */
export interface SettingsFlags extends Readonly<Partial<Record<keyof Policies, Spelled>>> {
  readonly config?: string
  readonly maxRejected?: Spelled<NonNullable<Settings['limits']>['maxRejected']>
}

const refused = (title: string, { issues }: SettingsRefused): Failure =>
  wrongUsage(issues.map((issue) => `${title}: ${issueText(issue)}`).join('\nuserpoint: '))

/** Returns the settings in a file, checked but without defaults. @throws Failure if they cannot be read, or are wrong. */
export const settingsFile = async (path: string): Promise<Settings> => {
  if (path === '-') throw wrongUsage('--config needs a file; standard input is for documents')
  let content: Uint8Array
  try {
    content = await readFile(path)
  } catch (error) {
    throw new Failure(`the settings ${printable(path)} cannot be read: ${reasonOf(error)}`)
  }
  try {
    return readSettings(content)
  } catch (error) {
    if (error instanceof SettingsRefused) throw refused(printable(path), error)
    throw error
  }
}

/** Returns the policies that the options of a command set. */
const policiesIn = (flags: SettingsFlags): WrittenPolicies =>
  Object.fromEntries(
    Object.keys(defaultPolicies).flatMap((policy) => {
      const spelled = flags[policy as keyof Policies]
      return spelled === undefined ? [] : [[policy, spelled.value]]
    })
  )

/** Returns settings with the options of a command in place of what the file says. */
export const overridden = (settings: Settings, flags: SettingsFlags): CompleteSettings =>
  completeSettings({
    ...settings,
    policies: { ...settings.policies, ...policiesIn(flags) },
    ...(flags.maxRejected !== undefined && {
      limits: { ...settings.limits, maxRejected: flags.maxRejected.value }
    })
  })

/** Returns the settings of a command: those of its file, then those of its options. */
export const settingsOf = async (flags: SettingsFlags): Promise<CompleteSettings> =>
  overridden(flags.config === undefined ? {} : await settingsFile(flags.config), flags)
