/** Settings of a datamart: a file, and options that override it. */
import { readFile } from 'node:fs/promises'
import { defaultPolicies, type Policies } from '@userpoint/core'
import type { ErasureOptions } from '@userpoint/core/receipts'
import {
  completeSettings,
  type CompleteSettings,
  erasureKeyFrom,
  issueText,
  readSettings,
  secretFrom,
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
  readonly keyFile?: string
  /** The key file of an encrypted store. */
  readonly keys?: string
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
    erasure: {
      ...settings.erasure,
      ...(flags.keyFile !== undefined && { keyFile: flags.keyFile, keyVariable: null }),
      ...(flags.keys !== undefined && { documentKeys: flags.keys })
    },
    ...(flags.maxRejected !== undefined && {
      limits: { ...settings.limits, maxRejected: flags.maxRejected.value }
    })
  })

/** Returns the settings of a command: those of its file, then those of its options. */
export const settingsOf = async (flags: SettingsFlags): Promise<CompleteSettings> =>
  overridden(flags.config === undefined ? {} : await settingsFile(flags.config), flags)

/** Returns the text that should be a key, and where it came from; `undefined`: the settings name none. */
const keyTextOf = async ({
  erasure: { keyFile, keyVariable }
}: CompleteSettings): Promise<readonly [text: string, title: string] | undefined> => {
  if (keyVariable !== undefined) {
    const title = `the key in the environment variable ${printable(keyVariable)}`
    const text = process.env[keyVariable]
    if (text === undefined) throw new Failure(`${title} is not set`)
    return [text, title]
  }
  if (keyFile === undefined) return undefined
  const title = `the key ${printable(keyFile)}`
  try {
    return [await readFile(keyFile, 'utf8'), title]
  } catch (error) {
    throw new Failure(`${title} cannot be read: ${reasonOf(error)}`)
  }
}

/** Returns the key that the settings name; `undefined`: they name none. @throws Failure if it cannot be read, or is no key. */
export const secretOf = async (settings: CompleteSettings): Promise<Uint8Array | undefined> => {
  const found = await keyTextOf(settings)
  if (found === undefined) return undefined
  const [text, title] = found
  const secret = secretFrom(text)
  if (secret === undefined) throw wrongUsage(`${title} must be 64 or more hexadecimal digits`)
  return secret
}

/** Returns the proof of erasures that the settings ask for, as an engine takes it. */
export const erasureOf = async (settings: CompleteSettings): Promise<ErasureOptions | undefined> => {
  const secret = await secretOf(settings)
  if (secret === undefined && settings.policies.suppression !== 'none')
    throw wrongUsage('suppression needs the key of the datamart: give --key-file, or erasure.keyFile in the settings')
  return secret && { key: erasureKeyFrom(secret), claims: settings.erasure.claims }
}
