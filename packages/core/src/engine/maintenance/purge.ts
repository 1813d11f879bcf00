/** Purges a store: it drops the traces of deleted data from its files (PO-14). */
import type { Repository } from '../../repository/repository.ts'
import type { PurgeFailed } from '../transaction/engine-error.ts'

export const purge = async (repository: Repository): Promise<PurgeFailed | undefined> => {
  try {
    await repository.purge?.()
    return undefined
  } catch (cause) {
    return { _tag: 'PurgeFailed', cause, verdicts: [] }
  }
}
