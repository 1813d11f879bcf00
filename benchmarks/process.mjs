/** Child processes that print one JSON value. */
import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

/**
 * Runs a script of this folder and gives what it printed.
 *
 * @param {string} name
 * @param {unknown} order What it is told, as JSON.
 * @returns {Promise<unknown>}
 */
export const runScript = (name, order) =>
  new Promise((resolve, reject) => {
    const path = fileURLToPath(new URL(name, import.meta.url))
    const child = spawn(process.execPath, [path, JSON.stringify(order)], { stdio: ['ignore', 'pipe', 'inherit'] })
    let text = ''
    child.stdout.setEncoding('utf8').on('data', (part) => {
      text += part
    })
    child.on('error', reject)
    child.on('close', (code) => {
      if (code === 0) resolve(text === '' ? undefined : JSON.parse(text))
      else reject(new Error(`${name} ended with ${code}`))
    })
  })

/** Returns the processor time of a process in seconds, all threads included; available only on Linux. */
export const processorSeconds = (/** @type {number} */ pid) => {
  if (process.platform !== 'linux') return Number.NaN
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? []
  return (Number(fields[11]) + Number(fields[12])) / 100
}

/** Returns the most memory that a running process has had so far, in bytes; 0 if it is not known. Available only on Linux. */
export const peakBytes = (/** @type {number} */ pid) => {
  try {
    const [, kilobytes] = /^VmHWM:\s*(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? []
    return Number(kilobytes ?? 0) * 1024
  } catch {
    return 0
  }
}
