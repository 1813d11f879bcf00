import type { INestApplication } from '@nestjs/common'
import { Test } from '@nestjs/testing'
import fc from 'fast-check'
import { PeopleModule } from './people.module'

describe('customers', () => {
  let app: INestApplication
  let url: string

  beforeAll(async () => {
    const module = await Test.createTestingModule({ imports: [PeopleModule] }).compile()
    app = module.createNestApplication()
    await app.listen(0, '127.0.0.1')
    url = await app.getUrl()
  })
  afterAll(() => app.close())

  const send = (method: string, account: string, body?: object) =>
    fetch(`${url}/customers/${encodeURIComponent(account)}`, {
      method,
      headers: { 'content-type': 'application/json' },
      ...(body && { body: JSON.stringify(body) })
    })

  it('are found until they are erased', async () => {
    await fc.assert(
      fc.asyncProperty(fc.stringMatching(/^[0-9a-z]{1,20}$/), fc.string(), async (account, city) => {
        const answer = await send('PUT', account, { city })
        fc.pre(answer.status === 200)
        const person = await (await send('GET', account)).json()
        expect(person.profiles[0].city).toBe(city)
        await send('DELETE', account)
        expect((await send('GET', account)).status).toBe(404)
      }),
      { numRuns: 50 }
    )
  })

  it('that are wrong are refused with a code', async () => {
    const answer = await send('PUT', '17', { city: 'a\u0000b' })
    expect(answer.status).toBe(400)
    expect(await answer.json()).toMatchObject({ code: 'BAD_TEXT' })
  })
})
