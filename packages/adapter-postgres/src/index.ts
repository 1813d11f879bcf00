export { createPostgresRepository, hasPostgresTables } from './postgres-repository.ts'
export type { PostgresRepositoryOptions, PostgresWithinOptions } from './postgres-repository.ts'
export type { PostgresClient, PostgresPool, PostgresQueryable, PostgresResult, PostgresValue } from './postgres-pool.ts'
