/**
 * `@userpoint/http/node`: what a handler needs of Node: a spool of files, and counters for Prometheus.
 *
 * @module
 */
export { createFileSpool } from './file-spool.ts'
export { createPrometheusMetrics } from './prometheus-metrics.ts'
