/** The pool and the connections of `mysql2/promise` fit without a cast. This file is only compiled. */
import type { MysqlPool, MysqlQueryable } from '@userpoint/adapter-mysql'
import type mysql from 'mysql2/promise'

type Fits<Pool extends MysqlPool> = Pool

export type Fitting = Fits<mysql.Pool>

// @ts-expect-error: a single connection does not fit, since it has no connections to give.
export type Unfitting = Fits<mysql.Connection>

type FitsWithin<Client extends MysqlQueryable> = Client

export type FittingWithin = FitsWithin<mysql.Connection> & FitsWithin<mysql.PoolConnection>
