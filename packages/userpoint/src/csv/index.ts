/**
 * `userpoint/csv`: imports CSV files.
 *
 * @module
 */
export type { ErrorWriter } from './error-file.ts'
export { type CsvOptions, type CsvRejectionCount, type CsvReport, importCsv } from './import-csv.ts'
export type { CsvFormat } from './read-csv.ts'
export { CsvRefused, type CsvRefusedCode, ErrorFileFailed, type RowCode } from './refused.ts'
export type { Mapping, RowOf } from './table.ts'
