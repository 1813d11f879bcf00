import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { createCollector, createFolder, type Folder, parseLines, upsert, userpoint } from './program.ts'

let folder: Folder
let place: ReadonlyArray<string>

beforeEach(() => {
  folder = createFolder()
  const config = folder.write('config.json', JSON.stringify({ feed: { state: 'on' } }))
  place = ['--store', `sqlite:${folder.path('userpoint.db')}`, '--config', config]
})
afterEach(() => folder.remove())

const run = async (type: string, ...lines: ReadonlyArray<unknown>): Promise<void> => {
  const file = folder.writeLines('lines.ndjson', lines)
  expect(await userpoint(['import', file, '--type', type, '--execution', type, ...place])).toMatchObject({ code: 0 })
}

const changes = async (...more: ReadonlyArray<string>) => {
  const named = more.length > 0 ? more : ['--consumer', 'mail']
  const { code, stdout } = await userpoint(['changes', ...named, ...place])
  expect(code).toBe(0)
  return parseLines(stdout)
}

it('prints everybody, then what changed, and each change once', async () => {
  await run('USER_PROFILE', upsert('hash-1', { n: 1 }), upsert('hash-2', { n: 2 }))
  expect(await changes()).toMatchObject([
    { what: 'present', person: { profiles: [{ n: 1 }] } },
    { what: 'present', person: { profiles: [{ n: 2 }] } }
  ])
  expect(await changes()).toEqual([])
  await run('USER_POINTS_DELETION', { type: 'USER_EMAIL', hash: 'hash-1' })
  const [erased, ...others] = await changes()
  expect(others).toEqual([])
  expect(erased).toMatchObject({
    what: 'erased',
    version: 2,
    execution: 'USER_POINTS_DELETION',
    line: 1,
    identifiers_given_back: [{ type: 'USER_EMAIL', hash: 'hash-1' }]
  })
  expect(erased).not.toHaveProperty('person')
})

it('forgets a consumer, who then begins anew', async () => {
  await run('USER_PROFILE', upsert('hash-1', { n: 1 }))
  await changes()
  const forgotten = await userpoint(['changes', '--consumer', 'mail', '--forget', ...place])
  expect(forgotten).toMatchObject({ code: 0, stdout: 'forgotten\n' })
  expect(await changes()).toMatchObject([{ what: 'present' }])
})

it('does not forget a consumer that is unknown, or that it should read for', async () => {
  await run('USER_PROFILE', upsert('hash-1', { n: 1 }))
  await changes()
  const forget = (...more: ReadonlyArray<string>) => userpoint(['changes', '--forget', ...more, ...place])
  expect(await forget('--consumer', 'other')).toMatchObject({
    code: 4,
    stdout: '',
    stderr: 'userpoint: the consumer is unknown\n'
  })
  for (const more of [['--follow'], ['--webhook', 'http://127.0.0.1:1/hook']])
    expect(await forget('--consumer', 'mail', ...more)).toMatchObject({ code: 2, stdout: '' })
  expect(await changes()).toEqual([])
})

it('[L-42] a sweep drops what every consumer has, and not before', async () => {
  const sweep = async () =>
    JSON.parse((await userpoint(['sweep', '--json', ...place])).stdout) as Readonly<Record<string, unknown>>
  await run('USER_PROFILE', upsert('hash-1', { n: 1 }))
  await changes('--consumer', 'other')
  await changes()
  // Both began behind the entry of the import.
  expect(await sweep()).toMatchObject({ feed_entries_dropped: 1 })
  await run('USER_POINTS_DELETION', { type: 'USER_EMAIL', hash: 'hash-1' })
  expect(await sweep()).not.toHaveProperty('feed_entries_dropped')
  await changes('--consumer', 'other')
  expect(await sweep()).not.toHaveProperty('feed_entries_dropped')
  await userpoint(['changes', '--consumer', 'mail', '--forget', ...place])
  expect(await sweep()).toMatchObject({ feed_entries_dropped: 1 })
})

it.each([[[]], [['--follow']]])('[L-42] refuses to read if the settings have the feed off, with %j', async (more) => {
  await run('USER_PROFILE', upsert('hash-1', { n: 1 }))
  const off = folder.write('off.json', JSON.stringify({ feed: { keptHours: 1 } }))
  for (const config of [[], ['--config', off]]) {
    const { code, stdout, stderr } = await userpoint([
      'changes',
      '--consumer',
      'mail',
      ...more,
      ...place.slice(0, 2),
      ...config
    ])
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
    expect(stderr).toContain('(FEED_OFF)')
  }
  // A consumer that is no longer wanted can be forgotten all the same.
  await changes()
  expect(await userpoint(['changes', '--consumer', 'mail', '--forget', ...place.slice(0, 2)])).toMatchObject({
    code: 0
  })
})

it('waits for more with --follow until a signal comes', async () => {
  await run('USER_PROFILE', upsert('hash-1', { n: 1 }))
  const stdout = createCollector()
  const followed = await userpoint(['changes', '--consumer', 'mail', '--follow', ...place], {
    stdout,
    onListen: (stop) => {
      const watch = setInterval(() => {
        if (stdout.text() === '') return
        clearInterval(watch)
        stop('SIGTERM')
      }, 1)
    }
  })
  expect(followed.code).toBe(0)
  expect(parseLines(followed.stdout)).toMatchObject([{ what: 'present' }])
})

it('ends with the code of a signal that stopped it, and says so', async () => {
  await run('USER_PROFILE', upsert('hash-1', { n: 1 }))
  const stopped = await userpoint(['changes', '--consumer', 'mail', ...place], { onListen: (stop) => stop('SIGTERM') })
  expect(stopped).toMatchObject({ code: 143, stdout: '', stderr: 'userpoint: stopped by SIGTERM\n' })
})

describe('--webhook', () => {
  const secret = `whsec_${Buffer.from('a secret of the receiver').toString('base64')}`
  afterEach(() => vi.unstubAllEnvs())

  const sending = async (status: number, ...more: ReadonlyArray<string>) => {
    const bodies: string[] = []
    const server = createServer((request, response) => {
      request.on('data', (piece) => bodies.push(String(piece)))
      request.on('end', () => response.writeHead(status).end())
    })
    await once(server.listen(0, '127.0.0.1'), 'listening')
    const { port } = server.address() as AddressInfo
    const url = `http://127.0.0.1:${port}/hook`
    const ended = await userpoint(['changes', '--consumer', 'hook', '--webhook', url, ...more, ...place])
    server.close()
    return { ...ended, bodies: bodies.map((body) => JSON.parse(body) as unknown) }
  }

  it('sends the changes with the secret of the environment, and ends with a code if the receiver is gone', async () => {
    await run('USER_PROFILE', upsert('hash-1', { n: 1 }))
    expect(await sending(204)).toMatchObject({ code: 2, bodies: [] })
    vi.stubEnv('USERPOINT_WEBHOOK_SECRET', secret)
    const gone = await sending(410)
    expect(gone).toMatchObject({ code: 1, stdout: '' })
    expect(gone.stderr).toContain('(WEBHOOK_GONE)')
    expect(await sending(204)).toMatchObject({
      code: 0,
      stdout: '1 change sent\n',
      bodies: [{ type: 'person.present', data: { person: { profiles: [{ n: 1 }] } } }]
    })
    vi.stubEnv('USERPOINT_WEBHOOK_SECRET', 'short')
    const refused = await sending(204)
    expect(refused.code).toBe(2)
    expect(refused.stderr).not.toContain('short')
  })
})

it('refuses a consumer that is named twice, so that none is told what another one wanted', async () => {
  await run('USER_PROFILE', upsert('hash-1', { n: 1 }))
  const { code, stdout } = await userpoint(['changes', '--consumer', 'a', '--consumer', 'b', ...place])
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
})

it('refuses a name that no consumer may have', async () => {
  await run('USER_PROFILE', upsert('hash-1', { n: 1 }))
  const { code, stderr } = await userpoint(['changes', '--consumer', 'a b', ...place])
  expect(code).toBe(2)
  expect(stderr).toContain('a consumer is named by 1 to 64 letters')
})
