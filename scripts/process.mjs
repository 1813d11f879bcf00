/**
 * Child processes for the scripts: forwards their output, exit codes and signals.
 */
import { spawn } from 'node:child_process'
import { constants } from 'node:os'
import { fileURLToPath } from 'node:url'

/** The folder of the workspace. */
export const root = fileURLToPath(new URL('..', import.meta.url))

/**
 * Writes a line to stderr; stdout belongs to the job.
 *
 * @param {string} line
 */
export const say = (line) => process.stderr.write(`${line}\n`)

/** Thrown if a child fails; the script exits with its `code`. */
export class Failed extends Error {
  /**
   * @param {string} message
   * @param {number} code
   * @param {string} printed what the child printed
   */
  constructor(message, code = 1, printed = '') {
    super(message)
    this.code = code
    this.printed = printed
  }
}

/**
 * @typedef {object} RunOptions
 * @property {string} [cwd]
 * @property {NodeJS.ProcessEnv} [env] variables on top of this process's own
 * @property {'inherit' | 'to-stderr' | 'capture' | 'show'} [output] `to-stderr` keeps stdout clean; `capture` returns the text;
 *   `show` writes it to stderr too
 * @property {boolean} [shell]
 */

/**
 * Runs a program to its end and gives its exit code and, if captured, what it printed (both streams, in order).
 *
 * @param {string} command
 * @param {ReadonlyArray<string>} args
 * @param {RunOptions} [options]
 * @returns {Promise<{ code: number, text: string }>}
 */
export const run = (command, args, { cwd = root, env = {}, output = 'inherit', shell = false } = {}) =>
  new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      cwd,
      env: { ...process.env, ...env },
      shell,
      stdio:
        output === 'capture' || output === 'show'
          ? ['ignore', 'pipe', 'pipe']
          : ['inherit', output === 'to-stderr' ? 2 : 'inherit', 2]
    })
    let text = ''
    for (const stream of [child.stdout, child.stderr]) {
      stream?.setEncoding('utf8').on('data', (part) => {
        text += part
        if (output === 'show') process.stderr.write(part)
      })
    }
    // A terminal sends Ctrl-C to the child too: wait for it to clean up. The other signals come to this process alone.
    const wait = () => {}
    const pass = (/** @type {NodeJS.Signals} */ signal) => child.kill(signal)
    const stopListening = () => {
      process.off('SIGINT', wait)
      process.off('SIGTERM', pass)
      process.off('SIGHUP', pass)
    }
    process.on('SIGINT', wait)
    process.on('SIGTERM', pass)
    process.on('SIGHUP', pass)
    child.on('error', (error) => {
      stopListening()
      reject(new Failed(`${command} could not be started: ${error.message}`))
    })
    child.on('close', (code, signal) => {
      stopListening()
      resolve({ code: code ?? 128 + (signal ? constants.signals[signal] : 0), text })
    })
  })

/**
 * Like `run`, but a failure is thrown.
 *
 * @param {string} command
 * @param {ReadonlyArray<string>} args
 * @param {RunOptions} [options]
 * @returns {Promise<string>}
 */
export const mustRun = async (command, args, options) => {
  const { code, text } = await run(command, args, options)
  const ending = `${[command, ...args].join(' ')} ended with ${code}`
  if (code !== 0) throw new Failed(options?.output === 'capture' ? text || ending : ending, code, text)
  return text
}

/**
 * Runs a script's `main` and exits as it ended.
 *
 * @param {() => Promise<number | void>} main
 */
export const exitWith = (main) => {
  main().then(
    (code) => {
      process.exitCode = code ?? 0
    },
    (error) => {
      say(error instanceof Failed ? error.message : String(error?.stack ?? error))
      process.exitCode = error instanceof Failed ? error.code : 1
    }
  )
}
