/** Tests that the histories of people catch mistakes that only people reveal, of stores and of engines. */
import { env } from 'node:process'
import { budgetFrom } from '@userpoint/conformance'
import type { UserPoint } from '@userpoint/core'
import type { JsonObject, Repository, Write } from '@userpoint/core/repository'
import { fromStored, type StoredUserPoint } from '@userpoint/core/user-point'
import { describe, expect, test } from 'vitest'
import { differentialRequirements } from '../src/behaviour/digest.ts'
import { peopleRequirements } from '../src/behaviour/histories.ts'
import { traceRequirements } from '../src/behaviour/traces.ts'
import { RequirementViolated } from '../src/requirement.ts'
import { type BrokenStore, type Disk, harnessOf } from './broken/small-store.ts'

const requirements = [...peopleRequirements, ...differentialRequirements, ...traceRequirements]

const violationBy = async (key: string, store: Omit<BrokenStore, 'breaks'>): Promise<RequirementViolated> => {
  const error: unknown = await requirements
    .find((one) => one.key === key)
    ?.run(harnessOf(store), { runs: 1, seed: 1, shrink: true })
    .catch((reason: unknown) => reason)
  if (!(error instanceof RequirementViolated)) throw new Error(`${store.name} was not caught`, { cause: error })
  return error
}

/** Returns a repository that changes each batch. */
const changing =
  (change: (writes: ReadonlyArray<Write>) => ReadonlyArray<Write>) =>
  (correct: Repository): Repository => ({ ...correct, commit: (writes) => correct.commit(change(writes)) })

const pointOf = (body: JsonObject): UserPoint => fromStored(body as unknown as StoredUserPoint)

// A whole user point is a stored one that leaves nothing out.
const withPoint = (write: Write, change: (point: UserPoint) => UserPoint): Write =>
  write.body === undefined ? write : { ...write, body: change(pointOf(write.body)) }

const isMerge = (writes: ReadonlyArray<Write>): boolean =>
  writes.some(({ body }) => body === undefined) && writes.some(({ body }) => body !== undefined)

const hashesOf = ({ named }: UserPoint): ReadonlyArray<string> => named.flatMap(({ hash }) => hash ?? [])

const isOwnHash = (point: UserPoint, claim: string): boolean =>
  hashesOf(point).some((hash) => claim === `email_hash:${hash}`)

/** An engine that removes an address, and leaves its hash with its claim. */
const leavingHashes = (correct: Repository): Repository => {
  const before = new Map<string, UserPoint>()
  const leaving = (write: Write): Write => {
    const last = before.get(write.id)
    if (write.body === undefined) return write
    const now = pointOf(write.body)
    const held = now.emailHashes.map(({ hash }) => hash)
    const left = last?.emailHashes.filter(({ hash }) => hashesOf(last).includes(hash) && !held.includes(hash)) ?? []
    const kept = { ...now, emailHashes: [...now.emailHashes, ...left] }
    before.set(write.id, kept)
    const release = write.release.filter((claim) => left.every(({ hash }) => claim !== `email_hash:${hash}`))
    return { ...withPoint(write, () => kept), release }
  }
  return { ...correct, commit: (writes) => correct.commit(writes.map(leaving)) }
}

/** The writes of engines with wrong commands. Each keeps the port's laws, so no other part of the suite can catch it. */
const wrongEngines: ReadonlyArray<readonly [string, (correct: Repository, disk: Disk) => Repository]> = [
  [
    'a merge that loses the profiles of the absorbed',
    changing((writes) =>
      isMerge(writes)
        ? writes.map((write) => withPoint(write, (point) => ({ ...point, profiles: point.profiles.slice(0, 1) })))
        : writes
    )
  ],
  [
    'a merge that forgets that it was one',
    changing((writes) => writes.map((write) => withPoint(write, (point) => ({ ...point, mergedAt: [] }))))
  ],
  [
    'arrays that lose their duplicates',
    changing((writes) =>
      writes.map((write) =>
        withPoint(write, (point) => ({
          ...point,
          profiles: point.profiles.map((profile) => ({
            ...profile,
            properties: Object.fromEntries(
              Object.entries(profile.properties).map(([name, value]) => [
                name,
                Array.isArray(value) ? [...new Map(value.map((each) => [JSON.stringify(each), each])).values()] : value
              ])
            )
          }))
        }))
      )
    )
  ],
  [
    'a deletion of an identifier that takes the device point with it',
    changing((writes) =>
      writes.map((write) =>
        withPoint(write, (point) => ({
          ...point,
          devicePoints: point.devicePoints.filter(({ agents }) => agents.length > 0)
        }))
      )
    )
  ],
  [
    'a creation that is dated by the last change',
    changing((writes) =>
      writes.map((write) =>
        withPoint(write, (point) => ({
          ...point,
          profiles: point.profiles.map((profile) => ({ ...profile, createdAt: profile.modifiedAt }))
        }))
      )
    )
  ],
  [
    'an address that does not get its hash',
    changing((writes) =>
      writes.map((write) => ({
        ...withPoint(write, (point) => ({
          ...point,
          emailHashes: point.emailHashes.filter(({ hash }) => !hashesOf(point).includes(hash))
        })),
        claim: write.claim.filter((claim) => write.body === undefined || !isOwnHash(pointOf(write.body), claim))
      }))
    )
  ],
  ['an address that is deleted and leaves its hash', leavingHashes],
  [
    'an address whose spellings are one',
    changing((writes) =>
      writes.map((write) =>
        withPoint(write, (point) => ({
          ...point,
          named: point.named.filter(
            ({ hash }, at) => hash === undefined || point.named.findIndex((each) => each.hash === hash) === at
          )
        }))
      )
    )
  ],
  [
    'a choice that forgets when it was made',
    changing((writes) =>
      writes.map((write) =>
        withPoint(write, (point) => ({ ...point, choices: point.choices.map((each) => ({ ...each, chosenAt: 0 })) }))
      )
    )
  ]
]

const callsOf = (code: string): number => code.split('\n').filter((line) => line.startsWith('await ')).length

describe('histories compared with the oracle catch', () => {
  for (const [name, wrap] of wrongEngines) {
    test(`[L-10, L-13, L-16] ${name}`, { timeout: 30_000 }, async (context) => {
      const { violation, message } = await violationBy('L-10.histories', { name, wrap })
      await context.annotate(`${violation.what}, in ${callsOf(violation.code)} calls`)
      expect(callsOf(violation.code), violation.code).toBeLessThanOrEqual(5)
      expect(violation.code).toContain('over(store)')
      expect(violation.what, 'caught by a difference, and not by a failure').not.toContain('ended with')
      expect(message.length).toBeLessThan(5_000)
    })
  }
})

/** Counts a read as a change. */
const touching = (correct: Repository, disk: Disk): Repository => ({
  ...correct,
  load: async (references) => {
    for (const [key, row] of disk.rows) disk.rows.set(key, { ...row, version: row.version + 1 })
    return await correct.load(references)
  }
})

const brokenStores: ReadonlyArray<BrokenStore> = [
  {
    name: 'ghost claim',
    breaks: 'L-10.histories',
    wrap: changing((writes) => writes.map((write) => (write.body === undefined ? { ...write, release: [] } : write)))
  },
  { name: 'folded claims', breaks: 'L-10.histories', parts: { claimKey: (claim) => claim.toLowerCase() } },
  { name: 'normalised claims', breaks: 'L-10.histories', parts: { claimKey: (claim) => claim.normalize() } },
  {
    name: 'keys lost',
    breaks: 'differential.reference',
    parts: {
      decode: (text) =>
        JSON.parse(text, (key, value: unknown) => (key === '__proto__' ? undefined : value)) as JsonObject
    }
  },
  {
    name: 'claims that do not move',
    breaks: 'L-28.dialects',
    wrap: changing((writes) =>
      writes.map((write) => ({ ...write, release: write.body === undefined ? [] : write.release }))
    )
  },
  {
    name: 'a large batch that is cut short',
    breaks: 'L-01.chunking',
    wrap: changing((writes) => writes.slice(0, 3))
  },
  {
    name: 'a store that touches what is looked at',
    breaks: 'L-25.explained',
    wrap: touching
  },
  {
    name: 'a store that touches what it reads',
    breaks: 'L-22.replay',
    wrap: touching
  },
  {
    name: 'claims that are forgotten when it is closed',
    breaks: 'L-13.reopened',
    reopened: (disk) => ({ ...disk, claims: new Map([...disk.claims].slice(0, 2)) })
  },
  {
    name: 'a peer that is behind',
    breaks: 'L-13.handles',
    wrap: (() => {
      let handles = 0
      return (correct: Repository): Repository => {
        handles += 1
        if (handles % 2 === 1) return correct
        let last: ReadonlyArray<unknown> = []
        return {
          ...correct,
          load: async (references) => {
            const found = await correct.load(references)
            const answer = last.length === found.length ? (last as typeof found) : found
            last = found
            return answer
          }
        }
      }
    })()
  },
  {
    name: 'a purge that leaves what was overwritten',
    breaks: 'PO-14.traces',
    wrap: (correct, disk) => ({
      ...correct,
      purge: () => {
        disk.residue.splice(0, disk.residue.length, ...disk.residue.filter((text) => text.startsWith('{')).slice(0, 1))
      }
    })
  },
  {
    name: 'a purge that leaves released claims',
    breaks: 'PO-14.traces',
    wrap: (correct, disk) => ({
      ...correct,
      purge: () => {
        disk.residue.splice(0, disk.residue.length, ...disk.residue.filter((text) => !text.startsWith('{')))
      }
    })
  }
]

describe('broken stores are caught by', () => {
  for (const store of brokenStores) {
    test(`${store.breaks}: ${store.name}`, { timeout: 30_000 }, async (context) => {
      const { violation } = await violationBy(store.breaks, store)
      await context.annotate(`${violation.what}, in ${violation.code.split('\n').length} lines`)
      expect(violation.what).not.toContain('was thrown')
    })
  }
})

test('a correct store passes', async () => {
  for (const one of requirements)
    await one.run(harnessOf({ name: 'small' }), { runs: 1, shrink: true, ...budgetFrom(env), seed: 3 })
})
