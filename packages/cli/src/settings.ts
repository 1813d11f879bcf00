/** Settings of a datamart, for a command. The schema, which is large, is loaded only if there is something to check. */
import { readFile } from 'node:fs/promises'
import type { Policies } from '@userpoint/core'
import type { ErasureOptions } from '@userpoint/core/receipts'
import { type CompleteSettings, defaultSettings, erasureKeyFrom, secretFrom } from '@userpoint/settings/defaults'
import { Failure, printable, reasonOf, wrongUsage } from './failure.ts'
import type { SettingsFlags } from './settings-flags.ts'

/** The options that are no policies, each named so that none is forgotten. */
const others: Readonly<Record<Exclude<keyof SettingsFlags, keyof Policies>, true>> = {
  config: true,
  keyFile: true,
  keys: true,
  maxRejected: true
}
const names = Object.keys({ ...defaultSettings.policies, ...others }) as ReadonlyArray<keyof SettingsFlags>

/** Returns the settings of a command: those of its file, then those of its options. */
export const settingsOf = async (flags: SettingsFlags): Promise<CompleteSettings> => {
  if (names.every((name) => flags[name] === undefined)) return defaultSettings
  const { overridden, settingsFile } = await import('./given-settings.ts')
  return overridden(flags.config === undefined ? {} : await settingsFile(flags.config), flags)
}

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
