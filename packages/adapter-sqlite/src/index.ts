export { createSqliteRepository } from './sqlite-repository.ts'
export type { SqliteRepositoryOptions } from './sqlite-repository.ts'
export type { SqliteDatabase, SqliteStatement, SqliteValue } from './sqlite-database.ts'
