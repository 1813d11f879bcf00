import { afterEach, beforeEach, expect, it } from 'vitest'
import { createFolder, type Folder, parseLines, upsert, userpoint } from './program.ts'

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
  const { code, stdout } = await userpoint(['changes', '--consumer', 'mail', ...more, ...place])
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

it('waits for more with --follow until a signal comes', async () => {
  await run('USER_PROFILE', upsert('hash-1', { n: 1 }))
  const followed = await userpoint(['changes', '--consumer', 'mail', '--follow', ...place], {
    onListen: (stop) => setTimeout(() => stop('SIGTERM'), 1_500)
  })
  expect(followed.code).toBe(0)
  expect(parseLines(followed.stdout)).toMatchObject([{ what: 'present' }])
})

it('refuses a name that no consumer may have', async () => {
  await run('USER_PROFILE', upsert('hash-1', { n: 1 }))
  const { code, stderr } = await userpoint(['changes', '--consumer', 'a b', ...place])
  expect(code).toBe(2)
  expect(stderr).toContain('a consumer is named by 1 to 64 letters')
})
