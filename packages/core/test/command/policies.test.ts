import { describe, expect, it } from 'vitest'
import { isBlocked, recommendedBlockedValues } from '../../src/command/blocked-values.ts'
import { defaultPolicies, isSystemVersion, policiesFrom } from '../../src/command/policies.ts'
import { createEngine } from '../../src/engine/engine.ts'
import { countingRuntime, fakeRepository } from '../engine/fake-repository.ts'

describe('policies', () => {
  it('have their defaults', () => {
    expect(policiesFrom()).toEqual(defaultPolicies)
    expect(policiesFrom({ arrays: 'union' })).toEqual({ ...defaultPolicies, arrays: 'union' })
  })

  it.each(['v201709', 'v202205', 'v999999'])('[A-36] take the system version %s', (systemVersion) => {
    expect(isSystemVersion(systemVersion)).toBe(true)
    expect(policiesFrom({ systemVersion })).toMatchObject({ systemVersion })
  })

  it.each(['', '202205', 'v2022', 'V202205', 'v2022051', ' v202205', 'v20220a', 'latest'])(
    '[A-36] refuse what is no system version when they are set: %j',
    (systemVersion) => {
      expect(() => policiesFrom({ systemVersion })).toThrow(TypeError)
      const options = { repository: fakeRepository({}), ...countingRuntime(), policies: { systemVersion } }
      expect(() => createEngine(options)).toThrow(TypeError)
    }
  )
})

describe('blocked values', () => {
  it('[A-46] are none unless they are listed', () => {
    expect(['', ' ', 'null'].map((text) => isBlocked(text, defaultPolicies.blockedValues))).toEqual([
      false,
      false,
      false
    ])
  })

  it('[A-46] are compared without case and white space around them', () => {
    const values = ['', 'N/A', ' x ']
    for (const text of ['', ' ', '\t\n', '\u00a0', 'n/a', ' N/a', 'X']) expect(isBlocked(text, values)).toBe(true)
    for (const text of ['n / a', 'na', 'x x', '0']) expect(isBlocked(text, values)).toBe(false)
  })

  it('[A-46] are recommended for what programs write where they know nothing', () => {
    const hashOfNothing = 'E3B0C44298FC1C149AFBF4C8996FB92427AE41E4649B934CA495991B7852B855'
    for (const text of ['undefined', 'NULL', '0', ' ', '[object Object]', 'None', hashOfNothing])
      expect(isBlocked(text, recommendedBlockedValues), text).toBe(true)
    for (const text of ['ada', '00', '1', 'nullable', hashOfNothing.slice(1)])
      expect(isBlocked(text, recommendedBlockedValues), text).toBe(false)
  })
})
