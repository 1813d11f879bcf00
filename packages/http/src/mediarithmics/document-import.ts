/** Document imports: what their executions are made of. They are kept in the spool, and hold nothing of anybody. */
import { type DocumentType, documentTypes, parseDocumentType } from '@userpoint/core'
import { z } from 'zod'
import type { Spool } from '../spool.ts'
import { Problem } from './envelope.ts'

/** What a document import is created with (SPEC 3.1). The reader of requests, and the source of their description. */
export const documentImportBody = z.object({
  document_type: z.string().meta({ description: `One of ${documentTypes.join(', ')}` }),
  mime_type: z.literal('APPLICATION_X_NDJSON').meta({ description: 'TEXT_CSV is not taken' }),
  encoding: z.string().regex(/^utf-?8$/i, 'only utf-8 is read'),
  name: z.string().min(1).max(1_000),
  priority: z.enum(['LOW', 'MEDIUM', 'HIGH']).default('MEDIUM').meta({ description: 'Kept, and not looked at' })
})

export interface DocumentImport extends z.infer<typeof documentImportBody> {
  readonly id: string
  readonly datamart_id: string
  readonly document_type: DocumentType
  /** Milliseconds since 1970. */
  readonly creation_date: number
}

/** The first thing that is wrong with a body, without a value of it. */
const problemOf = (error: z.ZodError): Problem => {
  const [issue] = error.issues
  const path = issue?.path.join('.') ?? ''
  return new Problem(
    'BAD_REQUEST',
    path === '' ? 'the body is no such object' : `${path} is missing or not as it must be`
  )
}

/** A body as a document import. @throws Problem where it is none. */
export const readDocumentImport = (body: unknown): Omit<DocumentImport, 'id' | 'datamart_id' | 'creation_date'> => {
  const read = documentImportBody.safeParse(body)
  if (!read.success) throw problemOf(read.error)
  const type = parseDocumentType(read.data.document_type)
  if (type === undefined) throw new Problem('BAD_REQUEST', 'document_type is none that is taken here')
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
