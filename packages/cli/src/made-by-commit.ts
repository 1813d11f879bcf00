/** A store whose file is made by the first commit: a command that applies nothing leaves no file behind. */
import type { Manifest, Repository } from '@userpoint/core/repository'
import { StoreFault } from '@userpoint/core/repository'
import { Failure } from './failure.ts'
import type { OpenStore } from './store-place.ts'

interface Parts {
  readonly manifest: Manifest
  /** Returns whether the store exists, because another process has made it meanwhile. */
  readonly isMade: () => Promise<boolean>
  /** Opens the store, and makes it if it is missing. */
  readonly make: () => Promise<OpenStore>
}

const faultOf = (error: unknown): unknown =>
  error instanceof Failure ? new StoreFault(error.message, { applied: false, recovery: 'repair', cause: error }) : error

/** Returns a store that is made by its first commit. Until then it reads as empty, unless another process makes it. */
export const madeByCommit = ({ manifest, isMade, make }: Parts): OpenStore => {
  let opening: Promise<OpenStore> | undefined
  let opened: Repository | undefined

  const open = async (): Promise<Repository> => {
    opening ??= make()
    try {
      opened = (await opening).repository
      return opened
    } catch (error) {
      opening = undefined
      throw faultOf(error)
    }
  }
  /** Returns the store; `undefined`: it is still missing. */
  const look = async (): Promise<Repository | undefined> =>
    opened ?? (opening !== undefined || (await isMade()) ? open() : undefined)

  const repository: Repository = {
    manifest,
    // Once the store is open, a synchronous one answers without a promise.
    load: (references) =>
      opened === undefined
        ? look().then((store) => store?.load(references) ?? references.map(() => undefined))
        : opened.load(references),
    commit: (writes) => (opened === undefined ? open().then((store) => store.commit(writes)) : opened.commit(writes)),
    scan: async function* (kind, options) {
      yield* (await look())?.scan(kind, options) ?? []
    },
    purge: async () => (await look())?.purge?.()
  }
  return { repository, close: async () => (await opening)?.close() }
}
