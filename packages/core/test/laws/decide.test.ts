import { describe, expect, test } from 'vitest'
import type { JsonObject } from '../../src/domain/json.ts'
import { type Intent, mintedDevice } from '@userpoint/conformance/arbitraries'
import {
  changesOnlyWhatIsMeant,
  claimsAreUnique,
  deletedIsUnreachable,
  deleteUndoesAttachment,
  deleteUndoesUpsert,
  isPure,
  onlyAppliedChanges,
  onlyTheIdentifierGoes,
  orderOfIdentifiersNeverShows,
  secondAssociationFindsItDone,
  secondDeletionFindsNothing
} from './predicates.ts'
import { law } from './law.ts'
import { historyOf, intents, type Step } from './world.ts'

const always = (title: string, holds: (step: Step) => boolean): void =>
  law(title, intents(), (wanted) => historyOf(wanted).every(holds))

describe('decisions, at every step of random histories', () => {
  always('[L-10] a deleted user point is gone, alone, and unreachable by all that led to it', deletedIsUnreachable)
  always(
    '[L-11] deleting an identifier leaves all that is attached and every other identifier as they were',
    onlyTheIdentifierGoes
  )
  always('[L-12] only an applied command changes anything', onlyAppliedChanges)
  always('[L-13] no claim is held twice, and each leads to its holder', claimsAreUnique)
  always('[L-14] the second time a deletion finds nothing', secondDeletionFindsNothing)
  always('[L-14] the same association again finds it done', secondAssociationFindsItDone)
  always('[L-15] a profile DELETE undoes an UPSERT at its key; the user point remains', deleteUndoesUpsert)
  always('[L-15] so does that of a segment, a choice or a scenario, at its key', deleteUndoesAttachment)
  always('[L-16] a command changes at most the user points that it resolves to', changesOnlyWhatIsMeant)
  always('[L-19] deciding is pure', isPure)
  always('[L-23] the order in which an association names its identifiers never shows', orderOfIdentifiersNeverShows)
})

describe('what was a counterexample', () => {
  test('[L-23] of equally new profiles, those of the older user point win, in any order of the identifiers', () => {
    const email = (hash: string) => ({ tag: 'email', hash }) as const
    const upsert = (hash: string, body: JsonObject, account?: string): Intent => ({
      verb: 'upsert',
      who: email(hash),
      key: { compartment: '0', account },
      mode: 'replace',
      body
    })
    const people = [
      upsert('oldest', {}, 'x'),
      upsert('old', {}, 'x'),
      upsert('young', {}),
      upsert('young', { of: 'young' }, 'y')
    ]
    const join = (...hashes: ReadonlyArray<string>): Intent => ({ verb: 'associate', who: hashes.map(email) })
    // Steps come two to a millisecond, so that the last profile of the young one is as new as that of the old one.
    const profileOf = (...hashes: ReadonlyArray<string>) => {
      const steps = historyOf([
        ...people,
        upsert('old', { of: 'old' }, 'y'),
        upsert('young', { of: 'young' }, 'y'),
        join(...hashes)
      ])
      return [...(steps.at(-1)?.after.values() ?? [])][0]?.profiles.find(({ accountId }) => accountId === 'y')
        ?.properties
    }
    expect(profileOf('oldest', 'old', 'young')).toEqual({ of: 'old' })
    expect(profileOf('young', 'old', 'oldest')).toEqual({ of: 'old' })
  })
})

describe('device points that became one', () => {
  test('[L-14, A-42] an association that names an absorbed device point by its own id is done the second time', () => {
    // Each upsert mints a device point's id, and then a user point's.
    const device = (n: number) => ({ tag: 'device', device: mintedDevice(n) }) as const
    const upsert = (agent: string): Intent => ({
      verb: 'upsert',
      who: { tag: 'agent', agent },
      key: { compartment: '0', account: undefined },
      mode: 'replace',
      body: {}
    })
    const join: Intent = { verb: 'associate', who: [device(0), device(2)] }
    const verdicts = historyOf([upsert('vec:1'), upsert('net:9:1'), join, join]).map(({ decision }) => decision.verdict)
    expect(verdicts.slice(2)).toMatchObject([{ _tag: 'Applied' }, { _tag: 'NoOp', reason: 'ALREADY_ASSOCIATED' }])
  })
})
