import { readFileSync } from 'node:fs'
import { createMemoryRepository } from '@userpoint/adapter-memory'
import { describe, expect, it } from 'vitest'
import { sha256Of } from '../../src/index.ts'
import { asking, otherToken, token } from '../asking.ts'
import { type Contract, type Exchange, valueAt } from './contract.ts'
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

const opened = () => {
  const repository = createMemoryRepository()
  const { ask } = asking({
    datamarts: { '1162': { repository, partner: 'mybrand', identity }, '7': { repository: createMemoryRepository() } },
    tokens: [
      { sha256: sha256Of(token), datamart: '1162' },
      { sha256: sha256Of(otherToken), datamart: '7' }
    ]
  })
  const headers = { 'x-partner-name': 'mybrand', 'x-request-token': token, 'content-type': 'application/json' }
  return async ({ method, path, body }: Omit<Exchange, 'reads'>) =>
    ask(method, path, { headers, body: JSON.stringify(body) })
}

const hold = async ({ before = [], exchanges }: Contract): Promise<void> => {
  const send = opened()
  for (const each of before) expect((await send(each)).status).toBe(200)
  for (const { status = 200, reads, lacks = [], ...sent } of exchanges) {
    const answer = await send(sent)
    expect(answer.status, answer.text).toBe(status)
    expect(answer.json).toMatchObject(reads)
    for (const path of lacks) expect(valueAt(answer.json, path), path).toBeUndefined()
  }
}

describe('what public clients of Insider rely on', () => {
  it.each(insiderContracts.map((contract) => [contract.name, contract.source, contract] as const))(
    '%s (%s)',
    async (_, __, contract) => hold(contract)
  )
})

describe('what is answered otherwise', () => {
  const page = readFileSync(new URL('../../../../docs/http.md', import.meta.url), 'utf8')

  it.each(insiderRefusals.map((contract) => [contract.name, contract.source, contract] as const))(
    '%s (%s)',
    async (_, __, contract) => {
      await hold(contract)
      expect(page).toContain(`| ${contract.documented}`)
    }
  )

  it('is everything that the page lists', () => {
    const [, table = ''] = page.split('These calls of public clients are not answered as their senders expect:')
    const rows = table.split('\n\n')[1]?.split('\n').slice(2) ?? []
    expect(rows).toHaveLength(insiderRefusals.length)
  })
})
