import fc from 'fast-check'
import { describe } from 'vitest'
import { type CompartmentId, parseCompartmentId } from '../../src/domain/compartment.ts'
import { type Claimed, claimOf } from '../../src/domain/identifier.ts'
import { isIdentifierText } from '../../src/domain/text.ts'
import { parseUserAgentId } from '../../src/domain/user-agent-id.ts'
import { nfc, nfd } from '@userpoint/conformance/arbitraries'
import { law } from './law.ts'
import { same } from './predicates.ts'

// Texts made of the very pieces that claims are made of, so that two ways to cut one text are found.
const piece = fc.constantFrom(
  ':',
  '0',
  '1',
  'a',
  'account',
  'agent',
  'email_hash',
  'udp:',
  'vec:',
  '0:a',
  '1:',
  nfc,
  nfd,
  '__proto__',
  ' ',
  '\n'
)
const text = fc
  .array(piece, { minLength: 1, maxLength: 4 })
  .map((pieces) => pieces.join(''))
  .filter(isIdentifierText)

const agentOf = (id: string): Claimed | undefined => {
  const parsed = parseUserAgentId(id, 'open')
  if (parsed === undefined) return undefined
  return parsed._tag === 'DevicePoint' ? parsed : { _tag: 'Agent', id: parsed.id }
}

const claimed: fc.Arbitrary<Claimed> = fc.oneof(
  fc.tuple(fc.constantFrom<string | number>(0, '0', '00', 1, '01', '10', 1000), text).map(
    ([compartment, accountId]): Claimed => ({
      _tag: 'Account',
      compartment: parseCompartmentId(compartment) as CompartmentId,
      accountId
    })
  ),
  text.map((hash): Claimed => ({ _tag: 'EmailHash', hash })),
  fc
    .tuple(fc.constantFrom('udp:', 'vec:', 'mum:', 'net:1:', 'account:'), text)
    .map(([scheme, rest]) => agentOf(scheme + rest))
    .filter((each) => each !== undefined)
)

describe('claims', () => {
  law(
    '[L-20] two identifiers have one claim exactly when they are the same',
    fc.tuple(claimed, claimed, fc.boolean()),
    ([a, b, twin]) => {
      const other = twin ? structuredClone(a) : b
      return (claimOf(a) === claimOf(other)) === same(a, other)
    },
    5_000
  )

  law(
    '[L-20] a claim of any identifier has a length that a store must accept',
    fc.tuple(fc.constantFrom('9'.repeat(40), 0), fc.constantFrom('x'.repeat(512), '\u{1f600}'.repeat(256))),
    ([compartment, accountId]) =>
      claimOf({ _tag: 'Account', compartment: parseCompartmentId(compartment) as CompartmentId, accountId }).length <=
      1_100,
    8
  )
})
