/** A RabbitMQ queue that is told of every change. */
import type { ConfirmChannel } from 'amqplib'
import type { PersonChange } from 'userpoint'

/**
 * Sends changes to a queue, in their order. A change is acknowledged once the broker has confirmed that it keeps the message, so
 * none is lost. One may be sent twice: `messageId` is the same then.
 */
export const relay = async (
  changes: AsyncIterable<PersonChange>,
  channel: ConfirmChannel,
  queue: string
): Promise<void> => {
  for await (const change of changes) {
    const { id, what, userPoint, version, person, given } = change
    const message = JSON.stringify({ what, userPoint, version, person, given })
    channel.sendToQueue(queue, Buffer.from(message), { persistent: true, messageId: id, type: what })
    await channel.waitForConfirms()
    await change.acknowledge()
  }
}
