/** Commands of every kind, as `engine.execute` takes them. */
import type { Command, Named } from '@userpoint/core/command'
import fc from 'fast-check'
import { intentAmong } from './intent.ts'
import { commandOf } from './line.ts'
import { patch } from './patch.ts'
import { attribute, claimedOf, type People, userPoint } from './people.ts'

type IdOf<A> = A extends { readonly _tag: 'UserPoint'; readonly id: infer Id } ? Id : never
type UserPointId = IdOf<Extract<Command, { readonly _tag: 'DeleteUserPoint' }>['reference']>

/**
 * Generates commands of any kind: of lines, of Insider's calls, and of the library alone. A command is legal under
 * the default policies; where it names a device point or a user point, these may be there or not.
 */
export const command = (people: People = 'few'): fc.Arbitrary<Command> => {
  const named = attribute(people).map((who) => claimedOf(who) as Named)
  const id = userPoint().map(({ point }) => point as UserPointId)
  const key = fc.constant({ compartment: '0' } as Extract<Command, { readonly _tag: 'UpsertUser' }>['key'])
  return fc.oneof(
    { weight: 12, arbitrary: fc.tuple(intentAmong(people), fc.nat(9)).map((some) => commandOf(...some)) },
    {
      weight: 3,
      arbitrary: fc.record({
        _tag: fc.constant('UpsertUser'),
        userPoint: fc.option(id, { nil: undefined, freq: 9 }),
        identifiers: fc.uniqueArray(named, { minLength: 1, maxLength: 3, selector: ({ name }) => name }),
        limits: fc.constantFrom(new Map(), new Map([['uuid', 1]])),
        key,
        patch: patch()
      })
    },
    {
      weight: 1,
      arbitrary: fc.record({
        _tag: fc.constant('DeleteNamedIdentifiers'),
        identifiers: fc.tuple(named),
        onConflict: fc.constantFrom('Reject', 'First')
      })
    },
    {
      weight: 1,
      arbitrary: fc
        .record({ _tag: fc.constant('ReplaceIdentifier'), from: named, to: named })
        .filter(({ from, to }) => from.name === to.name && from.value !== to.value)
    },
    { weight: 1, arbitrary: fc.record({ _tag: fc.constant('CollectUserPoint'), id }) }
  )
}
