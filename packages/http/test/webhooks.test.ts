/** Webhooks: signatures, retries, and a cursor that moves only after the receiver has a change. */
import { createServer, type IncomingMessage, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createMemoryRepository } from '@userpoint/adapter-memory'
import { createEngine } from '@userpoint/core'
import { mediarithmics } from '@userpoint/core/mediarithmics'
import { Webhook } from 'standardwebhooks'
import { v7 } from 'uuid'
import { afterEach, describe, expect, it } from 'vitest'
import { sendChanges, type WebhookOptions } from '../src/webhooks/index.ts'

const secret = `whsec_${Buffer.from('a secret of the receiver, 32 b.!').toString('base64')}`

const servers: Server[] = []
afterEach(() => {
  for (const server of servers.splice(0)) server.close()
})

const bodyOf = async (request: IncomingMessage): Promise<string> => {
  let text = ''
  for await (const piece of request) text += String(piece)
  return text
}

interface Message {
  readonly id: string
  readonly type: string
  readonly data: { readonly user_point_id: string; readonly version: number; readonly what: string }
}

/** Starts a receiver that verifies each message, and answers with these statuses in turn, and then with 204. */
const receiving = async (...statuses: ReadonlyArray<number>) => {
  const messages: Message[] = []
  const answers = [...statuses]
  const webhook = new Webhook(secret)
  const server = createServer((request, response) => {
    void bodyOf(request).then((body) => {
      const message = webhook.verify(body, request.headers as Record<string, string>) as Omit<Message, 'id'>
      messages.push({ id: String(request.headers['webhook-id']), ...message })
      const status = answers.shift() ?? 204
      if (status === 0) return response.destroy()
      response.writeHead(status, status === 302 ? { location: '/other' } : { 'retry-after': '7' })
      return response.end(status === 204 ? undefined : 'an answer')
    })
  })
  servers.push(server)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`, messages }
}

const people = () => {
  const repository = createMemoryRepository()
  const engine = createEngine({
    dialect: mediarithmics,
    repository,
    clock: Date.now,
    newId: v7,
    feed: 'on',
    purge: 'manual'
  })
  const run = async (hash: string, n: number) => {
    const line = { operation: 'UPSERT', email_hash: hash, force_replace: true, user_profile: { n } }
    expect(await engine.runOne('USER_PROFILE', line)).toMatchObject({ _tag: 'Right' })
  }
  const waits: number[] = []
  const send = (options: Partial<WebhookOptions> & Pick<WebhookOptions, 'url'>) =>
    sendChanges(engine.changes({ consumer: 'hook', atEnd: 'stop' }), {
      secret,
      sleep: async (milliseconds) => {
        waits.push(milliseconds)
      },
      ...options
    })
  return { engine, run, send, waits }
}

describe('webhooks', () => {
  it('[L-42] arrive in order, signed, and once if the receiver takes them', async () => {
    const { url, messages } = await receiving()
    const { run, send, engine } = people()
    await run('a', 1)
    expect(await send({ url })).toBe(1)
    await run('a', 2)
    await engine.execute([{ _tag: 'DeleteUserPoint', reference: { _tag: 'EmailHash', hash: 'a' } }])
    expect(await send({ url })).toBe(2)
    expect(await send({ url })).toBe(0)
    expect(messages.map(({ type, data }) => [type, data.version])).toEqual([
      ['person.present', 1],
      ['person.changed', 2],
      ['person.erased', 3]
    ])
  })

  it('are sent again, with the same id, until the receiver takes them', async () => {
    const { url, messages } = await receiving(500, 0, 302, 429)
    const { run, send, waits } = people()
    await run('a', 1)
    expect(await send({ url })).toBe(1)
    expect(new Set(messages.map(({ id }) => id)).size).toBe(1)
    expect(messages).toHaveLength(5)
    // The receiver asks for seven seconds; a broken connection asks for nothing.
    expect(waits).toEqual([7_000, 2_000, 4_000, 8_000])
  })

  it('are not acknowledged unless the receiver takes them, and end with a code', async () => {
    const { url, messages } = await receiving(204, 500, 500, 500)
    const { run, send } = people()
    await run('a', 1)
    await run('b', 1)
    await expect(send({ url, attempts: 3 })).rejects.toMatchObject({ code: 'WEBHOOK_FAILED', status: 500 })
    expect(await send({ url })).toBe(1)
    expect(messages.map(({ id }) => id)).toEqual([messages[0]?.id, ...Array.from({ length: 4 }, () => messages[1]?.id)])
  })

  it('end at once for a receiver that is gone, and without an answer', async () => {
    const { url, messages } = await receiving(410)
    const { run, send } = people()
    await run('a', 1)
    await expect(send({ url })).rejects.toMatchObject({ code: 'WEBHOOK_GONE' })
    expect(messages).toHaveLength(1)
    const silent = async () => {
      throw new TypeError('fetch failed')
    }
    const failed = send({ url, attempts: 2, fetch: silent })
    await expect(failed).rejects.toMatchObject({ code: 'WEBHOOK_FAILED', status: undefined })
  })

  it('end at the signal between two attempts', async () => {
    const { url } = await receiving(500, 500)
    const { run, send } = people()
    await run('a', 1)
    const controller = new AbortController()
    const sleep = async () => controller.abort()
    expect(await send({ url, signal: controller.signal, sleep })).toBe(0)
    expect(await send({ url })).toBe(1)
  })

  it.each([1, 8])('end at the signal within one of %i attempts, and send that change again', async (attempts) => {
    const { url, messages } = await receiving()
    const { run, send } = people()
    await run('a', 1)
    const controller = new AbortController()
    const silent = createServer(() => controller.abort())
    servers.push(silent)
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve))
    const { port } = silent.address() as AddressInfo
    expect(await send({ url: `http://127.0.0.1:${port}/hook`, attempts, signal: controller.signal })).toBe(0)
    expect(await send({ url })).toBe(1)
    expect(messages).toHaveLength(1)
  })

  it.each([
    ['an address', { url: 'ftp://example.org' }],
    ['an address with a user', { url: 'http://a:b@example.org' }],
    ['a secret', { url: 'http://example.org', secret: 'whsec_short' }]
  ])('refuse %s of another shape, without repeating it', async (_, options) => {
    const { send } = people()
    const message = await send(options).catch((error: Error) => error.message)
    expect(message).toMatch(/^(url|secret) must be/)
    expect(message).not.toContain('short')
  })

  it.each([
    [24, true],
    [64, true],
    [23, false],
    [65, false]
  ])('take a secret of %i bytes: %s', async (bytes, taken) => {
    const { run, send } = people()
    await run('a', 1)
    const fetch = async () => new Response(null, { status: 204 })
    const sent = send({
      url: 'http://example.org',
      fetch,
      secret: `whsec_${Buffer.alloc(bytes, 'x').toString('base64')}`
    })
    if (taken) await expect(sent).resolves.toBe(1)
    else await expect(sent).rejects.toThrow('24 to 64 bytes')
  })

  it.each([
    ['half a byte', 'A'.repeat(33)],
    ['padding that is too short', `${'A'.repeat(34)}=`],
    ['padding of nothing', `${'A'.repeat(32)}==`]
  ])('refuse a secret with %s', async (_, key) => {
    await expect(people().send({ url: 'http://example.org', secret: `whsec_${key}` })).rejects.toThrow('24 to 64')
  })
})
