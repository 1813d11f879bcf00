import { createMemoryRepository } from '@userpoint/adapter-memory'
import { describe, expect, it } from 'vitest'
import { sha256Of } from '../../src/index.ts'
import { asking, otherToken, token } from '../asking.ts'
import { documentation, hold, rowsAfter, type Send } from './holding.ts'
import { insiderContracts, insiderRefusals } from './insider-contracts.ts'

const identity = {
  identifiers: [
    { name: 'email' },
    { name: 'phone_number' },
    { name: 'uuid' },
    { name: 'segment_anonymous_id', custom: true },
    { name: 'code', custom: true }
  ]
}

const opened = (): Send => {
  const repository = createMemoryRepository()
  const { ask } = asking({
    datamarts: { '1162': { repository, partner: 'mybrand', identity }, '7': { repository: createMemoryRepository() } },
    tokens: [
      { sha256: sha256Of(token), datamart: '1162' },
      { sha256: sha256Of(otherToken), datamart: '7' }
    ]
  })
  const headers = { 'x-partner-name': 'mybrand', 'x-request-token': token, 'content-type': 'application/json' }
  return async ({ method, path, body }) => ask(method, path, { headers, body: JSON.stringify(body) })
}

describe('what public clients of Insider rely on', () => {
  it.each(insiderContracts.map((contract) => [contract.name, contract.source, contract] as const))(
    '%s (%s)',
    async (_, __, contract) => hold(contract, opened())
  )
})

describe('what is answered otherwise', () => {
  it.each(insiderRefusals.map((contract) => [contract.name, contract.source, contract] as const))(
    '%s (%s)',
    async (_, __, contract) => {
      await hold(contract, opened())
      expect(documentation).toContain(`| ${contract.documented}`)
    }
  )

  it('is everything that the page lists', () => {
    const rows = rowsAfter('These calls of public clients are not answered as their senders expect:')
    expect(rows).toHaveLength(insiderRefusals.length)
  })
})
