/** Counters in the text format of Prometheus. */
import { collectDefaultMetrics, Counter, Histogram, Registry } from 'prom-client'
import type { Metrics } from '../metrics.ts'

/** Returns counters for one handler, with Node's default metrics of the process. */
export const createPrometheusMetrics = (): Metrics => {
  const registry = new Registry()
  collectDefaultMetrics({ register: registry })
  const requests = new Histogram({
    name: 'userpoint_http_request_duration_seconds',
    help: 'Duration of requests, by route.',
    labelNames: ['method', 'route', 'status'],
    registers: [registry]
  })
  const verdicts = new Counter({
    name: 'userpoint_verdicts_total',
    help: 'Lines of executions and users of requests, by verdict.',
    labelNames: ['dialect', 'verdict'],
    registers: [registry]
  })
  const executions = new Counter({
    name: 'userpoint_executions_total',
    help: 'Finished executions.',
    labelNames: ['status'],
    registers: [registry]
  })
  return {
    request: (method, route, status, seconds) => requests.observe({ method, route, status: `${status}` }, seconds),
    verdicts: (dialect, verdict, count) => verdicts.inc({ dialect, verdict }, count),
    execution: (status) => executions.inc({ status }),
    page: async () => ({ contentType: registry.contentType, text: await registry.metrics() })
  }
}
