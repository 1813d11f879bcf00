/**
 * `@userpoint/settings`: the settings of a datamart. The library, the command line and the server read the same.
 *
 * @module
 */
export { settingsDigest } from './digest.ts'
export { erasureKeyFrom, secretFrom } from './erasure-key.ts'
export { jsonSchema } from './json-schema.ts'
export { printSettings } from './print.ts'
export { issueText, type SettingsIssue, type SettingsIssueCode, SettingsRefused } from './refusal.ts'
export {
  completeSettings,
  type CompleteSettings,
  defaultLimits,
  issuesOf,
  type Limits,
  readSettings,
  type Settings,
  type WrittenIdentity,
  type WrittenPolicies
} from './settings.ts'
