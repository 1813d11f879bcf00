/**
 * `@userpoint/settings`: the settings of a datamart. The library, the command line and the server read the same.
 *
 * @module
 */
export { type CompleteSettings, defaultLimits, type Limits } from './defaults.ts'
export { settingsDigest } from './digest.ts'
export { erasureKeyFrom, secretFrom } from './erasure-key.ts'
export { jsonSchema } from './json-schema.ts'
export { printSettings } from './print.ts'
export { issueText, type SettingsIssue, type SettingsIssueCode, SettingsRefused } from './refusal.ts'
export {
  completeSettings,
  issuesOf,
  readSettings,
  type Settings,
  type WrittenIdentity,
  type WrittenPolicies
} from './settings.ts'
