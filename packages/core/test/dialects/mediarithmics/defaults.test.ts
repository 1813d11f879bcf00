import { describe, expect, it } from 'vitest'
import { defaultBounds } from '../../../src/command/decode-line.ts'
import { requestRejectionMessages } from '../../../src/dialects/insider/request.ts'
import { defaultIdentitySettings } from '../../../src/dialects/insider/settings.ts'
import { defaultPolicies } from '../../../src/command/policies.ts'
import { rejectionMessages } from '../../../src/command/rejection.ts'

describe('the defaults', () => {
  it('[A-02, A-07, A-11, A-12, A-22, A-30, A-36, A-39, A-46, A-50, L-37] of policies are those of the documentation', () => {
    expect(defaultPolicies).toStrictEqual({
      arrays: 'concat',
      defaultCompartment: '0',
      profileDeleteScope: 'key',
      profileMerge: 'byProperty',
      userAgentIds: 'open',
      userPointIds: 'any',
      knownCompartments: undefined,
      knownRegistries: undefined,
      blockedValues: [],
      defaultStrategy: undefined,
      systemVersion: undefined,
      quarantine: undefined,
      hyperPoint: undefined,
      limits: undefined,
      suppression: 'none'
    })
  })

  it('[B-01, B-03, B-09, B-10, B-12, B-16, B-25, B-28, B-35] of identity settings are those of the documentation', () => {
    expect(defaultIdentitySettings).toStrictEqual({
      identifiers: [{ name: 'email' }, { name: 'phone_number' }, { name: 'uuid' }],
      blockedValues: [],
      onConflict: 'reject',
      emptiedArray: 'keep',
      partialOnScalar: 'warn',
      singleValue: 'reject',
      numericIdentifiers: 'reject',
      listAttribute: 'list_id',
      emailHash: undefined,
      personal: [
        { name: 'email' },
        { name: 'phone_number' },
        { name: 'name' },
        { name: 'surname' },
        { name: 'birthday' },
        { name: 'gender' },
        { name: 'age' },
        { name: 'country' },
        { name: 'city' }
      ]
    })
  })

  it('of bounds are a mebi of characters and 100 levels', () => {
    expect(defaultBounds).toStrictEqual({ maxLineLength: 1_048_576, maxDepth: 100 })
  })
})

describe('messages', () => {
  it.each([...Object.entries(rejectionMessages), ...Object.entries(requestRejectionMessages)])(
    'say in words what %s means: %s',
    (_, message) => {
      expect(message).toMatch(/\w \w/)
    }
  )

  it('no two codes of a line say the same', () => {
    expect(new Set(Object.values(rejectionMessages)).size).toBe(Object.keys(rejectionMessages).length)
  })
})
