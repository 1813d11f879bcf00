/** A shop with tables of its own. userpoint keeps its customers, on the pool that the shop has already. */
import { createPostgresRepository } from '@userpoint/adapter-postgres'
import { type FastifyInstance, fastify } from 'fastify'
import type { Pool } from 'pg'
import { createUserpoint, UserpointFailed, UserpointRejected } from 'userpoint'

const store = { schema: 'people' }

type OfAccount = { readonly Params: { readonly account: string } }

export const createService = async (pool: Pool): Promise<FastifyInstance> => {
  const people = createUserpoint({ repository: await createPostgresRepository(pool, store), purge: 'manual' })
  await pool.query('create table if not exists erasure (account text, at timestamptz not null default now())')

  /** Erases a customer and writes it down, both or neither. */
  const erase = async (account: string) => {
    const client = await pool.connect()
    try {
      await client.query('begin')
      const inside = createUserpoint({ repository: createPostgresRepository.within(client, store) })
      const done = await inside.erase({ account })
      if (done.outcome === 'applied') await client.query('insert into erasure (account) values ($1)', [account])
      await client.query('commit')
      return done
    } catch (error) {
      await client.query('rollback')
      throw error
    } finally {
      client.release()
    }
  }

  const app = fastify()
  app.setErrorHandler((error, _, reply) => {
    if (error instanceof UserpointRejected) return reply.code(400).send({ code: error.code, path: error.path })
    if (error instanceof UserpointFailed) return reply.code(503).send({ code: error.code })
    throw error
  })
  app.put<OfAccount & { readonly Body: Record<string, unknown> }>('/customers/:account', ({ params, body }) =>
    people.upsert({ account: params.account }, body)
  )
  app.get<OfAccount>('/customers/:account', async ({ params }, reply) => {
    const person = await people.find({ account: params.account })
    return person ?? reply.code(404).send({ code: 'NOT_FOUND' })
  })
  app.delete<OfAccount>('/customers/:account', ({ params }) => erase(params.account))
  app.addHook('onClose', () => people.close())
  return app
}
