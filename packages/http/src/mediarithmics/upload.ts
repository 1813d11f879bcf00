/** The body of an upload: a file as it is, or a form with one; NDJSON or CSV, as its document import says. */
import { encodingOf, mediaTypeOf, readPieces } from '../body.ts'
import type { Datamart } from '../context.ts'
import { csvLines } from './csv-lines.ts'
import type { DocumentImport } from './document-import.ts'
import { Problem } from './envelope.ts'
import { formFile, type Upload } from './form-file.ts'
import { unpacked, unpackedIfGzip } from './unpacked.ts'

/** The type of a body that curl sends without a header of its own, and no type at all. */
const unsaid = ['application/x-www-form-urlencoded', '']

const types: Readonly<Record<DocumentImport['mime_type'], ReadonlySet<string>>> = {
  APPLICATION_X_NDJSON: new Set(['application/x-ndjson', 'application/ndjson', ...unsaid]),
  TEXT_CSV: new Set(['text/csv', ...unsaid])
}

const encodings: ReadonlySet<string> = new Set(['', 'identity', 'gzip', 'x-gzip'])

/** Opens the upload of a request, as NDJSON; unpacks gzip. @throws Problem for a wrong content type. */
export const openUpload = (
  request: Request,
  { mime_type }: DocumentImport,
  { limits }: Pick<Datamart, 'limits'>,
  longestLine: number
): Upload => {
  const type = mediaTypeOf(request)
  const isForm = type === 'multipart/form-data'
  if (!isForm && !types[mime_type].has(type)) throw new Problem('UNSUPPORTED_MEDIA_TYPE')
  const encoding = encodingOf(request)
  if (!encodings.has(encoding)) throw new Problem('UNSUPPORTED_MEDIA_TYPE', 'the only content encoding is gzip')
  const { uploadBytes: most, idleMilliseconds, bytesPerSecond } = limits
  const sent = readPieces(request, { most, idleMilliseconds, bytesPerSecond })
  const pieces = encoding.endsWith('gzip') ? unpacked(sent, most) : sent
  const { bytes: file, fileName } = isForm
    ? formFile(request.headers.get('content-type') ?? '', pieces)
    : { bytes: pieces, fileName: () => undefined }
  const bytes = unpackedIfGzip(file, most)
  return { bytes: mime_type === 'TEXT_CSV' ? csvLines(bytes, longestLine) : bytes, fileName }
}
