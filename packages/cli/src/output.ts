/** Writes to a stream of the process: waits for a slow reader, and stops without an error if the reader has gone. */
import { Failure, reasonOf } from './failure.ts'
import type { TextStream } from './io.ts'

export interface Output {
  /**
   * Writes text and waits until the stream has accepted it; returns `false` if the reader has gone, as after `| head`.
   *
   * @throws Failure if the text cannot be written for another reason.
   */
  readonly write: (text: string) => Promise<boolean>
}

const isClosed = (error: Error): boolean =>
  'code' in error && (error.code === 'EPIPE' || error.code === 'ERR_STREAM_DESTROYED')

export const createOutput = (stream: TextStream): Output => {
  let isOpen = true
  // An unhandled stream error would end the process; each write reports its own.
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
