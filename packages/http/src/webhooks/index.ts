/**
 * `@userpoint/http/webhooks`: sends the changes of the feed to a receiver, signed as Standard Webhooks are.
 *
 * @module
 */
export { sendChanges, WebhookFailed, type WebhookFailedCode, type WebhookOptions } from './send-changes.ts'
