/**
 * `@userpoint/http/node`: a spool of files and counters for Prometheus, for handlers on Node.
 *
 * @module
 */
export { readDocsScript } from './docs-script.ts'
export { createFileSpool, type FileSpool, type FileSpoolOptions } from './file-spool.ts'
export { createPrometheusMetrics } from './prometheus-metrics.ts'
