/** Processes of the suite: the server, one that does nothing, and the one that measures. */
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Told } from './prober.ts'

export const token = 'a token of the suite'
const otherToken = 'another token of the suite'
export const partner = 'heavy'
const otherPartner = 'small'

export interface Running {
  readonly url: string
  readonly child: ChildProcessWithoutNullStreams
  readonly end: (signal?: NodeJS.Signals) => Promise<void>
}

/** A server whose event loop is measured. */
export interface Server extends Running {
  /** Returns the longest turn since the last call, in milliseconds of the processor; `undefined`: not measured. */
  readonly longestTurn: () => Promise<number | undefined>
}

const fileOf = (name: string): string => fileURLToPath(new URL(name, import.meta.url))
const fromSource = [
  '--conditions=userpoint-source',
  '--import',
  new URL('../../scripts/typescript.mjs', import.meta.url).href
]

const start = async (file: string, args: ReadonlyArray<string>, more: ReadonlyArray<string> = []): Promise<Running> => {
  const child = spawn(process.execPath, [...fromSource, ...more, fileOf(file), ...args], {
    stdio: ['pipe', 'pipe', 'pipe', 'ipc']
  }) as ChildProcessWithoutNullStreams
  // It comes after all that the process has said; the exit may come before.
  const closed = once(child, 'close')
  const url = await new Promise<string>((resolve, reject) => {
    let said = ''
    child.stderr.setEncoding('utf8').on('data', (part: string) => {
      said += part
      const address = /listening on (http:\S+)/.exec(said)?.[1]
      if (address !== undefined) resolve(address)
    })
    void closed.then(() => reject(new Error(`a process has ended: ${said}`)), reject)
  })
  return {
    url,
    child,
    end: async (signal = 'SIGKILL') => {
      child.kill(signal)
      await closed
    }
  }
}

const longestTurnOf = async (child: ChildProcessWithoutNullStreams): Promise<number | undefined> => {
  if (process.platform !== 'linux') return undefined
  child.send('read')
  const [longest] = (await once(child, 'message')) as [number]
  return longest
}

const settingsOf = (datamart: string, name: string, secret: string): string =>
  JSON.stringify({
    datamart,
    partner: name,
    tokens: [{ sha256: createHash('sha256').update(secret).digest('hex') }],
    limits: { requestsPerMinute: 1_000_000_000 }
  })

/** Starts `userpoint serve` with a datamart that is attacked and another one. */
export const startServer = async (folder: string, store: string): Promise<Server> => {
  const heavy = join(folder, 'heavy.json')
  const small = join(folder, 'small.json')
  writeFileSync(heavy, settingsOf('heavy', partner, token))
  writeFileSync(small, settingsOf('small', otherPartner, otherToken))
  const args = ['serve', '--port', '0', '--config', heavy, small, '--store', store, '--spool', join(folder, 'spool')]
  const server = await start('../../packages/cli/src/main.ts', args, [
    '--import',
    new URL('turns.ts', import.meta.url).href
  ])
  server.child.stdout.resume()
  return { ...server, longestTurn: () => longestTurnOf(server.child) }
}

/** A process that measures, until it is ended. */
export interface Prober {
  /** Returns what was measured since the last call. */
  readonly read: () => Promise<Told>
  readonly end: () => Promise<void>
}

export const startProber = async (url: string): Promise<Prober> => {
  const bare = await start('bare.ts', [])
  const prober = await start('prober.ts', [url, bare.url, otherPartner, otherToken])
  let onLine: (line: string) => void = () => undefined
  let rest = ''
  prober.child.stdout.setEncoding('utf8').on('data', (part: string) => {
    rest += part
    const end = rest.indexOf('\n')
    if (end === -1) return
    onLine(rest.slice(0, end))
    rest = rest.slice(end + 1)
  })
  return {
    read: () =>
      new Promise((resolve) => {
        onLine = (line) => resolve(JSON.parse(line) as Told)
        prober.child.stdin.write('read\n')
      }),
    end: async () => {
      await prober.end()
      await bare.end()
    }
  }
}
