/** What a deletion leaves to do: a store drops what the deleted left behind in its own files (PO-14). */
import type { Verdict } from '../../decide/verdict.ts'
import type { Repository } from '../../repository/repository.ts'
import type { PurgeFailed } from '../transaction/engine-error.ts'

export const purge = async (
  repository: Repository,
  verdicts: ReadonlyArray<Verdict> = []
): Promise<PurgeFailed | undefined> => {
  try {
    await repository.purge?.()
    return undefined
  } catch (cause) {
    return { _tag: 'PurgeFailed', cause, verdicts }
  }
}
