/** A `userpoint serve` in a process of its own. */
import { type ChildProcess, spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { fileURLToPath } from 'node:url'

export const token = 'a token of the campaign'

/** Returns the settings of the datamart that the token opens, as a file. */
export const settingsText = (more: object = {}): string =>
  JSON.stringify({
    datamart: '1162',
    partner: 'mybrand',
    tokens: [{ sha256: createHash('sha256').update(token).digest('hex') }],
    ...more
  })

const pathOf = (name: string): string => fileURLToPath(new URL(name, import.meta.url))

export interface Running {
  readonly url: string
  readonly child: ChildProcess
  /** Returns its log: a line of JSON for each event. */
  readonly log: () => string
  /** Returns its output on standard error. */
  readonly said: () => string
  /** Sends a signal; resolves with the exit code, once it has ended. */
  readonly end: (signal: NodeJS.Signals) => Promise<number | null>
}

/** Starts a server, and waits until it listens. */
export const startServer = async (args: ReadonlyArray<string>, folder: string): Promise<Running> => {
  const child = spawn(
    process.execPath,
    [
      '--conditions=userpoint-source',
      '--import',
      new URL('../../scripts/typescript.mjs', import.meta.url).href,
      pathOf('../../packages/cli/src/main.ts'),
      'serve',
      '--port',
      '0',
      ...args
    ],
    { cwd: folder }
  )
  const [out, err]: [string[], string[]] = [[], []]
  child.stdout.on('data', (part: Buffer) => out.push(part.toString()))
  const ended = new Promise<number | null>((resolve) => child.once('close', (code) => resolve(code)))
  const url = await new Promise<string>((resolve, reject) => {
    child.stderr.on('data', (part: Buffer) => {
      err.push(part.toString())
      const address = /listening on (http:\S+)/.exec(err.join(''))?.[1]
      if (address !== undefined) resolve(address)
    })
    void ended.then(() => reject(new Error(`the server ended at its start: ${err.join('')}`)))
  })
  return {
    url,
    child,
    log: () => out.join(''),
    said: () => err.join(''),
    end: async (signal) => {
      child.kill(signal)
      return ended
    }
  }
}
