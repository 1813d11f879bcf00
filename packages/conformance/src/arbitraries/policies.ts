/** Policies: what the documents leave open, decided in every way. */
import { type Policies, recommendedBlockedValues } from '@userpoint/core'
import { parseCompartmentId } from '@userpoint/core/command'
import { suggestedHyperPointLimits } from '@userpoint/core/user-point'
import fc from 'fast-check'

/** Policies of an engine, legal and varied; among few people each of them shows. */
export const policies = (): fc.Arbitrary<Partial<Policies>> =>
  fc.record(
    {
      arrays: fc.constantFrom('concat', 'union'),
      profileDeleteScope: fc.constantFrom('key', 'all'),
      userAgentIds: fc.constantFrom('open', 'strict'),
      defaultCompartment: fc.constantFrom(parseCompartmentId(1), undefined),
      blockedValues: fc.constantFrom(['a'], recommendedBlockedValues),
      defaultStrategy: fc.constantFrom('replace', 'shallow', 'deep'),
      knownRegistries: fc.constant(['9']),
      systemVersion: fc.constantFrom('v201709', 'v202205'),
      quarantine: fc.constant({ segments: 1 }),
      hyperPoint: fc.constant({ ...suggestedHyperPointLimits, identifiers: 2 }),
      limits: fc.constant({ identifiers: 4, attachments: 3, profileBytes: 80, arrayLength: 2 })
    },
    { requiredKeys: [], noNullPrototype: true }
  )
