/**
 * Simulates a process: it shares the disk, has its own handles and caches, and `kill` takes the disk away between any two of
 * its steps. So a bug between processes shows within milliseconds and deterministically.
 */
import type { StoreProcess } from '@userpoint/conformance'
import { serveStore } from '@userpoint/conformance/process'
import type { Repository } from '@userpoint/core/repository'
import type { Disk } from './disk.ts'

type Listener = (message: unknown) => void

/** As a pipe does: later, and as a copy. */
const deliver = (message: object, listeners: ReadonlySet<Listener>): void => {
  const text = JSON.stringify(message)
  setImmediate(() => {
    for (const listener of listeners) listener(JSON.parse(text))
  })
}

/** @param open Makes the process's handle of the disk as the process sees it. */
export const simulateProcess = (disk: Disk, open: (disk: Disk) => Repository): StoreProcess => {
  let isAlive = true
  const inParent = { message: new Set<Listener>(), exit: new Set<Listener>(), error: new Set<Listener>() }
  const inChild = { message: new Set<Listener>(), disconnect: new Set<Listener>() }

  const whileAlive = <A>(value: A): A => {
    if (!isAlive) throw new Error('this process was killed')
    return value
  }
  const end = (): void => {
    if (!isAlive) return
    isAlive = false
    deliver({}, inParent.exit)
    // A store that keeps all to itself needs no disk to go on for ever.
    deliver({}, inChild.disconnect)
  }
  const own: Disk = {
    get rows() {
      return whileAlive(disk.rows)
    },
    get claims() {
      return whileAlive(disk.claims)
    },
    get residue() {
      return whileAlive(disk.residue)
    },
    get locks() {
      return whileAlive(disk.locks)
    },
    get refused() {
      return whileAlive(disk.refused)
    }
  }
  // A process takes its time to start.
  setImmediate(() => {
    serveStore(open(own), {
      send: (message) => {
        if (isAlive) deliver(message, inParent.message)
      },
      on: (event, listener) => inChild[event].add(listener),
      exit: end
    })
  })
  return {
    send: (message) => {
      if (isAlive) deliver(message, inChild.message)
    },
    on: (event, listener) => inParent[event].add(listener),
    kill: end
  }
}
