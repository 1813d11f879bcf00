import { rmSync } from 'node:fs'
import { mkdtempSync, readdirSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setImmediate } from 'node:timers/promises'
import { createMemoryRepository } from '@userpoint/adapter-memory'
import type { Repository } from '@userpoint/core/repository'
import { describe, expect, it, vi } from 'vitest'
import { createMemorySpool, sha256Of, type Spool } from '../src/index.ts'
import { createFileSpool } from '../src/node/index.ts'
import { type Asking, asking, token } from './asking.ts'

const ready = async ({ ask }: Asking) => {
  const { status, json } = await ask('GET', '/readyz')
  return [status, json] as const
}

const notReady = (...reasons: ReadonlyArray<string>) => [503, { status: 'not_ready', reasons }]

const over = (load: Repository['load']): Partial<Parameters<typeof asking>[0]> => ({
  datamarts: {
    '1162': { repository: { ...createMemoryRepository(), load } },
    '7': { repository: createMemoryRepository() }
  }
})

const never = new Promise<never>(() => undefined)

describe('/readyz', () => {
  it('is 503 before the server has resumed and once it stops, and /healthz is not', async () => {
    const at = asking()
    expect(await ready(at)).toEqual(notReady('STARTING'))
    await at.handler.resume()
    expect(await ready(at)).toEqual([200, { status: 'ready' }])
    await at.handler.stop()
    expect(await ready(at)).toEqual(notReady('STOPPING'))
    expect((await at.ask('GET', '/healthz')).status).toBe(200)
  })

  it('is 503 if the store fails, throwing or rejecting, and 200 when it is back', async () => {
    for (const fail of [
      (): never => {
        throw new Error('down')
      },
      async (): Promise<never> => Promise.reject(new Error('down'))
    ]) {
      let isDown = true
      const inner = createMemoryRepository()
      const at = asking(over((references) => (isDown ? fail() : inner.load(references))))
      await at.handler.resume()
      expect(await ready(at)).toEqual(notReady('STORE_FAILED'))
      isDown = false
      expect(await ready(at)).toEqual([200, { status: 'ready' }])
    }
  })

  it('is 503 if the key of the server is not that of the store, and the log says why', async () => {
    const repository = createMemoryRepository()
    const at = (erasureKey?: Uint8Array) =>
      asking({
        datamarts: { '1162': { repository, ...(erasureKey && { erasureKey }) } },
        tokens: [{ sha256: sha256Of(token), datamart: '1162' }]
      })
    const [right, wrong] = [new Uint8Array(32).fill(1), new Uint8Array(32).fill(2)]
    const first = at(right)
    await first.handler.resume()
    expect(await ready(first)).toEqual([200, { status: 'ready' }])
    const profile = 'user_points/email_hash=a/user_profiles/compartment_id=0'
    expect((await first.on('PUT', profile, { a: 1 })).status).toBe(200)
    for (const [key, code] of [
      [wrong, 'OTHER_KEY'],
      [undefined, 'KEYED_CLAIMS']
    ] as const) {
      const other = at(key)
      await other.handler.resume()
      expect(await ready(other)).toEqual(notReady('STORE_FAILED'))
      expect(other.events).toContainEqual({
        _tag: 'StoreFault',
        datamart: '1162',
        call: 'load',
        error: `StoreFault ${code}`
      })
    }
  })

  it('is 503 within a bound if the store or the spool is silent, and asks a silent one no second time', async () => {
    let asked = 0
    const load = () => {
      asked++
      return never
    }
    const at = asking({ ...over(load), spool: { ...createMemorySpool(), probe: () => never } })
    await at.handler.resume()
    asked = 0
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    try {
      let answered = 0
      const answers = Array.from({ length: 3 }, async () => {
        const answer = await ready(at)
        answered++
        return answer
      })
      while (vi.getTimerCount() < 6) await setImmediate()
      await vi.advanceTimersByTimeAsync(1_999)
      expect(answered).toBe(0)
      await vi.advanceTimersByTimeAsync(1)
      for (const answer of await Promise.all(answers)) expect(answer).toEqual(notReady('STORE_SILENT', 'SPOOL_SILENT'))
    } finally {
      vi.useRealTimers()
    }
    expect(asked).toBe(1)
  })

  it('is 503 if the spool keeps nothing, or belongs to another server', async () => {
    const spool: Spool = { ...createMemorySpool(), probe: async () => Promise.reject(new Error('the disk is full')) }
    const full = asking({ spool })
    await full.handler.resume()
    expect(await ready(full)).toEqual(notReady('SPOOL_FAILED'))

    const folder = mkdtempSync(join(tmpdir(), 'userpoint-ready-'))
    const own = createFileSpool(folder)
    const at = asking({ spool: own })
    await at.handler.resume()
    expect(await ready(at)).toEqual([200, { status: 'ready' }])
    expect(readdirSync(join(folder, '.owner'))).toEqual(['1'])
    writeFileSync(join(folder, '.owner', '2'), '{}')
    expect(await ready(at)).toEqual(notReady('SPOOL_LOST'))
    const created = await at.on('POST', 'document_imports', {
      document_type: 'USER_PROFILE',
      mime_type: 'APPLICATION_X_NDJSON',
      encoding: 'utf-8',
      name: 'x'
    })
    expect([created.status, created.json.error_code]).toEqual([503, 'SPOOL_LOST'])
    rmSync(folder, { recursive: true, force: true })
  })
})
