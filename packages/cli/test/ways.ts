/** The three ways in: the library, the command line and the server. Each takes the same steps under the same settings. */
import { createMemoryRepository } from '@userpoint/adapter-memory'
import type { DocumentType } from '@userpoint/core/mediarithmics'
import type { Settings } from '@userpoint/settings'
import { createUserpoint } from 'userpoint'
import { createFolder, parseLines, userpoint } from './program.ts'
import { type RunningServer, secret, startServer } from './server.ts'
import { createHash } from 'node:crypto'

const calls = {
  upsert: { method: 'upsertUsers', path: 'upsert' },
  'delete-attributes': { method: 'deleteAttributes', path: 'attribute/delete' },
  'anonymise-user': { method: 'anonymiseUser', path: 'anonymize' },
  'get-user': { method: 'getUser', path: 'profile' }
} as const

/** A document, a call of Insider's, or a look at the person with an e-mail hash. */
export type Step =
  | { readonly type: DocumentType; readonly lines: ReadonlyArray<object> }
  | { readonly call: keyof typeof calls; readonly body: object }
  | { readonly person: string }

/** Takes steps under settings, and returns what came out, without ids and times. */
export type Way = (settings: Settings, steps: ReadonlyArray<Step>) => Promise<ReadonlyArray<string>>

const untold = new Set([
  'user_point_id',
  'id',
  'iid',
  'ts',
  'creation_ts',
  'message',
  'last_modified_ts',
  'index',
  'userPoint',
  'merged',
  'error_id'
])

/** Returns JSON without what differs from run to run. */
const told = (value: unknown): string =>
  JSON.stringify(value, (key, each: unknown) => (untold.has(key.replace('$', '')) ? undefined : each)) ?? 'nothing'

const ndjson = (lines: ReadonlyArray<object>): string => lines.map((line) => `${JSON.stringify(line)}\n`).join('')

/** The key of every datamart: it has no effect on people, but for what the policies suppress. */
const erasureKey = new Uint8Array(32).fill(7)
const keyText = Buffer.from(erasureKey).toString('hex')

export const library: Way = async (settings, steps) => {
  const people = createUserpoint({ repository: createMemoryRepository(), settings, purge: 'manual', erasureKey })
  const results: string[] = []
  for (const step of steps) {
    if ('type' in step) {
      const verdicts: unknown[] = []
      const report = await people.import(step.type, ndjson(step.lines), {
        onVerdicts: (some) => void verdicts.push(...some.map(({ verdict }) => verdict))
      })
      results.push(told([report.jobRejection?.code ?? null, verdicts]))
    } else if ('person' in step) results.push(told(await people.find({ emailHash: step.person })))
    else results.push(told(await people.insider[calls[step.call].method]({ value: step.body })))
  }
  return results
}

/** @param more Options besides `--config`. */
export const commandLine =
  (...more: ReadonlyArray<string>): Way =>
  async (settings, steps) => {
    const folder = createFolder()
    try {
      const config = folder.write('userpoint.json', JSON.stringify(settings))
      const options = [
        '--key-file',
        folder.write('key', keyText),
        '--config',
        config,
        '--store',
        `sqlite:${folder.path('people.db')}`
      ]
      const results: string[] = []
      for (const step of steps) {
        if ('type' in step) {
          const verdicts = folder.path('verdicts')
          const document = folder.writeLines('lines.ndjson', step.lines)
          const report = ['--json', '--type', step.type, '--verdicts', verdicts]
          const { stdout } = await userpoint(['import', document, ...options, ...more, ...report])
          const { job_rejected: rejected } = parseLines(stdout)[0] as { readonly job_rejected: { code: string } | null }
          results.push(told([rejected?.code ?? null, folder.readLines('verdicts')]))
        } else if ('person' in step) {
          const { stdout } = await userpoint(['get', '--email-hash', step.person, ...options])
          results.push(told(stdout === '' ? undefined : JSON.parse(stdout)))
        } else {
          const stdin = JSON.stringify(step.body)
          const { stdout } = await userpoint(['insider', step.call, '-', '--json', ...options, ...more], { stdin })
          results.push(told(stdout === '' ? undefined : JSON.parse(stdout)))
        }
      }
      return results
    } finally {
      folder.remove()
    }
  }

/** A server for all these settings at once, one datamart each. */
export interface Served {
  /** Takes the steps on the datamart of settings with this number. */
  readonly take: (at: number, steps: ReadonlyArray<Step>) => Promise<ReadonlyArray<string>>
  readonly end: () => Promise<void>
}

type Answer = Readonly<Record<string, unknown>>

const takeOn = async (
  server: RunningServer,
  at: number,
  steps: ReadonlyArray<Step>
): Promise<ReadonlyArray<string>> => {
  const token = `${secret} ${at}`
  const ask = async (method: string, path: string, body?: string, type = 'application/json'): Promise<string> => {
    const headers = { authorization: token, 'content-type': type }
    const response = await server.fetch(`/v1/datamarts/d${at}/${path}`, { method, headers, ...(body && { body }) })
    return response.text()
  }
  const dataOf = async (answer: Promise<string>): Promise<Answer> => {
    const { data, ...rest } = JSON.parse(await answer) as { readonly data: Answer }
    if (data === undefined) throw new Error(JSON.stringify(rest))
    return data
  }
  const imported = async (type: DocumentType, lines: ReadonlyArray<object>): Promise<unknown> => {
    const asked = { document_type: type, mime_type: 'APPLICATION_X_NDJSON', encoding: 'utf-8', name: 'a name' }
    const { id } = await dataOf(ask('POST', 'document_imports', JSON.stringify(asked)))
    const executions = `document_imports/${String(id)}/executions`
    const created = await dataOf(ask('POST', `${executions}?verdicts=all`, ndjson(lines), 'application/x-ndjson'))
    for (;;) {
      const { status, error } = await dataOf(ask('GET', `${executions}/${String(created['id'])}`))
      if (status === 'FAILED') return error
      if (status === 'SUCCEEDED') return parseLines(await ask('GET', `${executions}/${String(created['id'])}/verdicts`))
      await new Promise((wake) => setTimeout(wake, 2))
    }
  }
  const call = async (path: string, body: object): Promise<string> => {
    const response = await server.fetch(`/api/user/v1/${path}`, {
      method: 'POST',
      headers: {
        'x-partner-name': `p${at}`,
        'x-request-token': token,
        'content-type': 'application/json',
        prefer: 'return=representation'
      },
      body: JSON.stringify(body)
    })
    return response.text()
  }
  const results: string[] = []
  for (const step of steps) {
    if ('type' in step) results.push(told(await imported(step.type, step.lines)))
    else if ('person' in step)
      results.push(told(JSON.parse(await ask('GET', `user_points/email_hash=${step.person}/user_profiles`))))
    else results.push(told(JSON.parse(await call(calls[step.call].path, step.body))))
  }
  return results
}

/** Starts `userpoint serve` with a file for each of these settings. */
export const serveAll = async (all: ReadonlyArray<Settings>): Promise<Served> => {
  const folder = createFolder()
  const keyFile = folder.write('key', keyText)
  const files = all.map((settings, at) => {
    const digest = createHash('sha256').update(`${secret} ${at}`).digest('hex')
    const erasure = { keyFile }
    const own = { ...settings, erasure, datamart: `d${at}`, partner: `p${at}`, tokens: [{ sha256: digest }] }
    return folder.write(`${at}.json`, JSON.stringify(own))
  })
  const args = ['--config', ...files, '--store', 'memory:', '--spool', folder.path('spool')]
  const server = await startServer(args, folder.path('.'))
  return {
    take: (at, steps) => takeOn(server, at, steps),
    end: async () => {
      await server.end('SIGTERM')
      folder.remove()
    }
  }
}
