/** Document imports, stored in the spool. They contain no personal data. */
import { type DocumentType, documentTypes, parseDocumentType } from '@userpoint/core/mediarithmics'
import { z } from 'zod'
import type { Context } from '../context.ts'
import type { Spool, SpoolKey, SpoolWriter } from '../spool.ts'
import type { DocumentImportAnswer } from './answers.ts'
import { Problem } from './envelope.ts'
import { ascending } from './number-source.ts'
import { soundRecord } from './sound-record.ts'

const priorities = ['LOW', 'MEDIUM', 'HIGH'] as const
const name = z
  .string()
  .min(1)
  .max(1_000)
  .meta({ examples: ['nightly'] })
const encoding = z
  .string()
  .regex(/^utf-?8$/i, 'must be utf-8')
  .meta({ examples: ['utf-8'] })
const mimeType = z
  .enum(['APPLICATION_X_NDJSON', 'TEXT_CSV'])
  .meta({ description: '`TEXT_CSV` is for `USER_SEGMENT` alone' })
const priority = z.enum(priorities).meta({ description: 'Stored, but has no effect' })
const documentType = z
  .string()
  .meta({ description: `One of ${documentTypes.join(', ')}`, examples: [documentTypes[0]] })

/** The codec of the body that creates a document import. */
export const documentImportBody = z.object({
  document_type: documentType,
  mime_type: mimeType,
  encoding,
  name,
  // No default in the schema: generators of clients would require the field.
  priority: priority
    .meta({ description: 'Stored, but has no effect; MEDIUM if it is absent' })
    .optional()
    .transform((given) => given ?? 'MEDIUM')
})

const anyId = z.union([z.string(), z.number()])

/** The codec of the body that changes a document import: its name and priority; other fields must be as they are. */
export const documentImportChange = z.object({
  name: name.optional(),
  priority: priority.optional(),
  document_type: documentType.optional(),
  mime_type: mimeType.optional(),
  encoding: encoding.optional(),
  id: anyId.optional(),
  datamart_id: anyId.optional()
})

export interface DocumentImport extends z.infer<typeof documentImportBody> {
  readonly id: string
  readonly datamart_id: string
  readonly document_type: DocumentType
  /** Milliseconds since 1970. */
  readonly creation_date: number
}

/** Returns the value of a body, or the first problem of it, without any value. @throws Problem */
const read = <A>(codec: z.ZodType<A>, body: unknown): A => {
  const decoded = codec.safeParse(body)
  if (decoded.success) return decoded.data
  const path = decoded.error.issues[0]?.path.join('.') ?? ''
  throw new Problem('BAD_REQUEST', path === '' ? 'the body must be a JSON object' : `${path} is missing or invalid`)
}

const readType = (text: string): DocumentType => {
  const type = parseDocumentType(text)
  if (type === undefined)
    throw new Problem('BAD_REQUEST', `unknown document_type; expected one of ${documentTypes.join(', ')}`)
  return type
}

const documentImportRecord = z.object({
  ...documentImportBody.shape,
  id: z.string(),
  datamart_id: z.string(),
  document_type: z.enum(documentTypes),
  creation_date: z.number()
})

/** Returns whether a record of the spool is a document import with this id. */
export const isDocumentImport = (record: unknown, id: string): record is DocumentImport => {
  const decoded = documentImportRecord.safeParse(record)
  return decoded.success && decoded.data.id === id
}

/** Decodes the body of a document import. @throws Problem if it is invalid. */
export const readDocumentImport = (body: unknown): Omit<DocumentImport, 'id' | 'datamart_id' | 'creation_date'> => {
  const asked = read(documentImportBody, body)
  const type = readType(asked.document_type)
  if (asked.mime_type === 'TEXT_CSV' && type !== 'USER_SEGMENT')
    throw new Problem('BAD_REQUEST', 'this mime_type is for USER_SEGMENT alone')
  return { ...asked, document_type: type }
}

/** Returns a document import with the changes of a body. @throws Problem if the body contradicts what cannot change. */
export const changedDocumentImport = (documentImport: DocumentImport, body: unknown): DocumentImport => {
  const asked = read(documentImportChange, body)
  const fixed = {
    ...asked,
    ...(asked.document_type !== undefined && { document_type: readType(asked.document_type) }),
    ...(asked.encoding !== undefined && { encoding: documentImport.encoding })
  }
  for (const field of ['id', 'datamart_id', 'document_type', 'mime_type'] as const)
    if (fixed[field] !== undefined && `${fixed[field]}` !== documentImport[field])
      throw new Problem('BAD_REQUEST', `${field} contradicts the document import`)
  return {
    ...documentImport,
    name: asked.name ?? documentImport.name,
    priority: asked.priority ?? documentImport.priority
  }
}

/** Returns a document import as answers show it. */
export const shownDocumentImport = (documentImport: DocumentImport): DocumentImportAnswer => ({
  ...documentImport,
  // The vendor's storage has several farms; here there is one.
  datafarm_key: 'userpoint'
})

const placeOf = (datamart: string): ReadonlyArray<string> => [datamart, 'imports']

/** Returns the key of a document import's record. */
export const documentImportKey = (datamart: string, id: string): SpoolKey => [...placeOf(datamart), id]

export const keepDocumentImport = (spool: SpoolWriter, documentImport: DocumentImport): Promise<void> =>
  spool.put(documentImportKey(documentImport.datamart_id, documentImport.id), { ...documentImport })

export const removeDocumentImport = (spool: Spool, documentImport: DocumentImport): Promise<void> =>
  spool.remove(documentImportKey(documentImport.datamart_id, documentImport.id))

export const findDocumentImport = async (
  spool: Spool,
  datamart: string,
  id: string
): Promise<DocumentImport | undefined> =>
  (await spool.get(documentImportKey(datamart, id))) as DocumentImport | undefined

/** Returns a document import for a request. A damaged record is set aside. */
export const soundDocumentImport = (
  context: Pick<Context, 'spool' | 'log'>,
  datamart: string,
  id: string
): Promise<DocumentImport | undefined> =>
  soundRecord(context, documentImportKey(datamart, id), (record) => isDocumentImport(record, id))

export const documentImportIds = async (spool: Spool, datamart: string): Promise<ReadonlyArray<string>> =>
  ascending(await spool.list(placeOf(datamart)))

/** Returns the document imports whose name has these words, in any case; all without words. */
export const findDocumentImports = async (
  context: Pick<Context, 'spool' | 'log'>,
  datamart: string,
  keywords: string
): Promise<ReadonlyArray<DocumentImport>> => {
  const words = keywords
    .toLowerCase()
    .split(' ')
    .filter((word) => word !== '')
  const found: DocumentImport[] = []
  for (const importId of await documentImportIds(context.spool, datamart)) {
    const documentImport = await soundDocumentImport(context, datamart, importId)
    const text = documentImport?.name.toLowerCase() ?? ''
    if (documentImport !== undefined && words.every((word) => text.includes(word))) found.push(documentImport)
  }
  return found
}
