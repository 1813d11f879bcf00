/** The file of a form upload (`multipart/form-data`), read as a stream: no part of it is held in memory. */
import { make, type MultipartError } from 'multipasta'
import { BodyRefused } from '../body.ts'
import { Problem } from './envelope.ts'

/** An upload: its bytes, and the name of its file once they are read. */
export interface Upload {
  readonly bytes: AsyncIterable<Uint8Array>
  readonly fileName: () => string | undefined
}

const maxParts = 16
const maxFieldSize = 65_536
const longestName = 255

const failure = ({ _tag }: MultipartError): Error =>
  _tag === 'EndNotReached' ? new BodyRefused('Broken') : new Problem('BAD_REQUEST', 'the form is not valid multipart')

/** Returns the last part of a path, as some browsers send one. */
const nameOf = (filename: string | undefined): string | undefined =>
  filename?.slice(Math.max(filename.lastIndexOf('/'), filename.lastIndexOf('\\')) + 1).slice(0, longestName)

const dash = 0x2d
// A boundary has at most 70 characters, and two dashes follow the last one.
const longestRun = 72

/** Passes the bytes on in pieces that do not end in dashes: the parser refuses a form whose last two are in two pieces. */
async function* withDashesTogether(pieces: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void, undefined> {
  let held = new Uint8Array()
  for await (const piece of pieces) {
    const bytes = new Uint8Array(held.length + piece.length)
    bytes.set(held)
    bytes.set(piece, held.length)
    let end = bytes.length
    while (end > 0 && bytes[end - 1] === dash) end--
    if (bytes.length - end > longestRun) end = bytes.length
    held = bytes.slice(end)
    if (end > 0) yield bytes.subarray(0, end)
  }
  if (held.length > 0) yield held
}

/**
 * Returns the one file of a form. Its bytes throw a problem for a form without a file, or with two.
 *
 * @param contentType The request's header, which has the boundary.
 */
export const formFile = (contentType: string, pieces: AsyncIterable<Uint8Array>): Upload => {
  let name: string | undefined
  async function* read(): AsyncGenerator<Uint8Array, void, undefined> {
    let files = 0
    let error: MultipartError | undefined
    const chunks: Uint8Array[] = []
    const parser = make({
      headers: { 'content-type': contentType },
      isFile: ({ name: field, filename }) => filename !== undefined || field === 'file',
      maxParts,
      maxFieldSize,
      onField: () => undefined,
      onFile: ({ filename }) => {
        files++
        name = nameOf(filename)
        return (chunk) => {
          if (chunk !== null) chunks.push(chunk)
        }
      },
      onError: (fault) => {
        error ??= fault
      },
      onDone: () => undefined
    })
    const check = (): void => {
      if (error !== undefined) throw failure(error)
      if (files > 1) throw new Problem('BAD_REQUEST', 'the form has more than one file')
    }
    check()
    for await (const piece of withDashesTogether(pieces)) {
      parser.write(piece)
      check()
      yield* chunks.splice(0)
    }
    parser.end()
    check()
    if (files === 0) throw new Problem('BAD_REQUEST', 'the form has no file')
    yield* chunks.splice(0)
  }
  return { bytes: read(), fileName: () => name }
}
