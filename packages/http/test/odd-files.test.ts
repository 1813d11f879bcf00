import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createMemoryRepository } from '@userpoint/adapter-memory'
import { createFileSpool } from '../src/node/index.ts'
import { asking, ended, token, upload, upsertLine } from './asking.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'userpoint-odd-'))
})
afterEach(() => {
  rmSync(folder, { recursive: true, force: true })
})

const aside = (): string => readdirSync(join(folder, '.aside')).sort().join('\n')

/** Stores an upload that is not applied, as a server that stopped before; returns its path and its file. */
const waiting = async () => {
  const spool = createFileSpool(folder)
  const first = asking({ spool })
  await first.handler.stop()
  const path = await upload(first, 'USER_PROFILE', upsertLine('a', { n: [1] }))
  await spool.release()
  const [, importId = '', , id = ''] = path.split('/')
  return { path, importId, id }
}

const nextServer = async () => {
  const spool = createFileSpool(folder)
  const repository = createMemoryRepository()
  const at = asking({ spool, datamarts: { '1162': { repository }, '7': { repository: createMemoryRepository() } } })
  await at.handler.resume()
  const named = at.events.flatMap((event) => (event._tag === 'SetAside' ? [event.name] : []))
  return { at, spool, named }
}

const odd: ReadonlyArray<readonly [place: string, content: string | undefined]> = [
  ['1162/imports/damaged.json', '{"id":'],
  ['1162/imports/null.json', 'null'],
  ['1162/imports/list.json', '[]'],
  ['1162/imports/empty.json', ''],
  ['1162/imports/7.json', '{}'],
  ['1162/imports/8.json', '{"id":"8","document_type":"NONE"}'],
  ['1162/imports/a name with spaces.json', '{}'],
  ['1162/imports/folder.json', undefined],
  ['1162/imports/.DS_Store', 'x'],
  ['1162/executions/a b', undefined],
  ['1162/uploads/folder.bin', undefined],
  ['1162/keys/damaged.json', '{'],
  ['1162/notes.txt', 'x'],
  ['lost+found', undefined],
  ['README', 'x']
]

describe('an odd file in a spool of files', () => {
  it.each(odd)('%s is set aside and named, and the uploads beside it are applied', async (place, content) => {
    const { path } = await waiting()
    const target = join(folder, place)
    mkdirSync(join(target, content === undefined ? '.' : '..'), { recursive: true })
    if (content !== undefined) writeFileSync(target, content)
    const { at, spool, named } = await nextServer()
    expect(named).toEqual([place])
    expect(readdirSync(join(target, '..'))).not.toContain(place.split('/').at(-1))
    expect(aside()).toContain(place.replaceAll('/', '+'))
    expect(await ended(at, path)).toMatchObject({ status: 'SUCCEEDED', result: { total_success: 1 } })
    expect((await at.on('GET', 'document_imports')).json).toMatchObject({ total: 1 })
    await at.handler.stop()
    await spool.release()
  })

  it.each(['{', '{}', '{"id":"1"}', '[]'])('keeps the upload of an execution whose record is %s', async (text) => {
    const { importId, id } = await waiting()
    const place = join('1162', 'executions', importId, `${id}.json`)
    writeFileSync(join(folder, place), text)
    const { at, spool, named } = await nextServer()
    const uploaded = join('1162', 'uploads', `${importId}-${id}.bin`)
    expect(named).toEqual([place, uploaded])
    const kept = readdirSync(join(folder, '.aside')).find((name) => name.startsWith('1162+uploads+')) ?? ''
    expect(readFileSync(join(folder, '.aside', kept), 'utf8')).toBe(upsertLine('a', { n: [1] }))
    await at.handler.stop()
    await spool.release()
    // The next start finds nothing more.
    expect((await nextServer()).named).toEqual([])
  })

  it('that appears while the server runs is in no list', async () => {
    const { at } = await nextServer()
    await upload(at, 'USER_PROFILE', upsertLine('a', {}))
    writeFileSync(join(folder, '1162', 'imports', 'a b.json'), '{}')
    mkdirSync(join(folder, '1162', 'imports', '5.json'))
    expect((await at.on('GET', 'document_imports')).json).toMatchObject({ status: 'ok', total: 1 })
  })

  it.each(['{', '{}', '{"id":"1"}', '[]', 'null'])(
    '%s in place of a record is set aside while the server runs',
    async (text) => {
      const { at } = await nextServer()
      const [path, other] = [
        await upload(at, 'USER_PROFILE', upsertLine('a', {})),
        await upload(at, 'USER_PROFILE', '')
      ]
      await at.handler.idle()
      const [, importId = '', , id = ''] = path.split('/')
      const named = () => at.events.flatMap((event) => (event._tag === 'SetAside' ? [event.name] : []))
      const execution = join('1162', 'executions', importId, `${id}.json`)
      writeFileSync(join(folder, execution), text)
      expect((await at.on('GET', `document_imports/${importId}/executions`)).json).toMatchObject({ data: [] })
      expect((await at.on('GET', path)).status).toBe(404)
      expect(named()).toEqual([execution])
      const documentImport = join('1162', 'imports', `${importId}.json`)
      writeFileSync(join(folder, documentImport), text)
      expect((await at.on('GET', 'document_imports')).json).toMatchObject({ status: 'ok', data: [{}] })
      expect((await at.on('GET', `document_imports/${importId}`)).status).toBe(404)
      expect(named()).toEqual([execution, documentImport])
      expect(aside().split('\n')).toHaveLength(2)
      expect((await ended(at, other)).status).toBe('SUCCEEDED')
    }
  )

  it('the record of an idempotency key is set aside while the server runs', async () => {
    const { at } = await nextServer()
    const path = await upload(at, 'USER_PROFILE', upsertLine('a', {}))
    const [, importId = ''] = path.split('/')
    const key = async () => {
      const { status } = await at.ask('POST', `/v1/datamarts/1162/document_imports/${importId}/executions`, {
        headers: { authorization: token, 'content-type': 'application/x-ndjson', 'idempotency-key': 'one' },
        body: upsertLine('b', {})
      })
      return status
    }
    expect(await key()).toBe(200)
    for (const text of ['{', '{}', '[]']) {
      const [name = ''] = readdirSync(join(folder, '1162', 'keys'))
      writeFileSync(join(folder, '1162', 'keys', name), text)
      expect(await key()).toBe(200)
      expect(at.events).toContainEqual({ _tag: 'SetAside', name: join('1162', 'keys', name) })
    }
    expect(await key()).toBe(200)
    expect((await at.on('GET', `document_imports/${importId}/executions`)).json).toMatchObject({ total: 5 })
  })
})
