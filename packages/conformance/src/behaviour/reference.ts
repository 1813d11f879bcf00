/** The suite's own reference store: the oracle of the port, as a repository. It shares no code with any adapter. */
import type { Repository } from '@userpoint/core/repository'
import * as oracle from '../oracle.ts'

/** A store in memory, as plain as can be. Nobody changes what is put into it, so that nothing is copied. */
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
