import type { Engine } from '@userpoint/core'
import { claimOf } from '@userpoint/core/command'
import { claimsOf, fromStored, type StoredUserPoint } from '@userpoint/core/user-point'
import { documentTypes } from '@userpoint/core/mediarithmics'
import type { Repository } from '@userpoint/core/repository'
import fc from 'fast-check'
import { describe, expect } from 'vitest'
import { documentText } from '@userpoint/conformance/arbitraries'
import { law } from '../../../packages/core/test/laws/law.ts'
import { same } from '../../../packages/core/test/laws/predicates.ts'
import { references } from '../../../packages/core/test/laws/world.ts'
import { documents, importText, memoryStore, sqliteStore } from './store.ts'

/** Documents of a few lines, of any type; later ones find what earlier ones made. */
const history = fc.array(
  fc
    .constantFrom(...documentTypes, 'USER_PROFILE' as const)
    .chain((type) => documentText(type, { maxLength: 3 }).map((text) => ({ type, text }))),
  { minLength: 1, maxLength: 20, size: 'max' }
)

const universe = references.flatMap((reference) => (reference._tag === 'UserPoint' ? [] : [claimOf(reference)]))

/** Asserts that each claim of each stored user point leads to it, and that every other possible claim is unknown. */
const claimsAgree = async (repository: Repository, seen: Set<string>): Promise<void> => {
  const holders = new Map<string, string>()
  for (const { id, body } of await documents(repository)) {
    for (const claim of claimsOf(fromStored(body as StoredUserPoint))) {
      expect(holders.has(claim), `${claim} is held once`).toBe(false)
      holders.set(claim, id)
      seen.add(claim)
    }
  }
  const claims = [...seen]
  const found = await repository.load(claims.map((claim) => ({ _tag: 'ByClaim', claim })))
  expect(found.map((stored) => stored?.id)).toEqual(claims.map((claim) => holders.get(claim)))
}

const isSound = async (engine: Pick<Engine, 'check'>): Promise<void> => {
  for await (const flaw of engine.check()) expect(flaw).toBe('none')
}

describe('the stored data, after every document of random histories', () => {
  law(
    '[L-12] a document without an applied line leaves the store unchanged, versions included',
    history,
    async (written) => {
      const { engine, dump } = memoryStore()
      for (const { type, text } of written) {
        const before = dump()
        const { verdicts } = await importText(engine, type, text)
        if (verdicts.every(({ verdict }) => verdict._tag !== 'Applied') && !same(dump(), before)) return false
      }
      return true
    }
  )

  law('[L-13] on memory, every claim agrees with its document', history, async (written) => {
    const { engine, repository } = memoryStore()
    const seen = new Set(universe)
    for (const { type, text } of written) {
      await importText(engine, type, text, { linesPerUnit: 2 })
      await claimsAgree(repository, seen)
    }
    await isSound(engine)
  })

  law(
    '[L-13] on SQLite, every claim agrees with its document',
    history,
    async (written) => {
      const { engine, repository, close } = sqliteStore({ purge: 'manual' })
      const seen = new Set(universe)
      for (const { type, text } of written) {
        await importText(engine, type, text, { linesPerUnit: 2 })
        await claimsAgree(repository, seen)
      }
      await isSound(engine)
      close()
    },
    25
  )
})
