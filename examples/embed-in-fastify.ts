/** A Fastify service that keeps its customers with userpoint: it records, looks up and erases people. */
import { createMemoryRepository } from '@userpoint/adapter-memory'
import { fastify } from 'fastify'
import { createUserpoint, UserpointRejected } from 'userpoint'

const people = createUserpoint({ repository: createMemoryRepository() })
const app = fastify()

app.setErrorHandler((error, _, reply) => {
  if (error instanceof UserpointRejected) return reply.code(400).send({ code: error.code, path: error.path })
  throw error
})

app.put<{ Params: { account: string }; Body: Record<string, unknown> }>('/customers/:account', ({ params, body }) =>
  people.upsert({ account: params.account }, body)
)

app.get<{ Params: { account: string } }>('/customers/:account', async ({ params }, reply) => {
  const person = await people.find({ account: params.account })
  return person ?? reply.code(404).send({ code: 'NOT_FOUND' })
})

app.delete<{ Params: { account: string } }>('/customers/:account', ({ params }) =>
  people.erase({ account: params.account })
)

const put = await app.inject({ method: 'PUT', url: '/customers/17', payload: { city: 'Paris' } })
console.log(put.json().outcome) // => applied
const wrong = await app.inject({ method: 'PUT', url: '/customers/17', payload: { city: 'a\u0000b' } })
console.log(wrong.statusCode, wrong.json().code) // => 400 BAD_TEXT
const found = await app.inject({ method: 'GET', url: '/customers/17' })
console.log(found.json().profiles[0].city) // => Paris
const erased = await app.inject({ method: 'DELETE', url: '/customers/17' })
console.log(erased.json().outcome) // => applied
const gone = await app.inject({ method: 'GET', url: '/customers/17' })
console.log(gone.statusCode) // => 404
await app.close()
await people.close()
