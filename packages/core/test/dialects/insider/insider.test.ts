import { describe, expect, it } from 'vitest'
import { createInsider } from '../../../src/dialects/insider/insider.ts'
import { createEngine } from '../../../src/engine/engine.ts'
import type { Repository } from '../../../src/repository/repository.ts'

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
    expect(await createInsider({ engine }).deleteAttributes({ value: { users } })).toEqual({
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
        },
        warnings: {}
      }
    })
  })
})
