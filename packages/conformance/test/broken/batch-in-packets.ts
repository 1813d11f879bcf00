import type { CommitResult, Write } from '@userpoint/core/repository'
import type { BrokenStore } from './small-store.ts'

/** Returns the writes in packets of sixteen megabytes at most. */
const packetsOf = (writes: ReadonlyArray<Write>): ReadonlyArray<ReadonlyArray<Write>> => {
  const packets: Write[][] = [[]]
  let length = 0
  for (const write of writes) {
    length += JSON.stringify(write).length
    if (length > 16_777_216) {
      packets.push([])
      length = 0
    }
    packets.at(-1)?.push(write)
  }
  return packets
}

/** Commits each packet of a large batch by itself. */
export const batchInPackets: BrokenStore = {
  name: 'batch in packets',
  breaks: 'PO-5.wide',
  wrap: (correct) => ({
    ...correct,
    commit: async (writes) => {
      let result: CommitResult = { _tag: 'Committed' }
      for (const packet of packetsOf(writes)) {
        result = await correct.commit(packet)
        if (result._tag === 'Conflict') return result
      }
      return result
    }
  })
}
