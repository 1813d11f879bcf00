/** Engines whose time and ids are the same in every run, over the store under test. */
import { createEngine, type Engine, type EngineOptions } from '@userpoint/core'
import { type DocumentType, mediarithmics } from '@userpoint/core/mediarithmics'
import type { Repository } from '@userpoint/core/repository'
import { mintIds, slowClock } from '../arbitraries/people.ts'
import type { Handle } from '../trial.ts'

export { beginning, mintedDevice, mintedId, mintIds as idsFrom, slowClock } from '../arbitraries/people.ts'

/** The options of an engine besides its store. */
export type EngineSettings = Omit<EngineOptions, 'repository' | 'clock' | 'newId'> &
  Partial<Pick<EngineOptions, 'clock' | 'newId'>>

/** Returns an engine over a store. It purges only if the settings say so. */
export const engineOver = (repository: Repository, settings: EngineSettings = {}): Engine<DocumentType> =>
  createEngine({
    dialect: mediarithmics,
    repository,
    clock: slowClock(),
    newId: mintIds(),
    purge: 'manual',
    ...settings
  })

/** A handle as a repository, so that a failure prints the calls that an engine made of it. Its scans are not lazy. */
export const repositoryOf = (handle: Handle): Repository => ({
  manifest: handle.repository.manifest,
  load: (references) => handle.load(references),
  commit: async (writes) => ({ _tag: await handle.commit(writes) }),
  async *scan(kind, options) {
    yield* await handle.scan(kind, options)
  },
  purge: () => handle.purge()
})
