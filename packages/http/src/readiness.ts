/** The answer of `/readyz`: whether the server can take requests now, and if not, why. */
import type { Context } from './context.ts'
import { jsonResponse } from './json-response.ts'
import { SpoolLost, SpoolTaken } from './spool.ts'
import { within } from './timers.ts'

/** The reasons why a server takes no requests. */
export const readinessReasons = {
  STARTING: 'what an earlier server left is not queued yet',
  STOPPING: 'the server stops',
  STORE_FAILED: 'the store failed',
  STORE_SILENT: 'the store did not answer within 2 seconds',
  SPOOL_FAILED: 'the spool cannot keep anything, because the disk is full for example',
  SPOOL_SILENT: 'the spool did not answer within 2 seconds',
  SPOOL_LOST: 'another server owns the spool'
} as const

type Reason = keyof typeof readinessReasons

/** The milliseconds that a probe has. */
const bound = 2_000

/** Returns a probe that runs once at a time, however many ask: each of them waits for its answer, up to a bound. */
const createProbe = (work: () => Promise<unknown>, place: 'STORE' | 'SPOOL') => {
  const run = async (): Promise<Reason | undefined> => {
    try {
      await work()
      return undefined
    } catch (error) {
      return error instanceof SpoolLost || error instanceof SpoolTaken ? 'SPOOL_LOST' : `${place}_FAILED`
    }
  }
  let running: Promise<Reason | undefined> | undefined
  return async (): Promise<Reason | undefined> => {
    running ??= run().finally(() => {
      running = undefined
    })
    return within<Reason | undefined>(running, bound, () => `${place}_SILENT`)
  }
}

/** The part of the handler's life in which it is. */
export type Phase = 'STARTING' | 'SERVING' | 'STOPPING'

/** Returns a function that returns why the server takes no requests; empty: it does. */
export const createReadiness = ({
  datamarts,
  spool
}: Context): ((phase: Phase) => Promise<ReadonlyArray<Reason | Phase>>) => {
  const probes = [...datamarts.values()].map(({ probe }) => createProbe(probe, 'STORE'))
  probes.push(createProbe(() => spool.probe(), 'SPOOL'))
  return async (phase) => {
    if (phase !== 'SERVING') return [phase]
    const reasons = await Promise.all(probes.map((probe) => probe()))
    return [...new Set(reasons.filter((reason) => reason !== undefined))]
  }
}

/** Returns the answer of `/readyz`. */
export const readinessAnswer = (reasons: ReadonlyArray<string>): Response =>
  reasons.length === 0 ? jsonResponse({ status: 'ready' }) : jsonResponse({ status: 'not_ready', reasons }, 503)
