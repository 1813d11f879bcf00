/** Runs `userpoint serve` in a child process. */
import type { ChildProcessWithoutNullStreams } from 'node:child_process'
import { createHash } from 'node:crypto'
import { startProcess } from './program.ts'

export const secret = 'a secret token of a test'

export interface RunningServer {
  readonly url: string
  readonly child: ChildProcessWithoutNullStreams
  readonly stdout: () => string
  readonly stderr: () => string
  /** Sends a signal and waits for the end of the process. */
  readonly end: (
    signal: NodeJS.Signals
  ) => Promise<{ readonly code: number | null; readonly signal: NodeJS.Signals | null }>
  readonly fetch: (path: string, init?: RequestInit) => Promise<Response>
}

const sha256Of = (token: string): string => createHash('sha256').update(token).digest('hex')

/** Returns the settings of datamart 1162, which the token opens, as a file. */
export const settingsText = (settings: object = {}, token: string = secret): string =>
  JSON.stringify({ datamart: '1162', partner: 'mybrand', tokens: [{ sha256: sha256Of(token) }], ...settings })

/** Starts `userpoint serve` with these arguments, and waits until it listens. */
export const startServer = async (args: ReadonlyArray<string>, folder: string): Promise<RunningServer> => {
  const child = startProcess(['serve', '--port', '0', ...args], folder)
  const [out, err]: [string[], string[]] = [[], []]
  child.stdout.on('data', (part: Buffer) => out.push(part.toString()))
  const url = await new Promise<string>((resolve, reject) => {
    child.stderr.on('data', (part: Buffer) => {
      err.push(part.toString())
      const address = /listening on (http:\S+)/.exec(err.join(''))?.[1]
      if (address !== undefined) resolve(address)
    })
    // Its streams end after it: until then some of what it said may be on its way.
    child.once('close', () => reject(new Error(`it has ended: ${err.join('')}`)))
  })
  const ended = new Promise<{ code: number | null; signal: NodeJS.Signals | null }>((resolve) => {
    child.once('close', (code, signal) => resolve({ code, signal }))
  })
  return {
    url,
    child,
    stdout: () => out.join(''),
    stderr: () => err.join(''),
    end: (signal) => {
      child.kill(signal)
      return ended
    },
    fetch: (path, init = {}) => fetch(`${url}${path}`, init)
  }
}
