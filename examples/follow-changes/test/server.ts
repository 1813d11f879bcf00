/** Tells the tests where RabbitMQ is: `AMQP_URL`, or the server on this machine. */
import type { TestProject } from 'vitest/node'

declare module 'vitest' {
  export interface ProvidedContext {
    rabbitmq: string
  }
}

export const setup = ({ provide }: TestProject): void => {
  const given = process.env['AMQP_URL'] ?? ''
  provide('rabbitmq', given === '' ? 'amqp://127.0.0.1:5672' : given)
}
