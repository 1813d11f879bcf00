/** A worker for workerd, and for every runtime whose workers are a `fetch` of requests. */
import { createMemoryRepository } from '@userpoint/adapter-memory'
import { createUserpoint, UserpointRejected } from 'userpoint'

// In memory it lasts as long as the isolate does: give a repository that reaches your database.
const people = createUserpoint({ repository: createMemoryRepository() })

const answer = async (request: Request): Promise<Response> => {
  const [, account = ''] = /^\/customers\/([^/]+)$/.exec(new URL(request.url).pathname) ?? []
  if (account === '') return Response.json({ code: 'NOT_FOUND' }, { status: 404 })
  switch (request.method) {
    case 'PUT':
      return Response.json(await people.upsert({ account }, (await request.json()) as Record<string, unknown>))
    case 'GET': {
      const person = await people.find({ account })
      return person === undefined ? Response.json({ code: 'NOT_FOUND' }, { status: 404 }) : Response.json(person)
    }
    case 'DELETE':
      return Response.json(await people.erase({ account }))
    default:
      return new Response(null, { status: 405 })
  }
}

export default {
  async fetch(request: Request): Promise<Response> {
    try {
      return await answer(request)
    } catch (error) {
      if (!(error instanceof UserpointRejected)) throw error
      return Response.json({ code: error.code, path: error.path }, { status: 400 })
    }
  }
}
