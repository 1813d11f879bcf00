import { createHash } from 'node:crypto'
import { createMemoryRepository, createMemoryStore } from '@userpoint/adapter-memory'
import { verifyExport } from '@userpoint/core/receipts'
import type { Repository } from '@userpoint/core/repository'
import { describe, expect, it } from 'vitest'
import { createMemorySpool } from '../src/index.ts'
import { asking, type Asking, ended, otherToken, upload, upsertLine } from './asking.ts'

const erasureKey = new Uint8Array(32).fill(7)
/** A handler whose datamart 1162 has a key, and 7 has none. */
const withKey = (): Asking =>
  asking({
    datamarts: {
      '1162': { repository: createMemoryRepository(), partner: 'mybrand', erasureKey },
      '7': { repository: createMemoryRepository(), partner: 'other' }
    }
  })

const put = (at: Asking, hash: string) =>
  at.on('PUT', `user_points/email_hash=${hash}/user_profiles/compartment_id=0`, { city: 'Lund' })
const erase = (at: Asking, hash: string, query = '') => at.on('DELETE', `user_points/email_hash=${hash}${query}`)

describe('[L-37] a suppression over HTTP', () => {
  it('keeps a person away in both dialects, until it is lifted', async () => {
    const at = withKey()
    await put(at, 'a')
    expect((await erase(at, 'a', '?suppress=true')).json).toMatchObject({ data: { verdict: 'applied' } })
    const again = await put(at, 'a')
    expect([again.status, again.json['error']]).toEqual([400, expect.stringMatching(/^SUPPRESSED: /)])
    await at.call('POST', 'delete', { identifiers: { email: 'x@y.z' } })
    const lifted = await at.on('DELETE', 'suppressions/email_hash=a')
    expect([lifted.status, lifted.json['data']]).toEqual([200, { verdict: 'applied' }])
    expect((await at.on('DELETE', 'suppressions/email_hash=a')).status).toBe(404)
    expect((await put(at, 'a')).status).toBe(200)
  })

  it('suppresses an identifier of which no person is known', async () => {
    const at = withKey()
    expect((await erase(at, 'x', '?suppress=true')).status).toBe(200)
    expect((await put(at, 'x')).status).toBe(400)
  })

  it.each([
    ['DELETE', 'user_points/email_hash=a?suppress=yes', 400],
    ['DELETE', 'suppressions/some-id', 400],
    ['DELETE', 'suppressions/user_agent_id=udp:1', 400],
    ['GET', 'receipts/0', 404],
    ['GET', 'receipts/1', 404],
    ['GET', 'receipts/one', 404],
    ['GET', 'receipts?max_results=x', 400],
    ['GET', 'suppressions?first_result=x', 400],
    ['POST', 'suppressions', 405]
  ])('answers %s %s with %i', async (method, path, status) => {
    expect((await withKey().on(method, path)).status).toBe(status)
  })

  it('erases no person if a parameter is misspelt or given twice', async () => {
    const at = withKey()
    await put(at, 'a')
    for (const [query, error] of [
      ['?supress=true', 'the query parameter supress is unknown'],
      ['?suppress=true&suppress=false', 'the query parameter suppress is given twice'],
      ['?suppress=true&a%20person=x', 'the query parameter is unknown'],
      ['?Suppress=true', 'the query parameter Suppress is unknown']
    ] as const) {
      const { status, json } = await erase(at, 'a', query)
      expect([status, json]).toEqual([
        400,
        { status: 'error', error, error_id: expect.any(String), error_code: 'BAD_REQUEST' }
      ])
    }
    expect((await at.on('GET', 'user_points/email_hash=a')).status).toBe(200)
    expect((await erase(at, 'a', '?sup%70ress=true')).status).toBe(200)
    expect((await put(at, 'a')).status).toBe(400)
  })

  it.each([
    ['GET', 'suppressions'],
    ['DELETE', 'suppressions/email_hash=a'],
    ['GET', 'user_points/email_hash=a/access'],
    ['GET', 'receipts'],
    ['GET', 'receipts/head'],
    ['GET', 'receipts/1'],
    ['GET', 'changes'],
    ['DELETE', 'changes']
  ])('refuses an unknown parameter of %s %s', async (method, path) => {
    const { status, json } = await withKey().on(method, `${path}?limit=secret`)
    expect([status, json['error']]).toEqual([400, 'the query parameter limit is unknown'])
  })

  it('needs the key, and the token of the datamart', async () => {
    const [keyless, at] = [asking(), withKey()]
    await put(keyless, 'a')
    const refused = await erase(keyless, 'a', '?suppress=true')
    expect([refused.status, refused.json['error']]).toEqual([400, expect.stringMatching(/^NO_SUPPRESSION: /)])
    for (const [method, path] of [
      ['GET', 'receipts'],
      ['GET', 'receipts/head'],
      ['GET', 'receipts/1'],
      ['GET', 'suppressions'],
      ['DELETE', 'suppressions/email_hash=a'],
      ['GET', 'user_points/email_hash=a/access']
    ] as const) {
      if (!path.startsWith('user')) expect([path, (await keyless.on(method, path)).status]).toEqual([path, 404])
      const place = `/v1/datamarts/1162/${path}`
      expect([path, (await at.ask(method, place)).status]).toEqual([path, 401])
      expect([path, (await at.ask(method, place, { headers: { authorization: otherToken } })).status]).toEqual([
        path,
        403
      ])
    }
  })
})

/** Reads the list of suppressions in pages of two. */
const suppressed = async (at: Asking): Promise<ReadonlyArray<unknown>> => {
  const all: unknown[] = []
  for (;;) {
    const { json } = await at.on('GET', `suppressions?first_result=${all.length}&max_results=2`)
    const { data, count, total } = json as { data: ReadonlyArray<unknown>; count: number; total: number }
    expect(count).toBe(data.length)
    all.push(...data)
    if (all.length >= total || count === 0) return all
  }
}

describe('[L-37] the list of suppressions over HTTP', () => {
  it('has each suppression once, in pages, until it is lifted, and tells no identifier', async () => {
    const at = withKey()
    expect((await at.on('GET', 'suppressions')).json).toMatchObject({ data: [], count: 0, total: 0 })
    const hashes = ['pam@secret', 'quin@secret', 'ron@secret', 'sue@secret', 'tom@secret']
    for (const hash of hashes) await erase(at, hash, '?suppress=true')
    const listed = await suppressed(at)
    expect(listed).toEqual(
      hashes.map(() => ({ claim: expect.stringMatching(/^keyed:/), since_ts: expect.any(Number) }))
    )
    expect(new Set(listed.map((each) => JSON.stringify(each))).size).toBe(5)
    expect(JSON.stringify(listed)).not.toContain('secret')
    expect((await at.on('GET', 'suppressions')).json).toMatchObject({ data: listed, total: 5, max_results: 50 })
    expect((await at.on('GET', 'suppressions?first_result=9')).json).toMatchObject({ data: [], total: 5 })
    expect((await at.on('GET', 'suppressions?max_results=0')).json).toMatchObject({ data: [], total: 5 })
    await at.on('DELETE', 'suppressions/email_hash=quin%40secret')
    expect(await suppressed(at)).toEqual(listed.filter((_, index) => index !== 1))
  })

  it('is 503 while the store cannot be read', async () => {
    const repository = createMemoryRepository()
    const failing: Repository = {
      ...repository,
      scan: () => {
        throw new Error('of pam@secret')
      }
    }
    const at = asking({
      datamarts: { '1162': { repository: failing, erasureKey }, '7': { repository: createMemoryRepository() } }
    })
    const { status, json } = await at.on('GET', 'suppressions')
    expect([status, json['error_code'], json['error']]).toEqual([503, 'STORE_FAILED', 'the store failed'])
  })
})

describe('[L-38] receipts over HTTP', () => {
  it('are pages of the chain, which verify with its head', async () => {
    const at = withKey()
    for (const hash of ['a', 'b', 'c', 'd', 'e']) {
      await put(at, hash)
      await erase(at, hash)
      // A purge seals.
      if (hash !== 'd') await at.handler.stop()
    }
    const head = (await at.on('GET', 'receipts/head')).json['data'] as { entries: number; hash: string }
    const lines: unknown[] = []
    for (let from = 0; from < head.entries; from += 2) {
      const { json } = await at.on('GET', `receipts?first_result=${from}&max_results=2`)
      expect(json).toMatchObject({ total: head.entries, first_result: from, max_results: 2 })
      lines.push(...(json['data'] as ReadonlyArray<unknown>))
    }
    expect(lines).toHaveLength(head.entries)
    expect(head.entries).toBe(5)
    const text = [...lines, { head: { ...head, at: 0 }, unsealed: 0 }].map((line) => JSON.stringify(line))
    const digest = (each: string) => createHash('sha256').update(each).digest('hex')
    expect((await verifyExport(text, { digest })).flaw).toBeUndefined()
    for (const [index, line] of lines.entries())
      expect((await at.on('GET', `receipts/${index + 1}`)).json['data']).toEqual(line)
    expect((await at.on('GET', `receipts/${lines.length + 1}`)).status).toBe(404)
    expect((await at.on('GET', 'receipts?first_result=99')).json).toMatchObject({ data: [], total: 5 })
  })
})

describe('[L-37] two servers on one store', () => {
  it('let no upload to the one bring back who is suppressed through the other', async () => {
    const store = createMemoryStore()
    const server = (): Asking =>
      asking({
        datamarts: {
          '1162': { repository: createMemoryRepository(store), erasureKey },
          '7': { repository: createMemoryRepository() }
        },
        spool: createMemorySpool()
      })
    const [one, other] = [server(), server()]
    const hashes = Array.from({ length: 40 }, (_, n) => `h${n}`)
    const lines = Array.from({ length: 10 }, () =>
      hashes.map((hash) => upsertLine(hash, { city: 'Lund' })).join('')
    ).join('')
    const uploaded = upload(one, 'USER_PROFILE', lines)
    for (const hash of hashes) expect((await erase(other, hash, '?suppress=true')).status).toBe(200)
    await ended(one, await uploaded)
    for (const hash of hashes) {
      expect([hash, (await one.on('GET', `user_points/email_hash=${hash}`)).status]).toEqual([hash, 404])
      expect((await put(one, hash)).status).toBe(400)
    }
    expect((await one.on('DELETE', 'suppressions/email_hash=h0')).status).toBe(200)
    expect((await put(other, 'h0')).status).toBe(200)
  })
})

describe('the access file over HTTP', () => {
  it('has everything about one person', async () => {
    const at = withKey()
    await put(at, 'a')
    expect((await at.on('GET', 'user_points/email_hash=a/access')).json['data']).toMatchObject({
      format: 'userpoint-access',
      identifiers: [{ type: 'email_hash', value: 'a' }],
      profiles: [{ properties: { city: 'Lund' } }]
    })
    expect((await at.on('GET', 'user_points/email_hash=b/access')).status).toBe(404)
  })
})
