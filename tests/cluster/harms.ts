/** Harms to one node while the others go on, and how it comes back. */
import type { Node } from '../../scripts/galera/cluster.mjs'
import { pause } from '../faults/chance.ts'

export interface Harm {
  readonly name: string
  readonly harm: (node: Node) => Promise<void>
  readonly mend: (node: Node) => Promise<void> | void
}

/** Longer than the others wait for a node that is silent, in milliseconds. */
const longEnough = 7_000

export const harms: ReadonlyArray<Harm> = [
  {
    name: 'killed',
    harm: (node) => node.kill(),
    mend: (node) => node.start()
  },
  {
    name: 'cut off',
    harm: async (node) => {
      node.cutOff()
      await pause(longEnough)
    },
    mend: (node) => node.join()
  },
  {
    name: 'frozen',
    harm: async (node) => {
      node.freeze()
      await pause(longEnough)
    },
    mend: (node) => node.thaw()
  }
]
