/** The changes of a datamart as Server-Sent Events. */
import { createMemoryRepository } from '@userpoint/adapter-memory'
import type { Repository } from '@userpoint/core/repository'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { sha256Of } from '../src/index.ts'
import { type Asking, asking, otherToken, token } from './asking.ts'

const path = '/v1/datamarts/1162/changes'

const opened = (state: 'on' | 'off' = 'on'): Asking => {
  const repository = createMemoryRepository()
  return asking({
    datamarts: { '1162': { repository, feed: { state } }, '7': { repository: createMemoryRepository() } },
    tokens: [
      { sha256: sha256Of(token), datamart: '1162' },
      { sha256: sha256Of(otherToken), datamart: '7' }
    ]
  })
}

const put = ({ on }: Asking, hash: string, n: number) =>
  on('PUT', `user_points/email_hash=${hash}/user_profiles/compartment_id=0`, { n })

interface Told {
  readonly id: string | undefined
  readonly event: string | undefined
  readonly data: Record<string, unknown>
}

const ask = ({ handler }: Asking, { query = '?consumer=mail', after }: { query?: string; after?: string } = {}) => {
  const headers = { authorization: token, ...(after !== undefined && { 'last-event-id': after }) }
  return handler(new Request(`http://localhost${path}${query}`, { headers }))
}

/** Follows the changes as an `EventSource` does. */
const follow = async (at: Asking, asked?: Parameters<typeof ask>[1]) => {
  const response = await ask(at, asked)
  const reader = response.body?.getReader()
  let text = ''
  /** Returns the next event; `undefined`: the stream has ended. */
  const next = async (): Promise<Told | undefined> => {
    for (;;) {
      const end = text.indexOf('\n\n')
      if (end === -1) {
        const piece = await reader?.read()
        if (piece?.value === undefined) return undefined
        text += new TextDecoder().decode(piece.value)
        continue
      }
      const fields = new Map(
        text
          .slice(0, end)
          .split('\n')
          .map((line) => line.split(/: (.*)/s) as [string, string])
      )
      text = text.slice(end + 2)
      const data = fields.get('data')
      if (data !== undefined)
        return { id: fields.get('id'), event: fields.get('event'), data: JSON.parse(data) as Told['data'] }
    }
  }
  return { response, next, leave: () => reader?.cancel() }
}

const countOf = async (repository: Repository, kind: string): Promise<number> => {
  let count = 0
  for await (const _ of repository.scan(kind)) count++
  return count
}

afterEach(() => vi.useRealTimers())

describe('the stream of changes', () => {
  it('[L-42] begins with everybody, then tells what changes, and continues after the last event that its reader had', async () => {
    const at = opened()
    await put(at, 'a', 1)
    const first = await follow(at)
    expect(first.response.headers.get('content-type')).toBe('text/event-stream')
    const present = await first.next()
    expect(present).toMatchObject({ event: undefined, data: { what: 'present', person: { profiles: [{ n: 1 }] } } })
    await put(at, 'b', 2)
    const created = await first.next()
    expect(created?.data).toMatchObject({ what: 'created', person: { profiles: [{ n: 2 }] } })
    await put(at, 'a', 3)
    expect((await first.next())?.data).toMatchObject({ what: 'changed', paths: [['profiles', '0', 'n']] })
    await first.leave()
    // The last event was on its way when the reader went.
    const second = await follow(at, { after: created?.id ?? '' })
    expect((await second.next())?.data).toMatchObject({ what: 'changed', version: 2 })
    await second.leave()
    await at.handler.stop()
  })

  it('takes an empty Last-Event-ID as none, and names the header if it is wrong', async () => {
    const at = opened()
    await put(at, 'a', 1)
    const first = await follow(at, { after: '' })
    expect((await first.next())?.data).toMatchObject({ what: 'present' })
    await first.leave()
    const wrong = await at.ask('GET', `${path}?consumer=mail`, {
      headers: { authorization: token, 'last-event-id': 'no place' }
    })
    expect([wrong.status, wrong.json.error]).toEqual([400, 'Last-Event-ID must be the place of a change'])
  })

  it('tells an earlier reader that another one has taken over', async () => {
    const at = opened()
    const old = await follow(at)
    const fresh = await follow(at)
    expect(await old.next()).toMatchObject({ event: 'fault', id: undefined, data: { code: 'CONSUMER_TAKEN' } })
    expect(await old.next()).toBeUndefined()
    await fresh.leave()
  })

  it('ends with the handler, and sends something while nothing happens', async () => {
    vi.useFakeTimers()
    const at = opened()
    const reader = (await ask(at)).body?.getReader()
    const read = async () => new TextDecoder().decode((await reader?.read())?.value)
    expect(await read()).toBe('retry: 1000\n\n')
    const beat = read()
    await vi.advanceTimersByTimeAsync(15_000)
    expect(await beat).toBe(': waiting\n\n')
    const last = reader?.read()
    await at.handler.stop()
    await vi.advanceTimersByTimeAsync(2_000)
    expect(await last).toMatchObject({ done: true })
  })

  it('cuts a reader off that does not read on', async () => {
    vi.useFakeTimers()
    const at = opened()
    await put(at, 'a', 1)
    const { body } = await ask(at)
    await vi.advanceTimersByTimeAsync(300_000)
    await expect(body?.getReader().read()).rejects.toThrow('does not read on')
  })

  it('is refused without the token of the datamart, without a feed, and beyond the bound', async () => {
    const at = opened()
    const status = async (query: string, headers: Record<string, string> = { authorization: token }) => {
      const { status: code, json } = await at.ask('GET', path + query, { headers })
      const head = await at.ask('HEAD', path + query, { headers })
      expect([head.status, head.text]).toEqual([code, ''])
      return [code, json.error_code]
    }
    expect(await status('?consumer=a', {})).toEqual([401, 'UNAUTHORIZED'])
    expect(await status('?consumer=a', { authorization: otherToken })).toEqual([403, 'FORBIDDEN'])
    expect(await status('')).toEqual([400, 'BAD_REQUEST'])
    expect(await status('?consumer=a%20b')).toEqual([400, 'BAD_REQUEST'])
    expect(await status('?consumer=a&beginning=x')).toEqual([400, 'BAD_REQUEST'])
    expect(await status('?consumer=a', { authorization: token, 'last-event-id': '{' })).toEqual([400, 'BAD_REQUEST'])
    const head = await at.ask('HEAD', `${path}?consumer=a`, { headers: { authorization: token } })
    expect([head.status, head.headers.get('content-type')]).toEqual([200, 'text/event-stream'])
    const off = opened('off')
    expect((await off.on('GET', 'changes?consumer=a')).json.error_code).toBe('FEED_OFF')
    const streams = []
    for (let n = 0; n < 16; n++) streams.push(await follow(at, { query: `?consumer=c${n}` }))
    expect(await status('?consumer=a')).toEqual([429, 'TOO_MANY_REQUESTS'])
    await streams[0]?.leave()
    const again = await follow(at, { query: '?consumer=a' })
    expect(again.response.status).toBe(200)
    for (const each of [...streams, again]) await each.leave()
  })

  it('is gone for a consumer that lost changes, until it is forgotten', async () => {
    const repository = createMemoryRepository()
    let now = 1_000
    const at = asking({
      datamarts: { '1162': { repository, feed: { state: 'on', keptHours: 1 } } },
      tokens: [{ sha256: sha256Of(token), datamart: '1162' }],
      clock: () => now
    })
    const first = await follow(at)
    await first.leave()
    await put(at, 'a', 1)
    now += 2 * 3_600_000
    // A server drops what is too old when it starts, and then each hour.
    await at.handler.resume()
    await vi.waitFor(async () => expect(await countOf(repository, 'change')).toBe(0), 30_000)
    const lost = await at.on('GET', 'changes?consumer=mail')
    expect([lost.status, lost.json.error_code]).toEqual([410, 'CHANGES_LOST'])
    expect((await at.on('DELETE', 'changes?consumer=mail')).json.data).toEqual({ consumer: 'mail' })
    expect((await at.on('DELETE', 'changes?consumer=mail')).status).toBe(404)
    const anew = await follow(at)
    expect((await anew.next())?.data).toMatchObject({ what: 'present' })
    await anew.leave()
    await at.handler.stop()
  })
})
