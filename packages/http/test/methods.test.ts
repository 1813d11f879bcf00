import { describe, expect, it, vi } from 'vitest'
import { createMemorySpool, openApiDocument } from '../src/index.ts'
import { asking, ended, token, upload, upsertLine } from './asking.ts'

const paths = Object.entries(openApiDocument.paths as Record<string, Record<string, { responses?: object }>>).map(
  ([path, operations]) => {
    const methods = Object.entries(operations).flatMap(([method, { responses }]) =>
      responses === undefined ? [] : [method.toUpperCase()]
    )
    return [path.replaceAll(/\{[^}]+\}/g, '1'), methods] as const
  }
)

const allowed = (headers: Headers): ReadonlyArray<string> => (headers.get('allow') ?? '').split(', ')

describe('methods, as RFC 9110 says', () => {
  it.each(paths)('OPTIONS and unknown methods of %s name those that it has', async (path, methods) => {
    const at = asking()
    const options = await at.ask('OPTIONS', path)
    expect([options.status, options.text]).toEqual([204, ''])
    expect(allowed(options.headers)).toEqual(expect.arrayContaining([...methods, 'OPTIONS']))
    expect(allowed(options.headers).includes('HEAD')).toBe(allowed(options.headers).includes('GET'))
    const all = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'PROPFIND', 'HEAD']
    for (const method of all.filter((each) => !allowed(options.headers).includes(each))) {
      const refused = await at.ask(method, path)
      expect([method, refused.status, refused.headers.get('allow')]).toEqual([
        method,
        405,
        options.headers.get('allow')
      ])
    }
  })

  it.each(['/', '/nothing', '/v1', '/v1/datamarts/1162/nothing', '/api/user/v1/nothing'])(
    'OPTIONS and GET of %s are 404',
    async (path) => {
      for (const method of ['OPTIONS', 'GET', 'HEAD']) {
        const { status, headers } = await asking().ask(method, path)
        expect([status, headers.get('allow')]).toEqual([404, null])
      }
    }
  )

  it('HEAD has the status and the headers of GET, no body, and reads no file', async () => {
    let open = 0
    const inner = createMemorySpool()
    const spool = {
      ...inner,
      async *read(key: ReadonlyArray<string>) {
        open++
        try {
          yield* inner.read(key)
          yield* inner.read(key)
        } finally {
          open--
        }
      }
    }
    const at = asking({ spool })
    const path = await upload(at, 'USER_PROFILE', `${upsertLine('a', {})}{"operation":"x"}\n`)
    await ended(at, path)
    for (const place of [
      '/healthz',
      '/openapi.json',
      `/v1/datamarts/1162/${path}`,
      `/v1/datamarts/1162/${path}/errors`
    ]) {
      const headers = { authorization: token }
      const [head, get] = [await at.ask('HEAD', place, { headers }), await at.ask('GET', place, { headers })]
      expect([head.status, head.text]).toEqual([get.status, ''])
      expect(head.headers.get('content-type')).toBe(get.headers.get('content-type'))
    }
    await vi.waitFor(() => expect(open).toBe(0), 30_000)
  })

  it('401 says how to authenticate, and the name of a scheme may have any case', async () => {
    const at = asking()
    for (const headers of [{}, { authorization: 'wrong' }, { authorization: 'Bearer' }] as ReadonlyArray<
      Record<string, string>
    >) {
      const refused = await at.ask('GET', '/v1/datamarts/1162', { headers })
      expect([refused.status, refused.headers.get('www-authenticate')]).toEqual([401, 'Bearer realm="userpoint"'])
    }
    for (const before of ['', 'Bearer ', 'bearer ', 'BEARER  ', 'api:', 'API:'])
      expect((await at.ask('GET', '/v1/datamarts/1162', { headers: { authorization: before + token } })).status).toBe(
        200
      )
  })
})
