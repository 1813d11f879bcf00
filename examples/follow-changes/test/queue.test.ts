/** The relay on a RabbitMQ server: no change is lost, and one that is sent twice has one id. */
import { randomUUID } from 'node:crypto'
import { createMemoryRepository } from '@userpoint/adapter-memory'
import { type ChannelModel, type ConfirmChannel, connect } from 'amqplib'
import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import { createUserpoint, type PersonChange } from 'userpoint'
import { relay } from '../src/queue.ts'

const queue = `userpoint_test_${randomUUID()}`
let connection: ChannelModel
let channel: ConfirmChannel

beforeAll(async () => {
  connection = await connect(inject('rabbitmq'))
  channel = await connection.createConfirmChannel()
  await channel.assertQueue(queue, { durable: true, expires: 60_000 })
})
afterAll(async () => {
  await channel?.deleteQueue(queue)
  await connection?.close()
})

const received = async () => {
  const messages: Array<{ id: unknown; what: string; version: number }> = []
  for (;;) {
    const message = await channel.get(queue, { noAck: true })
    if (message === false) return messages
    const { what, version } = JSON.parse(message.content.toString()) as { what: string; version: number }
    messages.push({ id: message.properties.messageId, what, version })
  }
}

/** Changes whose third acknowledgement comes too late, because the process is killed after the broker has the message. */
async function* killed(changes: AsyncIterable<PersonChange>): AsyncGenerator<PersonChange, void, undefined> {
  let count = 0
  for await (const change of changes) {
    if (++count < 3) yield change
    else yield { ...change, acknowledge: () => Promise.reject(new Error('killed')) }
  }
}

test('every change arrives, in order', async () => {
  const repository = createMemoryRepository()
  const people = createUserpoint({ repository, settings: { feed: { state: 'on' } }, purge: 'manual' })
  await people.upsert({ account: '1' }, { city: 'Paris' })
  const changes = () => people.changes({ consumer: 'queue', atEnd: 'stop' })
  await relay(changes(), channel, queue)
  await people.upsert({ account: '1' }, { city: 'Lyon' })
  await people.upsert({ account: '2' }, { city: 'Paris' })
  await people.associate({ account: '1' }, { account: '2' })
  await people.erase({ account: '1' })
  await expect(relay(killed(changes()), channel, queue)).rejects.toThrow('killed')
  await relay(changes(), channel, queue)
  const messages = await received()
  expect(messages.map(({ what, version }) => [what, version])).toEqual([
    ['present', 1],
    ['changed', 2],
    ['created', 1],
    ['merged', 3],
    ['merged', 3],
    ['erased', 4]
  ])
  expect(new Set(messages.map(({ id }) => id)).size).toBe(5)
  await people.close()
})
