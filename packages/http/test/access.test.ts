import { describe, expect, it } from 'vitest'
import { admitPartner } from '../src/insider/access.ts'

const knows = (partner: string, token: string) => (partner === 'mybrand' ? token === 'secret' : undefined)

const answer = (partner: string | undefined, token: string | undefined): string => {
  const admitted = admitPartner({ partner, token }, knows)
  return typeof admitted === 'string' ? admitted : admitted.code
}

describe('a request is admitted', () => {
  it('[B-22] with its partner\u2019s token, and denied with another or none', () => {
    expect(answer('mybrand', 'secret')).toBe('mybrand')
    expect(answer('mybrand', 'other')).toBe('ACCESS_DENIED')
    expect(answer('mybrand', undefined)).toBe('ACCESS_DENIED')
    expect(answer('mybrand', '')).toBe('ACCESS_DENIED')
  })

  it('[B-23] under a name in lower case only, which is never folded', () => {
    expect(answer('MyBrand', 'secret')).toBe('PARTNER_INVALID')
    expect(answer('MYBRAND', 'secret')).toBe('PARTNER_INVALID')
    expect(answer('another', 'secret')).toBe('PARTNER_INVALID')
    expect(answer('', 'secret')).toBe('PARTNER_INVALID')
    expect(answer(undefined, 'secret')).toBe('PARTNER_INVALID')
  })

  it('[B-23] for a missing or wrong name, even if `knows` accepts it', () => {
    for (const partner of [undefined, '', 'MyBrand', 'mybranD']) {
      expect(admitPartner({ partner, token: 'secret' }, () => true)).toMatchObject({ code: 'PARTNER_INVALID' })
    }
  })

  it('[B-22] with what was said, and with an empty text where there is no token', () => {
    const asked: unknown[] = []
    for (const token of ['secret', undefined]) {
      admitPartner({ partner: 'mybrand', token }, (...credentials) => asked.push(credentials) > 0)
    }
    expect(asked).toEqual([
      ['mybrand', 'secret'],
      ['mybrand', '']
    ])
  })

  it('[B-22] with a missing token even where the embedder would accept an empty one', () => {
    expect(admitPartner({ partner: 'mybrand', token: undefined }, () => true)).toMatchObject({ code: 'ACCESS_DENIED' })
  })
})
