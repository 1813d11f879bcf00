export { connectSqliteRepository } from './connect.ts'
export { serveSqliteRepository } from './serve.ts'
export type { SqliteThreadPort, SqliteWorker } from './port.ts'
