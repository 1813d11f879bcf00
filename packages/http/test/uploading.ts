/** Requests on document imports and their files, for tests. */
import { type Asked, type Asking, importBody, token } from './asking.ts'

export type Data = Record<string, unknown>

export const dataOf = ({ json }: Asked): Data => json.data as Data

/** Creates a document import; returns its path within the datamart. */
export const createImport = async ({ on }: Asking, type: string, more: object = {}): Promise<string> =>
  `document_imports/${String(dataOf(await on('POST', 'document_imports', { ...importBody(type), ...more })).id)}`

/** Sends an upload as it is. */
export const send = (
  { ask }: Asking,
  path: string,
  body: string | Uint8Array | ReadableStream<Uint8Array>,
  headers: Record<string, string> = {}
): Promise<Asked> =>
  ask('POST', `/v1/datamarts/1162/${path}`, {
    headers: { authorization: token, 'content-type': 'application/x-ndjson', ...headers },
    body
  })

const boundary = 'a-boundary'

export const formHeaders = { 'content-type': `multipart/form-data; boundary=${boundary}` }

/** Returns the head of a part with a file. */
export const fileHead = (name: string): string =>
  `--${boundary}\r\nContent-Disposition: form-data; name="file"; filename="${name}"\r\nContent-Type: application/octet-stream\r\n\r\n`

export const fieldPart = (name: string, value: string): string =>
  `--${boundary}\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`

export const formEnd = `\r\n--${boundary}--\r\n`

export const linesOf = ({ text }: Asked): ReadonlyArray<Data> =>
  text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Data)
