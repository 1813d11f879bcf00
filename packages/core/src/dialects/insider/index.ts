/**
 * `@userpoint/core/insider`: the dialect of Insider's calls on users.
 *
 * @module
 */
export type { Column, Columns } from './list-columns.ts'
export { type EmailHashing, hashEmail } from './email-hash.ts'
export { columnsScanned, createInsider, type Insider, type InsiderOptions, type RequestBody } from './insider.ts'
export { type Messages, type UsersReport, warningsAsMessages } from './report.ts'
export { type ReadJson, readJson } from '../../domain/json-text.ts'
export { maxUsersPerRequest, parseBody, type RequestRejected } from './request.ts'
export { defaultIdentitySettings, type IdentifierSetting, type IdentitySettings } from './settings.ts'
