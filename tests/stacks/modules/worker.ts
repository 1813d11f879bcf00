import service from './embed-in-a-worker.js'
import { main } from './program.js'

const send = async (method: string, body?: string): Promise<string> => {
  const request = new Request('http://shop/customers/17', { method, ...(body !== undefined && { body }) })
  const answer = await service.fetch(request)
  return `${method} ${answer.status}`
}

export default {
  async test(): Promise<void> {
    console.log(await main())
    const said = [await send('PUT', '{"city":"Paris"}'), await send('GET'), await send('DELETE'), await send('GET')]
    console.log(said.join(', '))
  }
}
