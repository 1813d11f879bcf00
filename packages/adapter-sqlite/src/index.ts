export { createSqliteRepository, type SqliteWithinOptions } from './sqlite-repository.ts'
export type { SqliteRepositoryOptions } from './text-store.ts'
export type { SqliteDatabase, SqliteStatement, SqliteValue } from './sqlite-database.ts'
