/**
 * `@userpoint/settings/defaults`: the settings of a datamart that has none of its own, and what is made of settings once they are
 * complete. It loads no schema, which takes as long as the rest of a small program.
 *
 * @module
 */
export { type CompleteSettings, defaultSettings } from '../defaults.ts'
export { settingsDigest } from '../digest.ts'
export { erasureKeyFrom, secretFrom } from '../erasure-key.ts'
