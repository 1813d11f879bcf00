/** The suite's reference store: the oracle of the port as a repository. It shares no code with any adapter. */
import type { Repository } from '@userpoint/core/repository'
import * as oracle from '../oracle.ts'

/** Creates a minimal store in memory. Callers do not change the values that they give to it, so that it copies nothing. */
export const createReferenceRepository = (): Repository => {
  let now = oracle.empty
  return {
    manifest: { name: 'reference', durable: false, concurrent: false },
    load: (references) => oracle.load(now, references),
    commit: (writes) => {
      const [_tag, next] = oracle.commit(now, writes)
      now = next
      return { _tag }
    },
    scan: (kind, options) => oracle.scan(now, kind, options)
  }
}
