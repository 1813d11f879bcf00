import { describe, expect, it } from 'vitest'
import { admitPartner } from '../../../src/dialects/insider/access.ts'
import { createEngine } from '../../../src/engine/engine.ts'
import { createInsider } from '../../../src/dialects/insider/insider.ts'
import type { Repository } from '../../../src/repository/repository.ts'

const knows = (partner: string, token: string) => (partner === 'mybrand' ? token === 'secret' : undefined)

const answer = (partner: string | undefined, token: string | undefined): string => {
  const admitted = admitPartner({ partner, token }, knows)
  return admitted._tag === 'Right' ? admitted.right : admitted.left.code
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

  it('[B-23] under a name, whatever the embedder knows', () => {
    for (const partner of [undefined, '', 'MyBrand', 'mybranD']) {
      expect(admitPartner({ partner, token: 'secret' }, () => true)).toMatchObject({
        left: { code: 'PARTNER_INVALID' }
      })
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
    expect(admitPartner({ partner: 'mybrand', token: undefined }, () => true)._tag).toBe('Left')
  })
})

describe('a request on several users', () => {
  it('[B-21] is answered with a verdict for each, counts, and errors by key', async () => {
    const repository: Repository = {
      manifest: { name: 'empty', durable: false, concurrent: false },
      load: (references) => references.map(() => undefined),
      commit: () => ({ _tag: 'Committed' }),
      scan: () => []
    }
    const engine = createEngine({ repository, clock: () => 0, newId: () => 'none' })
    const users = [{ identifiers: { email: 'a@b.c' }, whole: ['name'] }, { whole: ['name'] }]
    expect(await createInsider({ engine }).deleteAttributes({ value: { users } })()).toEqual({
      _tag: 'Right',
      right: {
        verdicts: [{ _tag: 'NoOp', reason: 'NOT_FOUND' }, expect.objectContaining({ _tag: 'Rejected' })],
        successful: { count: 1 },
        fail: {
          count: 1,
          errors: {
            'users.1.identifiers.required': ['either insider_id or idenifiers must be specified'],
            'users.1.insider_id.required': ['either insider_id or idenifiers must be specified']
          }
        }
      }
    })
  })
})

describe('the rate of requests', () => {
  it('[B-24] is asked for once by upserts and deletions of attributes alike, before any work', async () => {
    const asked: string[] = []
    const untouched = new Proxy({} as Repository, {
      get: () => {
        throw new Error('the store was touched')
      }
    })
    const engine = createEngine({ repository: untouched, clock: () => 0, newId: () => 'none' })
    const limiter = {
      take: (partner: string) => {
        asked.push(partner)
        return Promise.resolve(false)
      }
    }
    const insider = createInsider({ engine, rate: { partner: 'mybrand', limiter } })
    const body = { value: { users: [{ identifiers: { email: 'a@b.c' }, whole: ['name'], attributes: {} }] } }
    for (const call of [insider.deleteAttributes, insider.upsertUsers]) {
      expect(await call(body)()).toMatchObject({ _tag: 'Left', left: { code: 'TOO_MANY_REQUESTS' } })
    }
    expect(asked).toEqual(['mybrand', 'mybrand'])
  })
})
