/** Counters in the text format of Prometheus. */
import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client'
import type { Metrics, ServerState } from '../metrics.ts'

/** Returns a function that sets the gauges to a state. */
const createGauges = (registry: Registry): ((state: ServerState) => void) => {
  const gauge = <Label extends string>(name: string, help: string, ...labelNames: ReadonlyArray<Label>) =>
    new Gauge({ name, help, labelNames: [...labelNames], registers: [registry] })
  const ready = gauge('userpoint_ready', '1 if the server takes requests, as /readyz answers.')
  const reasons = gauge('userpoint_not_ready', '1 for each reason why the server takes no requests.', 'reason')
  const executions = gauge(
    'userpoint_executions',
    'Executions that run on this server, and that wait: on a shared spool those of all servers.',
    'datamart',
    'state'
  )
  const leases = gauge('userpoint_queue_leases', 'Queues of a shared spool that this server has the lease of.')
  const batches = gauge(
    'userpoint_purge_owed_batches',
    'Batches with deletions that no purge has followed.',
    'datamart'
  )
  const age = gauge(
    'userpoint_purge_owed_age_seconds',
    'Age of the oldest purge that is owed; 0 if none is.',
    'datamart'
  )
  return ({ notReady, running, waiting, leases: held, purgeOwed }) => {
    ready.set(notReady.length === 0 ? 1 : 0)
    reasons.reset()
    for (const reason of notReady) reasons.set({ reason }, 1)
    for (const [datamart, count] of running) executions.set({ datamart, state: 'running' }, count)
    for (const [datamart, count] of waiting) executions.set({ datamart, state: 'waiting' }, count)
    leases.set(held)
    batches.reset()
    age.reset()
    for (const [datamart, owed] of purgeOwed) {
      batches.set({ datamart }, owed.batches)
      age.set({ datamart }, owed.seconds)
    }
  }
}

/** Returns counters for one handler, with Node's default metrics of the process. */
export const createPrometheusMetrics = (): Metrics => {
  const registry = new Registry()
  collectDefaultMetrics({ register: registry })
  // Gauges with the name of a counter, about which promtool complains; `nodejs_active_resources` and the like say the same.
  for (const name of ['handles', 'requests', 'resources']) registry.removeSingleMetric(`nodejs_active_${name}_total`)
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
  const expired = new Counter({
    name: 'userpoint_executions_expired_total',
    help: 'Finished executions that were removed with their files because of their age.',
    registers: [registry]
  })
  const storeFaults = new Counter({
    name: 'userpoint_store_faults_total',
    help: 'Failed calls of a store, of those too that were repeated with success.',
    labelNames: ['call'],
    registers: [registry]
  })
  const show = createGauges(registry)
  return {
    request: (method, route, status, seconds) => requests.observe({ method, route, status: `${status}` }, seconds),
    verdicts: (dialect, verdict, count) => verdicts.inc({ dialect, verdict }, count),
    execution: (status) => executions.inc({ status }),
    expired: (count) => expired.inc(count),
    storeFault: (call) => storeFaults.inc({ call }),
    page: async (state) => {
      show(state)
      return { contentType: registry.contentType, text: await registry.metrics() }
    }
  }
}
