/** Imports a CSV: each row becomes a line of a document. */
import {
  aFunction,
  aSignal,
  aText,
  demandOptions,
  oneOf,
  type OptionNames,
  type OptionValues,
  WrongCall
} from '@userpoint/core/repository'
import type { ExecutionReport, ImportReport, RejectionCode } from '@userpoint/core'
import type { DocumentType, Line } from '@userpoint/core/mediarithmics'
import { UserpointFailed } from '../failure.ts'
import { texts } from '../option-names.ts'
import { openSource, type Source } from '../source.ts'
import type { ImportOptions, Userpoint } from '../calls.ts'
import { type ErrorFile, type ErrorWriter, inWordsOfCsv, openErrorFile, requireApart } from './error-file.ts'
import { requireFormat } from './read-csv.ts'
import { CsvRefused, ErrorFileFailed, type RowCode } from './refused.ts'
import { type Mapping, type RowOf, tableOf } from './table.ts'

export interface CsvOptions<Type extends DocumentType, Column extends string>
  extends Mapping<Column>,
    Pick<ImportOptions, 'execution' | 'maxRejected' | 'onProgress' | 'otherSettings' | 'signal'> {
  readonly line: (row: RowOf<Column>) => Line<Type>
  /**
   * Receives the rejected rows as a CSV: a path, or a function that takes its text piece by piece. An execution needs a
   * path, because a later run continues the file.
   */
  readonly errors?: string | URL | ErrorWriter
}

const optionNames: OptionNames<CsvOptions<DocumentType, string>> = {
  columns: 'needed',
  line: 'needed',
  delimiter: 'optional',
  encoding: 'optional',
  errors: 'optional',
  execution: 'optional',
  maxRejected: 'optional',
  onProgress: 'optional',
  otherSettings: 'optional',
  signal: 'optional'
}

const optionValues: OptionValues<CsvOptions<DocumentType, string>> = {
  columns: texts,
  line: aFunction,
  delimiter: aText,
  encoding: aText,
  errors: {
    holds: (value) =>
      value instanceof URL || (typeof value === 'string' && value !== '') || typeof value === 'function',
    expected: 'a path or a function'
  },
  onProgress: aFunction,
  otherSettings: oneOf('refuse', 'accept'),
  signal: aSignal
}

/** The rejected rows with one code. */
export interface CsvRejectionCount {
  readonly code: RejectionCode | RowCode
  readonly count: number
  /** The first few lines of the CSV with this code. */
  readonly lines: ReadonlyArray<number>
}

type InWordsOfCsv<Report> = Omit<Report, 'rejections'> & {
  readonly rejections: ReadonlyArray<CsvRejectionCount>
}

/** The result of a CSV. `lines` is the number of its rows; places are lines of the file, from 1. */
export type CsvReport = InWordsOfCsv<ImportReport> | InWordsOfCsv<ExecutionReport>

const reportOf = (report: ImportReport | ExecutionReport): CsvReport => ({
  ...report,
  rejections: report.rejections
    .map(({ code, count, lines }) => ({ code: inWordsOfCsv({ code, message: '' }).code, count, lines }))
    .sort((a, b) => b.count - a.count || (a.code < b.code ? -1 : 1))
})

/** Applies the document, and writes the error CSV in step with it. */
const importWith = async (
  people: Pick<Userpoint, 'import'>,
  type: DocumentType,
  document: Source,
  options: ImportOptions,
  errors: ErrorFile | undefined
): Promise<ImportReport | ExecutionReport> => {
  if (errors === undefined) return people.import(type, document, options)
  if (options.execution !== undefined) return people.import(type, document, { ...options, verdictSink: errors.sink })
  await errors.begin()
  let length = 0
  const report = await people.import(type, document, {
    ...options,
    onVerdicts: async (verdicts) => {
      length = await errors.sink(verdicts, length)
    }
  })
  if (length === 0) await errors.sink([], 0)
  return report
}

/**
 * Applies a CSV, row by row: `line` makes a line of the document of each row. A rejected row does not stop the others; it is
 * counted, and written to `errors` with its line, a code and a sentence. Of a CSV that is refused as a whole, nothing is
 * applied.
 *
 * @param source A path, text with a line break, bytes, a Blob, a stream, or a function that gives bytes, a Blob or a
 *   stream. gzip is unpacked.
 * @throws CsvRefused where the file as a whole is wrong: empty, without a column, in another encoding, with an open
 *   quotation mark.
 * @throws ErrorFileFailed where the error CSV cannot be written. Otherwise as `people.import` does.
 *
 * @example
 * ```ts
 * import { createMemoryRepository } from '@userpoint/adapter-memory'
 * import { createUserpoint } from 'userpoint'
 * import { importCsv } from 'userpoint/csv'
 *
 * const people = createUserpoint({ repository: createMemoryRepository() })
 * const report = await importCsv(people, 'USER_PROFILE', 'hash,city\n9f86d081,Paris\n,Lyon\n', {
 *   columns: ['hash', 'city'],
 *   line: ({ hash, city }) => ({ operation: 'UPSERT', email_hash: hash, force_replace: false, user_profile: { city } }),
 *   errors: (text) => process.stdout.write(text)
 * })
 * console.log(report.applied, report.rejected) // => 1 1
 * ```
 */
export const importCsv = async <Type extends DocumentType, const Column extends string>(
  people: Pick<Userpoint, 'import'>,
  type: Type,
  source: Source,
  given: CsvOptions<Type, Column>
): Promise<CsvReport> => {
  demandOptions('importCsv', given, optionNames, optionValues)
  const { errors, columns, line, delimiter, encoding, onProgress, ...options } = given
  if (options.execution !== undefined && typeof errors === 'function')
    throw new WrongCall(
      'WRONG_ARGUMENT',
      'an execution needs the path of its error CSV, because a later run continues the file'
    )
  const format = requireFormat({
    ...(delimiter !== undefined && { delimiter }),
    ...(encoding !== undefined && { encoding })
  })
  // Before anything is awaited, since a stream without a reader that fails would end the process.
  const { input, close } = await openSource(source, { kind: 'csv', signal: options.signal })
  const open = typeof input === 'function' ? input : () => [input]
  async function* bytesOf() {
    yield* open()
  }
  const table = tableOf(bytesOf, { columns, line, ...format })
  const errorFile = errors === undefined ? undefined : openErrorFile(errors, table, format.delimiter)
  let bytes = 0
  const document = () => {
    bytes = 0
    return table.document((length) => {
      bytes += length
    })
  }
  try {
    await requireApart(source, errors)
    const told = onProgress && {
      onProgress: (progress: Parameters<typeof onProgress>[0]) => onProgress({ ...progress, bytes })
    }
    return reportOf(await importWith(people, type, document, { ...options, ...told, framing: 'strict' }, errorFile))
  } catch (error) {
    if (error instanceof UserpointFailed && error.cause instanceof ErrorFileFailed)
      throw new ErrorFileFailed(error.cause.code, error.cause.cause, error.report)
    const isRefused = error instanceof UserpointFailed && error.cause instanceof CsvRefused
    throw isRefused && error.certain === 'nothing-applied' ? error.cause : error
  } finally {
    await errorFile?.close()
    await close()
  }
}
