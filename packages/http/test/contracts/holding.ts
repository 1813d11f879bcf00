/** Sends the requests of contracts to a server, and checks its answers. */
import { readFileSync } from 'node:fs'
import { expect } from 'vitest'
import type { Asked } from '../asking.ts'
import { type Contract, type Exchange, valueAt } from './contract.ts'

export type Send = (exchange: Omit<Exchange, 'reads'>) => Promise<Asked>

/** Sends the requests of a contract, and expects the answers that its client reads. */
export const hold = async ({ before = [], exchanges }: Contract, send: Send): Promise<void> => {
  for (const each of before) expect((await send(each)).status).toBe(200)
  for (const { status = 200, reads, lacks = [], ...sent } of exchanges) {
    const answer = await send(sent)
    expect(answer.status, answer.text).toBe(status)
    expect(answer.json).toMatchObject(reads)
    for (const path of lacks) expect(valueAt(answer.json, path), path).toBeUndefined()
  }
}

export const documentation = readFileSync(new URL('../../../../docs/http.md', import.meta.url), 'utf8')

/** Returns the rows of the table that follows a sentence of the documentation. */
export const rowsAfter = (sentence: string): ReadonlyArray<string> => {
  const [, table = ''] = documentation.split(sentence)
  return table.split('\n\n')[1]?.split('\n').slice(2) ?? []
}
