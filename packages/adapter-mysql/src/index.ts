export { createMysqlRepository, hasMysqlTables } from './mysql-repository.ts'
export type { MysqlRepositoryOptions, MysqlWithinOptions } from './mysql-repository.ts'
export type { MysqlAnswer, MysqlClient, MysqlPool, MysqlQueryable } from './mysql-pool.ts'
