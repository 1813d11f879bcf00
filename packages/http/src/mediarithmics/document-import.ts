/** Document imports, stored in the spool. They contain no personal data. */
import { type DocumentType, documentTypes, parseDocumentType } from '@userpoint/core/mediarithmics'
import { z } from 'zod'
import type { Spool } from '../spool.ts'
import { Problem } from './envelope.ts'

/** The codec of the body that creates a document import; the OpenAPI document is derived from it. */
export const documentImportBody = z.object({
  document_type: z.string().meta({ description: `One of ${documentTypes.join(', ')}` }),
  mime_type: z.literal('APPLICATION_X_NDJSON').meta({ description: 'TEXT_CSV is not supported' }),
  encoding: z.string().regex(/^utf-?8$/i, 'must be utf-8'),
  name: z.string().min(1).max(1_000),
  priority: z.enum(['LOW', 'MEDIUM', 'HIGH']).default('MEDIUM').meta({ description: 'Stored, but has no effect' })
})

export interface DocumentImport extends z.infer<typeof documentImportBody> {
  readonly id: string
  readonly datamart_id: string
  readonly document_type: DocumentType
  /** Milliseconds since 1970. */
  readonly creation_date: number
}

/** Returns the first problem of a body, without any value of it. */
const problemOf = (error: z.ZodError): Problem => {
  const [issue] = error.issues
  const path = issue?.path.join('.') ?? ''
  return new Problem('BAD_REQUEST', path === '' ? 'the body must be a JSON object' : `${path} is missing or invalid`)
}

/** Decodes the body of a document import. @throws Problem if it is invalid. */
export const readDocumentImport = (body: unknown): Omit<DocumentImport, 'id' | 'datamart_id' | 'creation_date'> => {
  const read = documentImportBody.safeParse(body)
  if (!read.success) throw problemOf(read.error)
  const type = parseDocumentType(read.data.document_type)
  if (type === undefined)
    throw new Problem('BAD_REQUEST', `unknown document_type; expected one of ${documentTypes.join(', ')}`)
  return { ...read.data, document_type: type }
}

const placeOf = (datamart: string): ReadonlyArray<string> => [datamart, 'imports']

export const keepDocumentImport = (spool: Spool, documentImport: DocumentImport): Promise<void> =>
  spool.put([...placeOf(documentImport.datamart_id), documentImport.id], { ...documentImport })

export const findDocumentImport = async (
  spool: Spool,
  datamart: string,
  id: string
): Promise<DocumentImport | undefined> => (await spool.get([...placeOf(datamart), id])) as DocumentImport | undefined

export const documentImportIds = (spool: Spool, datamart: string): Promise<ReadonlyArray<string>> =>
  spool.list(placeOf(datamart))
