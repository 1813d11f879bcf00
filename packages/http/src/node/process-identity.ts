/** Tells a process from every other, so that a lock that a killed process left is free at once. */
import { readFileSync, readlinkSync } from 'node:fs'
import { hostname } from 'node:os'
import { pid } from 'node:process'

/** A process, as the lease of a folder records it. */
export interface ProcessIdentity {
  /** The machine with its start and its space of process ids; two containers differ. */
  readonly place: string
  readonly pid: number
  /** The time at which the process started, as its system counts it; empty where the system does not say. */
  readonly started: string
}

const orEmpty = (read: () => string): string => {
  try {
    return read()
  } catch {
    return ''
  }
}

/** Returns the state and the start of a process on Linux: fields 3 and 22, after the name, which may have spaces. */
const statOf = (id: number): { readonly state: string; readonly started: string } | undefined => {
  const fields = orEmpty(() => readFileSync(`/proc/${id}/stat`, 'utf8'))
    .split(') ')
    .at(-1)
    ?.split(' ')
  const [state, started] = [fields?.[0], fields?.[19]]
  return state === undefined || started === undefined ? undefined : { state, started }
}

/** Returns the identity of this process. */
export const ownIdentity = (): ProcessIdentity => ({
  place: [
    hostname(),
    orEmpty(() => readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()),
    orEmpty(() => readlinkSync('/proc/self/ns/pid'))
  ].join(' '),
  pid,
  started: statOf(pid)?.started ?? ''
})

const exists = (id: number): boolean => {
  try {
    process.kill(id, 0)
    return true
  } catch (error) {
    return !(error instanceof Error && 'code' in error && error.code === 'ESRCH')
  }
}

/** Returns `unknown` for a process on another machine, and where the system does not tell a process from a later one. */
export const fateOf = (other: ProcessIdentity): 'alive' | 'dead' | 'unknown' => {
  const own = ownIdentity()
  if (other.place !== own.place) return 'unknown'
  if (!exists(other.pid)) return 'dead'
  const stat = statOf(other.pid)
  if (stat === undefined || other.started === '') return 'unknown'
  // A zombie has ended; only its parent has not noticed yet.
  return stat.started === other.started && !/[ZX]/.test(stat.state) ? 'alive' : 'dead'
}
