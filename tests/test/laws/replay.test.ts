import { fromStored, type StoredUserPoint } from '@userpoint/core/user-point'
import type { DocumentType } from '@userpoint/core/mediarithmics'
import type { JsonObject, Stored } from '@userpoint/core/repository'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  beginning,
  type Intent,
  intent,
  type LineIntent,
  lineOf,
  mintedDevice,
  verbsOf
} from '@userpoint/conformance/arbitraries'
import { law } from '../../../packages/core/test/laws/law.ts'
import { same } from '../../../packages/core/test/laws/predicates.ts'
import { documents, importText, memoryStore, perform } from './store.ts'

const textOf = (lines: ReadonlyArray<JsonObject>): string => lines.map((line) => `${JSON.stringify(line)}\n`).join('')

const history = fc.array(fc.tuple(intent(), fc.nat(9)), { maxLength: 30, size: 'max' })

const namesDevice = ({ who }: Intent): boolean => [who].flat().some(({ tag }) => tag === 'device')

/** A document's intents. Device point ids are left out where a document could name one that it mints itself. */
const documentOf = (keep: (wanted: LineIntent) => boolean, ...verbs: ReadonlyArray<LineIntent['verb']>) =>
  fc.array(fc.tuple(intent(...verbs).filter(keep), fc.nat(9)), { minLength: 1, maxLength: 20, size: 'max' })

type Spelled<A extends Intent = LineIntent> = ReadonlyArray<readonly [A, number]>

/** Returns the state after a history and a document, and after the same document again. */
const replay = async (past: Spelled<Intent>, type: DocumentType, document: Spelled) => {
  const { engine, repository, dump } = memoryStore()
  for (const [wanted, variant] of past) await perform(engine, wanted, variant)
  const text = textOf(document.map(([wanted, variant]) => lineOf(wanted, variant)))
  await importText(engine, type, text, { linesPerUnit: 7 })
  const once = { dump: dump(), points: await documents(repository) }
  const { report } = await importText(engine, type, text, { linesPerUnit: 3 })
  return { once, twice: { dump: dump(), points: await documents(repository) }, report }
}

const changesNothing = (type: DocumentType, keep: (wanted: Intent) => boolean = () => true) =>
  [
    fc.tuple(history, documentOf(keep, ...verbsOf[type])),
    async ([past, document]: readonly [Spelled<Intent>, Spelled]): Promise<boolean> => {
      const { once, twice, report } = await replay(past, type, document)
      return report.applied === 0 && same(once.dump, twice.dump)
    }
  ] as const

type Kind = 'profiles' | 'segments' | 'choices'

/** Fills in omitted times, since an omitted time equals a stored one. */
const asRead = ({ body }: Stored) => fromStored(body as StoredUserPoint)

/** User points without what a replay may change of one kind: the time of the last change, and more where it is said. */
const apartFromTimes = (points: ReadonlyArray<Stored>, kind: Kind, ...more: ReadonlyArray<'createdAt' | 'expiresAt'>) =>
  points.map((stored) => {
    const body = asRead(stored)
    const times: ReadonlyArray<string> = ['modifiedAt', 'writtenAt', 'parts', 'tick', 'dataBagAt', ...more]
    const things = body[kind].map((thing) =>
      Object.fromEntries(Object.entries(thing).filter(([name]) => !times.includes(name)))
    )
    // What is created anew comes last.
    return { id: stored.id, body: { ...body, [kind]: more.includes('createdAt') ? new Set(things) : things } }
  })

const isShallow = (wanted: Intent): boolean =>
  !namesDevice(wanted) && (wanted.verb !== 'upsert' || wanted.mode !== 'deep')

describe('a document that is imported twice', () => {
  law('[L-22] deletions of user points change nothing the second time', ...changesNothing('USER_POINTS_DELETION'))
  law('[L-22] deletions of identifiers change nothing the second time', ...changesNothing('USER_IDENTIFIERS_DELETION'))
  law(
    '[L-22] deletions of device points change nothing the second time',
    ...changesNothing('USER_DEVICE_POINTS_DELETION')
  )
  law(
    '[L-22] associations change nothing the second time',
    ...changesNothing('USER_IDENTIFIERS_ASSOCIATION_DECLARATIONS', (wanted) => !namesDevice(wanted))
  )

  law(
    '[L-22] replacing and shallow upserts change nothing but `modifiedAt` the second time',
    fc.tuple(history, documentOf(isShallow, 'upsert')),
    async ([past, document]) => {
      const { once, twice } = await replay(past, 'USER_PROFILE', document)
      return same(apartFromTimes(once.points, 'profiles'), apartFromTimes(twice.points, 'profiles'))
    }
  )

  law(
    '[L-22] with profile DELETEs among them, the profiles they delete for a while are also created anew',
    fc.tuple(history, documentOf(isShallow, 'upsert', 'deleteProfile')),
    async ([past, document]) => {
      const { once, twice } = await replay(past, 'USER_PROFILE', document)
      return same(
        apartFromTimes(once.points, 'profiles', 'createdAt'),
        apartFromTimes(twice.points, 'profiles', 'createdAt')
      )
    }
  )

  /** Does not end while a test runs, and has not ended before. */
  const isFar = (at: number): boolean => at > beginning + 1_000_000
  // After an UPDATE whose end has passed, the next one begins a new membership.
  const lasts = (wanted: Intent): boolean =>
    wanted.verb !== 'updateSegment' || wanted.expiry === 'never' || ('at' in wanted.expiry && isFar(wanted.expiry.at))
  const isCurrent = (wanted: Intent): boolean =>
    wanted.verb !== 'updateSegment' || wanted.expiry === 'never' || !('at' in wanted.expiry) || isFar(wanted.expiry.at)

  for (const { title, type, verbs, kind, keep, more } of [
    {
      title: 'segments that end at a moment or never change nothing but `modifiedAt`',
      type: 'USER_SEGMENT',
      verbs: ['updateSegment'],
      kind: 'segments',
      keep: lasts,
      more: []
    },
    {
      title: 'segments that last so many minutes also end later',
      type: 'USER_SEGMENT',
      verbs: ['updateSegment'],
      kind: 'segments',
      keep: isCurrent,
      more: ['expiresAt']
    },
    {
      title: 'segments that are deleted for a while are also created anew',
      type: 'USER_SEGMENT',
      verbs: ['updateSegment', 'deleteSegment'],
      kind: 'segments',
      keep: isCurrent,
      more: ['expiresAt', 'createdAt']
    },
    {
      title: 'choices change nothing but `modifiedAt`',
      type: 'USER_CHOICE',
      verbs: ['upsertChoice'],
      kind: 'choices',
      keep: () => true,
      more: []
    },
    {
      title: 'choices that are deleted for a while are also created anew',
      type: 'USER_CHOICE',
      verbs: ['upsertChoice', 'deleteChoice'],
      kind: 'choices',
      keep: () => true,
      more: ['createdAt']
    }
  ] as const) {
    law(
      `[L-22] the second time ${title}`,
      fc.tuple(
        history,
        documentOf((wanted) => !namesDevice(wanted) && keep(wanted), ...verbs)
      ),
      async ([past, document]) => {
        const { once, twice, report } = await replay(past, type, document)
        return (
          report.rejected === 0 &&
          same(apartFromTimes(once.points, kind, ...more), apartFromTimes(twice.points, kind, ...more))
        )
      }
    )
  }

  const upsert = (wanted: Partial<Extract<LineIntent, { readonly verb: 'upsert' }>>): LineIntent => ({
    verb: 'upsert',
    who: { tag: 'email', hash: 'constructor' },
    key: { compartment: '0', account: undefined },
    mode: 'shallow',
    body: { a: [1] },
    ...wanted
  })
  const twice = async (...document: ReadonlyArray<LineIntent>) =>
    replay(
      [],
      'USER_PROFILE',
      document.map((wanted) => [wanted, 0] as const)
    )

  test('[L-22] exception: a DELETE before an UPSERT finds that UPSERT the second time', async () => {
    const { who, key } = upsert({}) as Extract<Intent, { readonly verb: 'upsert' }>
    const outcome = await twice({ verb: 'deleteProfile', who, key }, upsert({}))
    const created = (points: ReadonlyArray<Stored>) =>
      points.map((point) => asRead(point).profiles[0]?.createdAt)[0] ?? 0
    expect(created(outcome.twice.points)).toBeGreaterThan(created(outcome.once.points))
  })

  test('[L-22] exception: deep merges that concatenate double their arrays', async () => {
    const outcome = await twice(upsert({ mode: 'deep' }))
    expect(outcome.once.points).toMatchObject([{ body: { profiles: [{ properties: { a: [1] } }] } }])
    expect(outcome.twice.points).toMatchObject([{ body: { profiles: [{ properties: { a: [1, 1] } }] } }])
  })

  test('[L-22] exception: a line may name a device point that only a later line mints', async () => {
    const outcome = await twice(
      upsert({ who: { tag: 'device', device: mintedDevice(0) }, body: { b: 1 } }),
      upsert({ who: { tag: 'agent', agent: 'vec:1' } })
    )
    expect(outcome.once.points).toMatchObject([{ body: { profiles: [{ properties: { a: [1] } }] } }])
    expect(outcome.twice.points).toMatchObject([{ body: { profiles: [{ properties: { a: [1], b: 1 } }] } }])
  })
})
