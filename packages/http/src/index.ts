/**
 * `@userpoint/http`: the vendors' HTTP interfaces as one handler of web-standard requests. `@userpoint/http/node` has the
 * parts that need Node.
 *
 * @module
 */
export { sha256Of } from './access.ts'
export type { DocsScript } from './docs-page.ts'
export { type Background, createHandler, type Handler } from './handler.ts'
export type { Log, LogEvent } from './log.ts'
export type { Metrics, ServerState } from './metrics.ts'
export { openApiDocument } from './openapi/document.ts'
export {
  type DatamartSettings,
  type HandlerOptions,
  type TokenSettings
} from './settings.ts'
export {
  createMemorySpool,
  type Spool,
  type SpoolKey,
  type SpoolLease,
  SpoolLost,
  type SpoolRecord,
  SpoolTaken,
  type SpoolWriter
} from './spool.ts'
