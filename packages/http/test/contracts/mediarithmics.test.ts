import { createMemoryRepository } from '@userpoint/adapter-memory'
import { describe, expect, it } from 'vitest'
import { sha256Of } from '../../src/index.ts'
import { asking, token } from '../asking.ts'
import { documentation, hold, rowsAfter, type Send } from './holding.ts'
import { mediarithmicsContracts, mediarithmicsRefusals } from './mediarithmics-contracts.ts'

const opened = (): Send => {
  const policies = { defaultCompartment: '1000' } as never
  const { ask } = asking({
    datamarts: { '1162': { repository: createMemoryRepository(), policies } },
    tokens: [{ sha256: sha256Of(token), datamart: '1162' }],
    clock: () => 1_764_450_000_000
  })
  return async ({ method, path, body }) =>
    ask(method, path, {
      headers: { authorization: `api:${token}`, 'content-type': 'application/json' },
      ...(body !== undefined && { body: JSON.stringify(body) })
    })
}

describe('what public clients of mediarithmics rely on', () => {
  it.each(mediarithmicsContracts.map((contract) => [contract.name, contract.source, contract] as const))(
    '%s (%s)',
    async (_, __, contract) => hold(contract, opened())
  )
})

describe('what is answered otherwise', () => {
  it.each(mediarithmicsRefusals.map((contract) => [contract.name, contract.source, contract] as const))(
    '%s (%s)',
    async (_, __, contract) => {
      await hold(contract, opened())
      expect(documentation).toContain(`| ${contract.documented}`)
    }
  )

  it('is everything that the page lists', () => {
    const rows = rowsAfter('This call of public clients is not answered as its senders expect:')
    expect(rows).toHaveLength(mediarithmicsRefusals.length)
  })
})
