import { defaultPolicies } from '@userpoint/core'
import { decodeLine, type DocumentType, type Line } from '@userpoint/core/mediarithmics'
import { describe, expect, expectTypeOf, it } from 'vitest'

const email = { email_hash: 'h' } as const
const upsert = { operation: 'UPSERT', ...email, user_profile: { city: 'Paris' } } as const
const segment = { operation: 'UPDATE', ...email } as const
const account = { type: 'USER_ACCOUNT', user_account_id: '17' } as const

const policies = { ...defaultPolicies, defaultCompartmentId: '1' as never }

const faultsOf = (type: DocumentType, line: unknown): ReadonlyArray<string> => {
  const decoded = decodeLine(type, line, policies)
  return decoded._tag === 'Left' ? [decoded.left.code] : decoded.right.warnings.map(({ code }) => code)
}

/** Takes a line whose type is right, and returns what decoding has against it. */
const typed = <Type extends DocumentType>(type: Type, line: Line<Type>): ReadonlyArray<string> => faultsOf(type, line)

// The check `types` compiles this file, and an unused @ts-expect-error fails it.
describe('a typed line', () => {
  it('that compiles is accepted without a warning', () => {
    const accepted = [
      typed('USER_PROFILE', { ...upsert, force_replace: false, merge_objects: true }),
      typed('USER_PROFILE', { ...upsert, update_strategy: 'PARTIAL_UPDATE' }),
      typed('USER_PROFILE', {
        operation: 'UPSERT',
        user_account_id: '17',
        compartment_id: 1,
        email_hash: null,
        force_replace: true,
        user_profile: { $compartment_id: '1', $user_account_id: '17', name: { first: 'Ada' }, tags: ['a', 1, null] }
      }),
      typed('USER_PROFILE', { operation: 'DELETE', user_agent_id: 'vec:1', user_profile: { $compartment_id: 1 } }),
      typed('USER_PROFILE', { operation: 'DELETE', ...email }),
      typed('USER_CHOICE', {
        operation: 'UPSERT',
        ...email,
        force_replace: true,
        user_choice: { $processing_id: 7, $choice_ts: '1700000000000', $choice_acceptance_value: true }
      }),
      typed('USER_CHOICE', { operation: 'DELETE', ...email, user_choice: { $processing_id: '7' } }),
      typed('USER_SEGMENT', { ...segment, segment_id: 7, expiration_duration: 60, data_bag: { source: 'crm' } }),
      typed('USER_SEGMENT', { ...segment, segment_technical_name: 'vip', expiration_ts: 0 }),
      typed('USER_SEGMENT', { operation: 'DELETE', ...email, segment_id: '7' }),
      typed('USER_IDENTIFIERS_DELETION', { ...account, compartment_id: '1' }),
      typed('USER_IDENTIFIERS_DELETION', { type: 'USER_EMAIL', hash: 'h', email: 'ada@example.org' }),
      typed('USER_DEVICE_POINTS_DELETION', { type: 'USER_AGENT', user_agent_id: 'vec:1' }),
      typed('USER_POINTS_DELETION', { type: 'USER_POINT', user_point_id: 'u' }),
      typed('USER_IDENTIFIERS_ASSOCIATION_DECLARATIONS', { identifiers: [account, { type: 'USER_EMAIL', hash: 'h' }] })
    ]
    expect(accepted).toEqual(accepted.map(() => []))
  })

  it('that decoding refuses, or warns about, does not compile', () => {
    const faults = [
      // @ts-expect-error: an unknown key
      typed('USER_PROFILE', { ...upsert, force_replace: true, mergeObjects: true }),
      // @ts-expect-error: text is no boolean
      typed('USER_PROFILE', { ...upsert, force_replace: 'true' }),
      // @ts-expect-error: it does not say how to merge
      typed('USER_PROFILE', upsert),
      // @ts-expect-error: merge_objects alone is incomplete
      typed('USER_PROFILE', { ...upsert, merge_objects: true }),
      // @ts-expect-error: it says how to merge in two ways
      typed('USER_PROFILE', { ...upsert, force_replace: true, update_strategy: 'PARTIAL_UPDATE' }),
      // @ts-expect-error: no such strategy
      typed('USER_PROFILE', { ...upsert, update_strategy: 'MERGE' }),
      // @ts-expect-error: no identifier
      typed('USER_PROFILE', { operation: 'UPSERT', force_replace: true, user_profile: {} }),
      // @ts-expect-error: two identifiers
      typed('USER_PROFILE', { ...upsert, force_replace: true, user_agent_id: 'vec:1' }),
      // @ts-expect-error: a compartment without its account
      typed('USER_PROFILE', { operation: 'DELETE', compartment_id: 1, ...email }),
      // @ts-expect-error: no profile
      typed('USER_PROFILE', { operation: 'UPSERT', ...email, force_replace: true }),
      // @ts-expect-error: a Date is no JSON
      typed('USER_PROFILE', { ...upsert, force_replace: true, user_profile: { born: new Date() } }),
      // @ts-expect-error: a DELETE takes no properties
      typed('USER_PROFILE', { operation: 'DELETE', ...email, user_profile: { city: 'Paris' } }),
      // @ts-expect-error: no such operation
      typed('USER_PROFILE', { ...upsert, operation: 'UPDATE', force_replace: true }),
      // @ts-expect-error: the moment of a choice is missing
      typed('USER_CHOICE', {
        ...email,
        operation: 'UPSERT',
        force_replace: true,
        user_choice: { $processing_id: '7' }
      }),
      // @ts-expect-error: a choice says whether it replaces
      typed('USER_CHOICE', { ...email, operation: 'UPSERT', user_choice: { $processing_id: '7', $choice_ts: 1 } }),
      // @ts-expect-error: no segment
      typed('USER_SEGMENT', { ...segment, expiration_ts: 0 }),
      // @ts-expect-error: a segment's membership says when it ends
      typed('USER_SEGMENT', { ...segment, segment_id: '7' }),
      // @ts-expect-error: a segment by id and by name
      typed('USER_SEGMENT', { ...segment, segment_id: '7', segment_technical_name: 'vip', expiration_ts: 0 }),
      // @ts-expect-error: the fields of another type
      typed('USER_IDENTIFIERS_DELETION', { type: 'USER_EMAIL', user_account_id: '17' }),
      // @ts-expect-error: a person's own id is no identifier
      typed('USER_IDENTIFIERS_DELETION', { type: 'USER_POINT', user_point_id: 'u' }),
      // @ts-expect-error: only devices
      typed('USER_DEVICE_POINTS_DELETION', account),
      // @ts-expect-error: a line of another document
      typed('USER_POINTS_DELETION', { ...upsert, force_replace: true }),
      // @ts-expect-error: no identifier to associate
      typed('USER_IDENTIFIERS_ASSOCIATION_DECLARATIONS', { identifiers: [] })
    ]
    for (const each of faults) expect(each).not.toEqual([])
  })

  it('has the types of the codecs', () => {
    type Upsert = Extract<Line<'USER_PROFILE'>, { readonly operation: 'UPSERT' }>
    expectTypeOf<Upsert['force_replace']>().toEqualTypeOf<boolean | null | undefined>()
    expectTypeOf<Upsert['update_strategy']>().toEqualTypeOf<
      'FORCE_REPLACE' | 'PARTIAL_UPDATE' | 'PARTIAL_DELETE' | null | undefined
    >()
    expectTypeOf<Upsert['compartment_id']>().toEqualTypeOf<string | number | null | undefined>()
    expectTypeOf<Line<'USER_DEVICE_POINTS_DELETION'>>().toEqualTypeOf<
      { readonly type: 'USER_AGENT' } & { readonly user_agent_id: string }
    >()
  })
})
