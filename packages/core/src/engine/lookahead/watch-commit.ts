/** Watches the first commit of a unit: the call of the store, and whether the store answered synchronously. */
import type { Repository } from '../../repository/repository.ts'

/**
 * Returns a handle on the same store, and a promise of its first commit.
 *
 * @param onAnswer Called with each commit: whether the store answered synchronously.
 */
export const watchCommit = (
  repository: Repository,
  onAnswer: (isSynchronous: boolean) => void
): { readonly handle: Repository; readonly sent: Promise<void> } => {
  let tell = (): void => undefined
  const sent = new Promise<void>((resolve) => {
    tell = resolve
  })
  const commit: Repository['commit'] = (writes) => {
    const result = repository.commit(writes)
    onAnswer(!('then' in result))
    tell()
    return result
  }
  // A repository may be an instance of a class, so that a spread would lose its methods.
  const { manifest } = repository
  return {
    handle: {
      manifest,
      load: (references) => repository.load(references),
      commit,
      scan: (kind, options) => repository.scan(kind, options),
      // What a batch owes depends on whether there is one.
      ...(repository.purge !== undefined && { purge: () => repository.purge?.() })
    },
    sent
  }
}
