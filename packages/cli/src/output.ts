/** Writing to a stream of the process: waits for a slow reader, and bears one that has gone. */
import { Failure, reasonOf } from './failure.ts'
import type { TextStream } from './io.ts'

export interface Output {
  /**
   * Writes text and waits until it is handed on; `false`: nobody reads any more, as after `| head`.
   *
   * @throws Failure where the text cannot be written for another reason.
   */
  readonly write: (text: string) => Promise<boolean>
}

const isClosed = (error: Error): boolean =>
  'code' in error && (error.code === 'EPIPE' || error.code === 'ERR_STREAM_DESTROYED')

export const createOutput = (stream: TextStream): Output => {
  let isOpen = true
  // A stream's error that nobody listens to ends the process; each write hears of its own.
  stream.on('error', () => undefined)
  return {
    write: (text) =>
      new Promise((resolve, reject) => {
        if (!isOpen) {
          resolve(false)
          return
        }
        stream.write(text, (error) => {
          if (!error) resolve(true)
          else if (isClosed(error)) {
            isOpen = false
            resolve(false)
          } else reject(new Failure(`the output cannot be written: ${reasonOf(error)}`))
        })
      })
  }
}
