import type { Engine, UserPoint } from '@userpoint/core'
import { claimsOf, fromStored, type StoredUserPoint } from '@userpoint/core/user-point'
import { createInsider, type EmailHashing, hashEmail } from '@userpoint/core/insider'
import type { DocumentType } from '@userpoint/core/mediarithmics'
import type { Repository } from '@userpoint/core/repository'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { jsonArray, jsonObject } from '@userpoint/conformance/arbitraries'
import { law } from '../../../packages/core/test/laws/law.ts'
import { same } from '../../../packages/core/test/laws/predicates.ts'
import { nameOf, right } from '../insider-stores.ts'
import { engineAt, identifiers, openers } from './past.ts'
import { documents, importText } from './store.ts'

const pointsOf = async (repository: Repository): Promise<ReadonlyArray<UserPoint>> =>
  (await documents(repository)).map(({ body }) => fromStored(body as StoredUserPoint))

/** Counts the user points, and the claims that lead to one. */
const trace = async (repository: Repository, claims: ReadonlyArray<string>) => ({
  userPoints: (await documents(repository)).length,
  claims: (await repository.load(claims.map((claim) => ({ _tag: 'ByClaim', claim })))).filter((each) => each).length
})
const none = { userPoints: 0, claims: 0 }

const imported = async (engine: Engine<DocumentType>, type: DocumentType, ...lines: ReadonlyArray<object>) => {
  const { verdicts } = await importText(engine, type, lines.map((line) => JSON.stringify(line)).join('\n'))
  return verdicts.map(({ verdict }) => nameOf(verdict))
}

const insiderOf = (engine: Engine<DocumentType>) => {
  const insider = createInsider({ engine })
  return {
    ...insider,
    upserting: async (user: object) =>
      right(await insider.upsertUsers({ value: { users: [user] } })).verdicts.map(nameOf),
    deleting: async (user: object) =>
      right(await insider.deleteAttributes({ value: { users: [user] } })).verdicts.map(nameOf)
  }
}

const everywhere = [
  { email_hash: 'h1' },
  { user_account_id: 'a', compartment_id: '7' },
  { user_agent_id: 'vec:1' }
] as const

/** All that may be attached to one person by documents. */
const attach = async (engine: Engine<DocumentType>): Promise<void> => {
  await imported(engine, 'USER_IDENTIFIERS_ASSOCIATION_DECLARATIONS', {
    identifiers: [
      { type: 'USER_EMAIL', hash: 'h1' },
      { type: 'USER_ACCOUNT', user_account_id: 'a', compartment_id: '7' },
      { type: 'USER_AGENT', user_agent_id: 'vec:1' }
    ]
  })
  await imported(engine, 'USER_SEGMENT', {
    operation: 'UPDATE',
    ...everywhere[1],
    segment_id: 1,
    expiration_duration: 0
  })
  const user_choice = { $processing_id: 1, $choice_ts: 1 }
  await imported(engine, 'USER_CHOICE', { operation: 'UPSERT', ...everywhere[2], force_replace: true, user_choice })
}

describe('one language, two dialects', () => {
  for (const { name, open, runs } of openers) {
    it(`[L-28] on ${name}: a user of Insider's goes by a points deletion, and all their identifiers are unknown`, async () => {
      const { repository, close } = open()
      const engine = engineAt(repository, 0)
      const insider = insiderOf(engine)
      const who = { email: 'ada@x.y', uuid: 'u', phone_number: '+1234567' }
      await insider.upserting({ identifiers: who, attributes: { age: 36, custom: { hat: 1 } } })
      const body = { value: { identifiers: who, attributes: ['*'] } }
      const shown = right(await insider.getUser(body))?.['attributes'] as Readonly<Record<string, unknown>>
      const claims = (await pointsOf(repository)).flatMap(claimsOf)
      expect(claims).toHaveLength(3)
      const line = { type: 'USER_POINT', user_point_id: `${shown['iid'] as string}`.toUpperCase() }
      expect(await imported(engine, 'USER_POINTS_DELETION', line, line)).toEqual(['Applied', 'NOT_FOUND'])
      expect(await trace(repository, claims)).toEqual(none)
      expect(await insider.getUser(body)).toEqual({ _tag: 'Right', right: undefined })
      expect(await insider.deleting({ identifiers: who, whole: ['age'] })).toEqual(['NOT_FOUND'])
      close()
    })

    it(`[L-28] on ${name}: an imported profile loses attributes by Insider's call, with insider_id = user_point_id`, async () => {
      const { repository, close } = open()
      const engine = engineAt(repository, 0)
      const user_profile = { city: 'Lund', tags: [1, 2], custom: { hat: 1, hats: ['a', 'b'] } }
      await imported(engine, 'USER_PROFILE', {
        operation: 'UPSERT',
        ...everywhere[0],
        force_replace: true,
        user_profile
      })
      const insider_id = (await documents(repository))[0]?.id
      const plan = { whole: ['city'], partial: { tags: [1] }, custom: { whole: ['hat'], partial: { hats: ['a'] } } }
      expect(await insiderOf(engine).deleting({ insider_id, ...plan })).toEqual(['Applied'])
      const [point] = await pointsOf(repository)
      expect(point?.profiles[0]?.properties).toEqual({ tags: [2], custom: { hats: ['b'] } })
      expect(point?.emailHashes).toHaveLength(1)
      close()
    })

    it(`[L-28] on ${name}: an imported person goes by Insider's deletion of a user, with everything attached`, async () => {
      const { repository, close } = open()
      const engine = engineAt(repository, 0)
      await attach(engine)
      const claims = (await pointsOf(repository)).flatMap(claimsOf)
      const insider_id = (await documents(repository))[0]?.id
      const verdict = right(await insiderOf(engine).deleteUser({ value: { insider_id } }))
      expect(verdict).toMatchObject({ _tag: 'Applied', effect: { identifiers: 3, segments: 1, choices: 1 } })
      expect(await trace(repository, claims)).toEqual(none)
      close()
    })

    it(`[L-28] on ${name}: a person of both dialects goes whole by either`, async () => {
      for (const way of ['document', 'call'] as const) {
        const { repository, close } = open()
        const engine = engineAt(repository, 0)
        const insider = insiderOf(engine)
        await attach(engine)
        const insider_id = (await documents(repository))[0]?.id
        await insider.upserting({ insider_id, identifiers: { uuid: 'u' }, attributes: { age: 1 } })
        const claims = (await pointsOf(repository)).flatMap(claimsOf)
        expect(claims.length, 'all of the claims').toBe(5)
        if (way === 'document') {
          const line = { type: 'USER_AGENT', user_agent_id: 'vec:1' }
          expect(await imported(engine, 'USER_POINTS_DELETION', line)).toEqual(['Applied'])
        } else {
          const verdict = right(await insider.deleteUser({ value: { identifiers: { uuid: 'u' } } }))
          expect(verdict._tag).toBe('Applied')
        }
        expect(await trace(repository, claims)).toEqual(none)
        close()
      }
    })

    const person = fc.record({
      who: identifiers,
      own: jsonObject(),
      custom: jsonObject(),
      note: fc.constantFrom(null, 'a note', 1, ['a']),
      list: jsonArray(),
      reference: fc.constantFrom(...everywhere)
    })

    law(
      `[L-28] on ${name}: any user of Insider's goes by a points deletion, and no document or claim is left`,
      person,
      async ({ who, own, custom, list }) => {
        const { repository, close } = open()
        try {
          const engine = engineAt(repository, 0)
          const attributes = { ...own, list_id: list, custom }
          if (!same(await insiderOf(engine).upserting({ identifiers: who, attributes }), ['Applied'])) return false
          const claims = (await pointsOf(repository)).flatMap(claimsOf)
          const line = { type: 'USER_POINT', user_point_id: (await documents(repository))[0]?.id }
          const verdicts = await imported(engine, 'USER_POINTS_DELETION', line)
          return (
            claims.length === Object.keys(who).length &&
            same(verdicts, ['Applied']) &&
            same(await trace(repository, claims), none)
          )
        } finally {
          close()
        }
      },
      runs
    )

    law(
      `[L-28] on ${name}: any imported profile is emptied by Insider's call, and its person goes by the other`,
      person,
      async ({ own, custom, note, list, reference }) => {
        const { repository, close } = open()
        try {
          const engine = engineAt(repository, 0)
          const insider = insiderOf(engine)
          // Names of identifiers, and a `custom` that is no object, are attributes of such a person (B-07).
          const user_profile = { ...own, email: note, uuid: note, list_id: list, custom: note ?? custom }
          await imported(engine, 'USER_PROFILE', {
            operation: 'UPSERT',
            ...reference,
            force_replace: true,
            user_profile
          })
          const claims = (await pointsOf(repository)).flatMap(claimsOf)
          const insider_id = (await documents(repository))[0]?.id
          const whole = [...Object.keys(own), 'email', 'uuid', 'list_id', 'custom']
          const emptied = await insider.deleting({ insider_id, whole, custom: { whole: Object.keys(custom) } })
          const [point] = await pointsOf(repository)
          const gone = right(await insider.deleteUser({ value: { insider_id } }))
          return (
            same(emptied, ['Applied']) &&
            same(point?.profiles[0]?.properties, note === null ? { custom: {} } : {}) &&
            gone._tag === 'Applied' &&
            same(await trace(repository, claims), none)
          )
        } finally {
          close()
        }
      },
      runs
    )
  }
})

const emailHash: EmailHashing = { algorithm: 'sha256', trim: true, lowerCase: true }
const addresses = ['ada@x.y', 'Ada@x.y', 'bob@x.y', 'cy@x.y'] as const
const hashOf = (address: string): string => hashEmail(address, emailHash)

/** One act in either dialect that is about an address. */
const acts = {
  upsert: (email: string, other: string) => ({
    users: [{ identifiers: { email }, attributes: { email: other, n: 1 } }]
  }),
  upsertWithUuid: (email: string, other: string) => ({
    users: [{ identifiers: { email, uuid: other }, attributes: { n: 2 } }]
  }),
  importProfile: (email: string) => ({
    operation: 'UPSERT',
    email_hash: hashOf(email),
    force_replace: true,
    user_profile: { m: 1 }
  }),
  associate: (email: string, other: string) => ({
    identifiers: [
      { type: 'USER_EMAIL', hash: hashOf(email) },
      { type: 'USER_ACCOUNT', user_account_id: other, compartment_id: '7' }
    ]
  }),
  deleteHash: (email: string) => ({ type: 'USER_EMAIL', hash: hashOf(email) }),
  deleteAddress: (email: string) => ({ identifiers: { email } }),
  update: (email: string, other: string) => ({ old_identifier: { email }, new_identifier: { email: other } }),
  anonymise: (email: string) => ({ identifiers: { email } })
} as const

const act = fc.record({
  name: fc.constantFrom(...(Object.keys(acts) as ReadonlyArray<keyof typeof acts>)),
  email: fc.constantFrom(...addresses),
  other: fc.constantFrom(...addresses)
})

type Act = typeof act extends fc.Arbitrary<infer A> ? A : never

describe('one address, in clear and hashed', () => {
  const settings = { emailHash, identifiers: [{ name: 'email', limit: 2 }, { name: 'uuid' }] }

  const perform = async (engine: Engine<DocumentType>, { name, email, other }: Act) => {
    const insider = createInsider({ engine, settings })
    const value = acts[name](email, other)
    switch (name) {
      case 'upsert':
      case 'upsertWithUuid':
        return insider.upsertUsers({ value })
      case 'importProfile':
        return imported(engine, 'USER_PROFILE', value)
      case 'associate':
        return imported(engine, 'USER_IDENTIFIERS_ASSOCIATION_DECLARATIONS', value)
      case 'deleteHash':
        return imported(engine, 'USER_IDENTIFIERS_DELETION', value)
      case 'deleteAddress':
        return insider.deleteIdentifiers({ value })
      case 'update':
        return insider.updateIdentifier({ value })
      case 'anonymise':
        return insider.anonymiseUser({ value })
    }
  }

  /** Returns the ids that the address and its hash lead to. */
  const found = async (engine: Engine<DocumentType>, email: string) => {
    const byHash = right(await engine.find({ _tag: 'EmailHash', hash: hashOf(email) }))
    const byAddress = right(await engine.find({ _tag: 'Named', name: 'email', value: email }))
    return { byHash: byHash?.id, byAddress: byAddress?.id }
  }

  for (const { name, open, runs } of openers) {
    law(
      `[A-48] on ${name}: leads to one person after any history of both dialects, and erasing through one erases the other`,
      fc.tuple(fc.array(act, { minLength: 1, maxLength: 12 }), fc.constantFrom(...addresses), fc.boolean()),
      async ([history, email, byDocument]) => {
        const { repository, close } = open()
        try {
          const engine = engineAt(repository, 0)
          for (const each of history) {
            await perform(engine, each)
            for (const address of addresses) {
              const { byHash, byAddress } = await found(engine, address)
              if (byAddress !== undefined && byAddress !== byHash) return false
            }
          }
          const { byHash } = await found(engine, email)
          const insider = createInsider({ engine, settings })
          const shown = right(await insider.getUser({ value: { identifiers: { email }, attributes: ['n'] } }))
          if ((shown?.['attributes'] as { readonly iid: string } | undefined)?.iid !== byHash) return false
          if (byDocument) await imported(engine, 'USER_POINTS_DELETION', acts.deleteHash(email))
          else await insider.deleteUser({ value: acts.deleteAddress(email) })
          const gone = await found(engine, email)
          return gone.byHash === undefined && gone.byAddress === undefined
        } finally {
          close()
        }
      },
      runs
    )
  }

  it('[A-48] without the setting they are two people', async () => {
    const [memory] = openers
    if (memory === undefined) throw new Error('no store')
    const { repository, close } = memory.open()
    const engine = engineAt(repository, 0)
    await imported(engine, 'USER_PROFILE', acts.importProfile('ada@x.y'))
    await insiderOf(engine).upserting({ identifiers: { email: 'ada@x.y' }, attributes: {} })
    expect(await documents(repository)).toHaveLength(2)
    close()
  })
})
