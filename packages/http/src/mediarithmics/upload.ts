/** The body of an upload: a file as it is, or a form with one; NDJSON or CSV, as its document import says. */
import { isEncoded, mediaTypeOf, readPieces } from '../body.ts'
import type { Datamart } from '../context.ts'
import { csvLines } from './csv-lines.ts'
import type { DocumentImport } from './document-import.ts'
import { Problem } from './envelope.ts'
import { formFile, type Upload } from './form-file.ts'

/** The type of a body that curl sends without a header of its own, and no type at all. */
const unsaid = ['application/x-www-form-urlencoded', '']

const types: Readonly<Record<DocumentImport['mime_type'], ReadonlySet<string>>> = {
  APPLICATION_X_NDJSON: new Set(['application/x-ndjson', 'application/ndjson', ...unsaid]),
  TEXT_CSV: new Set(['text/csv', ...unsaid])
}

/** Opens the upload of a request, as NDJSON. @throws Problem for a wrong content type. */
export const openUpload = (
  request: Request,
  { mime_type }: DocumentImport,
  { limits }: Pick<Datamart, 'limits'>,
  longestLine: number
): Upload => {
  const type = mediaTypeOf(request)
  const isForm = type === 'multipart/form-data'
  if (!isForm && !types[mime_type].has(type)) throw new Problem('UNSUPPORTED_MEDIA_TYPE')
  if (isEncoded(request)) throw new Problem('UNSUPPORTED_MEDIA_TYPE', 'a content encoding is not supported')
  const pieces = readPieces(request, limits.uploadBytes, limits.idleMilliseconds)
  const { bytes, fileName } = isForm
    ? formFile(request.headers.get('content-type') ?? '', pieces)
    : { bytes: pieces, fileName: () => undefined }
  return { bytes: mime_type === 'TEXT_CSV' ? csvLines(bytes, longestLine) : bytes, fileName }
}
