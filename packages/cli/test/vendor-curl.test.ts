/**
 * Runs the vendors' own curl calls against `userpoint serve` if their documents are on this machine. Their copyright forbids
 * a copy, so the test is skipped elsewhere; `docs/http.md` has our own calls.
 */
import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type RunningServer, settingsText, startServer } from './server.ts'

const folder = new URL('../../../../shared/vendor/', import.meta.url)
const canRun = existsSync(folder) && spawnSync('curl', ['--version']).status === 0
const texts = canRun ? readdirSync(folder).map((name) => readFileSync(new URL(name, folder), 'utf8')) : []

/** Returns every curl call of a text; quoted text and continued lines belong to the call. */
const curlsIn = (text: string): ReadonlyArray<string> => text.match(/curl (?:'[^']*'|\\\n|[^'\n\\])*/g) ?? []

const token = '1a2b3c4d5e6f'
let place: string
let server: RunningServer

beforeAll(async () => {
  if (!canRun) return
  place = mkdtempSync(join(tmpdir(), 'userpoint-curl-'))
  const file = join(place, 'userpoint.json')
  writeFileSync(file, settingsText({}, token))
  server = await startServer(['--config', file, '--store', `sqlite:${join(place, 'people.db')}`], place)
}, 60_000)
afterAll(async () => {
  if (!canRun) return
  await server.end('SIGKILL')
  rmSync(place, { recursive: true, force: true })
})

const run = (curl: string, documentImport: string) => {
  const filled = curl
    .replaceAll(/https:\/\/(api\.mediarithmics|unification\.useinsider)\.com/g, server.url)
    .replaceAll(/<(YOUR_)?API_TOKEN>/g, token)
    .replaceAll('<DATAMART_ID>', '1162')
    .replaceAll('<DOCUMENT_IMPORT_ID>', documentImport)
    .replaceAll('<COMPARTMENT_ID>', '1000')
    .replaceAll('<USER_ACCOUNT_ID>', 'somebody')
    // The page indents with no-break spaces, which JSON does not allow.
    .replaceAll('\u00a0', ' ')
  const { stdout, stderr } = spawnSync('bash', ['-c', `${filled.trim()} -s -w '\\n%{http_code}'`], { encoding: 'utf8' })
  const [status = '', ...body] = stdout.split('\n').reverse()
  return { status: Number(status), text: body.reverse().join('\n'), stderr }
}

describe.skipIf(!canRun)('the curl calls of the vendors’ documents', () => {
  const mediarithmics = texts.filter((text) => text.includes('api.mediarithmics.com'))
  const insider = texts.filter((text) => text.includes('unification.useinsider.com'))

  it('create document imports and executions, which finish', async () => {
    const totals: Array<readonly [type: string, success: number, failure: number]> = []
    for (const text of mediarithmics) {
      let documentImport = ''
      let type = ''
      for (const curl of curlsIn(text)) {
        const { status, text: body } = run(curl, documentImport)
        expect([curl.slice(0, 120), status, body]).toEqual([
          expect.any(String),
          200,
          expect.stringContaining('"status":"ok"')
        ])
        const { data } = JSON.parse(body) as { data: { id: string; document_type?: string } }
        if (data.document_type !== undefined) {
          documentImport = data.id
          type = data.document_type
          continue
        }
        const path = `/v1/datamarts/1162/document_imports/${documentImport}/executions/${data.id}`
        let execution: { status: string; result?: { total_success: number; total_failure: number } }
        do {
          const response = await server.fetch(path, { headers: { authorization: token } })
          execution = ((await response.json()) as { data: typeof execution }).data
        } while (!['SUCCEEDED', 'FAILED'].includes(execution.status))
        expect(execution.status).toBe('SUCCEEDED')
        const { total_success: success = 0, total_failure: failure = 0 } = execution.result ?? {}
        totals.push([type, success, failure])
      }
    }
    // The printed samples of profiles are not valid JSON: each line that recovery passes over has a verdict of its own.
    expect(totals).toEqual([
      ['USER_POINTS_DELETION', 5, 0],
      ['USER_IDENTIFIERS_DELETION', 3, 0],
      ['USER_PROFILE', 0, 10],
      ['USER_PROFILE', 0, 22]
    ])
  }, 60_000)

  it('delete attributes', () => {
    const curls = insider.flatMap(curlsIn)
    expect(curls).toHaveLength(2)
    for (const curl of curls) expect(run(curl, '')).toMatchObject({ status: 200, text: '{}' })
  })
})
