/**
 * Measures, in a process that no attack keeps busy: the latency of `/healthz`, of another partner's small requests, and of a server
 * that computes for 5 milliseconds. Prints what it has as a line of JSON when it is told to.
 */
import { Agent, request } from 'node:http'
import { setTimeout as pause } from 'node:timers/promises'

export interface Told {
  readonly health: ReadonlyArray<number>
  readonly small: ReadonlyArray<number>
  readonly bare: ReadonlyArray<number>
  /** Writes that the server refused with `Retry-After`. */
  readonly refused: number
  /** Answers of another kind, by status. */
  readonly failed: ReadonlyArray<string>
}

const [url = '', bareUrl = '', partner = '', token = ''] = process.argv.slice(2)
// The probes of an orchestrator do not wait for a connection of others.
const agent = new Agent({ keepAlive: true })

interface Answered {
  readonly status: number
  readonly mayRetry: boolean
  readonly milliseconds: number
}

const ask = (address: string, method: string, body?: string): Promise<Answered> =>
  new Promise((resolve, reject) => {
    const startedAt = performance.now()
    const headers =
      body === undefined
        ? {}
        : {
            'content-type': 'application/json',
            'content-length': Buffer.byteLength(body),
            'x-partner-name': partner,
            'x-request-token': token
          }
    const asked = request(address, { method, headers, agent }, (response) => {
      response.resume()
      response.once('end', () =>
        resolve({
          status: response.statusCode ?? 0,
          mayRetry: response.headers['retry-after'] !== undefined,
          milliseconds: performance.now() - startedAt
        })
      )
    })
    asked.once('error', reject)
    asked.end(body)
  })

let told: { health: number[]; small: number[]; bare: number[]; refused: number; failed: string[] }
const begin = (): void => {
  told = { health: [], small: [], bare: [], refused: 0, failed: [] }
}
begin()

const note = (list: 'health' | 'small' | 'bare', what: string, { status, mayRetry, milliseconds }: Answered): void => {
  told[list].push(milliseconds)
  if (status === 200) return
  if (status === 503 && mayRetry) told.refused++
  else told.failed.push(`${what}: ${status}`)
}

const probing = async (list: 'health' | 'small' | 'bare', every: number, work: (n: number) => Promise<Answered>) => {
  for (let n = 0; ; n++) {
    try {
      note(list, list, await work(n))
    } catch (error) {
      told.failed.push(`${list}: ${error instanceof Error ? error.message : 'failed'}`)
    }
    await pause(every)
  }
}

const who = (n: number) => ({ identifiers: { email: `other-${n % 10}@example.org` } })
void probing('health', 20, () => ask(`${url}/healthz`, 'GET'))
void probing('bare', 60, () => ask(bareUrl, 'GET'))
void probing('small', 25, (n) =>
  n % 2 === 0
    ? ask(`${url}/api/user/v1/upsert`, 'POST', JSON.stringify({ users: [{ ...who(n), attributes: { n } }] }))
    : ask(`${url}/api/user/v1/profile`, 'POST', JSON.stringify({ ...who(n - 1), attributes: ['n'] }))
)

process.stdin.on('data', () => {
  process.stdout.write(`${JSON.stringify(told)}\n`)
  begin()
})
process.stdin.once('end', () => process.exit(0))
process.stderr.write('listening on http://nowhere\n')
