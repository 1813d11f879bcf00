/** Settings of a datamart that are given: a file, and options that override it. */
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
import type { SettingsFlags } from './settings-flags.ts'

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
    erasure: {
      ...settings.erasure,
      ...(flags.keyFile !== undefined && { keyFile: flags.keyFile, keyVariable: null }),
      ...(flags.keys !== undefined && { documentKeys: flags.keys })
    },
    ...(flags.maxRejected !== undefined && {
      limits: { ...settings.limits, maxRejected: flags.maxRejected.value }
    })
  })
