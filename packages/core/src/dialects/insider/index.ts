/**
 * `@userpoint/core/insider`: the dialect of Insider's calls on users.
 *
 * @module
 */
export { createInsider, type Insider, type InsiderOptions, type RequestBody, type UsersReport } from './insider.ts'
export { maxRequestBytes, maxUsersPerRequest, parseBody, type RequestRejected } from './request.ts'
export { defaultIdentitySettings, type IdentifierSetting, type IdentitySettings } from './settings.ts'
