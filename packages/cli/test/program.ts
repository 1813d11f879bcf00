/** Runs the program in a temporary folder, in this process or in a child process. */
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process'
import { copyFileSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable, Writable } from 'node:stream'
import { fileURLToPath } from 'node:url'
import type { StopSignal, TextStream } from '../src/io.ts'
import { run } from '../src/run.ts'

export interface Ended {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

interface Collector extends TextStream {
  readonly text: () => string
}

/** A stream that collects the written text, or fails like a stream whose reader has gone. */
export const createCollector = (
  properties: { isTTY?: boolean; columns?: number; failure?: string } = {}
): Collector => {
  const { failure, ...shown } = properties
  const parts: string[] = []
  const stream = new Writable({
    write: (part, _encoding, done) => {
      if (failure !== undefined) {
        done(Object.assign(new Error('write'), { code: failure }))
        return
      }
      parts.push(String(part))
      // A slow reader, which would show writes in the wrong order.
      setTimeout(done, 0)
    },
    decodeStrings: false
  })
  return Object.assign(stream, shown, { text: () => parts.join('') })
}

export interface RunOptions {
  readonly stdin?: string | Readable
  readonly stdout?: Collector
  readonly stderr?: Collector
  /** Receives the function that stops the program, once it listens for signals. */
  readonly onListen?: (stop: (signal: StopSignal) => void) => void
}

export interface Folder {
  readonly path: (name: string) => string
  readonly write: (name: string, content: string | Uint8Array) => string
  /** Writes values as NDJSON. */
  readonly writeLines: (name: string, lines: ReadonlyArray<unknown>) => string
  readonly read: (name: string) => string
  /** Reads a file of NDJSON. */
  readonly readLines: (name: string) => ReadonlyArray<Record<string, unknown>>
  readonly remove: () => void
}

export const createFolder = (): Folder => {
  const folder = mkdtempSync(join(tmpdir(), 'userpoint-cli-'))
  const path = (name: string): string => join(folder, name)
  const read = (name: string): string => readFileSync(path(name), 'utf8')
  const write = (name: string, content: string | Uint8Array): string => {
    writeFileSync(path(name), content)
    return path(name)
  }
  return {
    path,
    read,
    write,
    writeLines: (name, lines) => write(name, lines.map((line) => `${JSON.stringify(line)}\n`).join('')),
    readLines: (name) => parseLines(read(name)),
    remove: () => rmSync(folder, { recursive: true, force: true })
  }
}

export const parseLines = (text: string): ReadonlyArray<Record<string, unknown>> =>
  text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Record<string, unknown>)

/** Runs the program in this process. */
export const userpoint = async (argv: ReadonlyArray<string>, options: RunOptions = {}): Promise<Ended> => {
  const { stdin = '', stdout = createCollector(), stderr = createCollector(), onListen } = options
  const code = await run(argv, {
    stdin: typeof stdin === 'string' ? Readable.from([Buffer.from(stdin)]) : stdin,
    stdout,
    stderr,
    onStop: (listener) => {
      onListen?.(listener)
      return () => undefined
    }
  })
  // The program does not wait for its progress output.
  await new Promise<void>((resolve) => stderr.end(resolve))
  return { code, stdout: stdout.text(), stderr: stderr.text() }
}

const fileOf = (name: string): string => fileURLToPath(new URL(name, import.meta.url))

/** Starts the program from its sources in a child process. */
export const startProcess = (argv: ReadonlyArray<string>, cwd: string): ChildProcessWithoutNullStreams =>
  spawn(
    process.execPath,
    [
      '--conditions=userpoint-source',
      '--import',
      new URL('../../../scripts/typescript.mjs', import.meta.url).href,
      fileOf('../src/main.ts'),
      ...argv
    ],
    { cwd }
  )

/**
 * Copies a store to a file that no handle of this process has opened. A driver may release a closed handle late, and merge
 * the log into the file only then.
 */
export const copyStore = (folder: Folder, from: string, to: string): string => {
  for (const end of ['', '-wal']) {
    if (existsSync(folder.path(from + end))) copyFileSync(folder.path(from + end), folder.path(to + end))
  }
  return `sqlite:${folder.path(to)}`
}

/** Returns the bytes of a store's file and log; SQLite's index of the log is derived from them. */
export const bytesOfStore = (folder: Folder, name: string): ReadonlyArray<string> =>
  ['', '-wal'].map((end) =>
    existsSync(folder.path(name + end)) ? readFileSync(folder.path(name + end)).toString('base64') : ''
  )

export const upsert = (hash: string, properties: object = {}): object => ({
  operation: 'UPSERT',
  email_hash: hash,
  force_replace: false,
  user_profile: properties
})
