/** Runs the curl calls of the README of @userpoint/http against `userpoint serve`. */
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createFolder, type Folder } from './program.ts'
import { type RunningServer, startServer } from './server.ts'

const readme = readFileSync(new URL('../../http/README.md', import.meta.url), 'utf8')
const blocksOf = (language: string): ReadonlyArray<string> =>
  [...readme.matchAll(new RegExp(`^\`\`\`${language}\n(.*?)^\`\`\`$`, 'gms'))].map(([, text = '']) => text)

const calls = blocksOf('bash').flatMap((block) => block.trim().split('\n\n'))
const canRun = spawnSync('curl', ['--version']).status === 0

let folder: Folder
let server: RunningServer
beforeAll(async () => {
  folder = createFolder()
  const settings = folder.write('userpoint.json', blocksOf('json')[0] ?? '')
  server = await startServer(['--store', 'sqlite:./people.db', '--config', settings], folder.path('.'))
}, 60_000)
afterAll(async () => {
  await server.end('SIGKILL')
  folder.remove()
})

interface Said {
  readonly data: Record<string, unknown>
}

describe.skipIf(!canRun)('the calls of the README', () => {
  it('give the answers that the README shows', async () => {
    const env = { ...process.env, IMPORT: '', EXECUTION: '' }
    const said: string[] = []
    const run = (call: string): string => {
      const { stdout } = spawnSync('bash', ['-c', `${call.replaceAll('http://127.0.0.1:8080', server.url)} -s`], {
        encoding: 'utf8',
        env
      })
      return stdout
    }
    for (const call of calls) {
      let answer = run(call)
      while (/"status":"(PENDING|RUNNING)"/.test(answer) && call.startsWith('curl http')) answer = run(call)
      said.push(answer)
      if (call.includes('"document_type"')) env.IMPORT = String((JSON.parse(answer) as Said).data.id)
      if (call.includes('x-ndjson')) env.EXECUTION = String((JSON.parse(answer) as Said).data.id)
    }
    const json = said.map((answer) => JSON.parse(answer) as unknown)
    expect(json).toMatchObject([
      { status: 'ok', data: { document_type: 'USER_PROFILE' } },
      { status: 'ok', data: { id: env.EXECUTION } },
      { status: 'ok', data: { status: 'SUCCEEDED', result: { total_success: 1, total_failure: 1 } } },
      { index: 1, line: 2, code: 'MISSING_FORCE_REPLACE' },
      { status: 'ok', data: { profiles: [{ city: 'Paris' }] } },
      { data: { successful: { count: 1 }, fail: {} } },
      {},
      { attributes: { email: 'ada@example.org', tags: ['b'] } }
    ])
    expect(json.at(-1)).not.toHaveProperty('attributes.city')
  }, 60_000)
})
