export { createPostgresRepository, hasPostgresTables } from './postgres-repository.ts'
export type { PostgresRepositoryOptions } from './postgres-repository.ts'
export type { PostgresClient, PostgresPool, PostgresResult, PostgresValue } from './postgres-pool.ts'
