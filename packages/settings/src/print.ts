/** Settings as a file that people may read: every default is shown, and no token. */
import type { CompleteSettings } from './defaults.ts'

const none = (_: string, value: unknown): unknown => (value === undefined ? null : value)

/**
 * Returns complete settings as indented JSON, with `***` instead of each token's digest.
 *
 * @example
 * ```ts
 * import { completeSettings, printSettings } from '@userpoint/settings'
 *
 * const text = printSettings(completeSettings({ tokens: [{ sha256: 'ab'.repeat(32) }] }))
 * console.log(JSON.parse(text).tokens) // => [ { sha256: '***' } ]
 * ```
 */
export const printSettings = (settings: CompleteSettings): string => {
  const { datamart, partner, ...rest } = settings
  const shown = {
    ...(datamart !== undefined && { datamart }),
    ...(partner !== undefined && { partner }),
    ...rest,
    tokens: rest.tokens.map(() => ({ sha256: '***' }))
  }
  return JSON.stringify(shown, none, 2)
}
