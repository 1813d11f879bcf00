/** Each driver's own type fits without a cast. This file is only compiled. */
import type { DatabaseSyncInstance } from '@photostructure/sqlite'
import type { SqliteDatabase } from '@userpoint/adapter-sqlite'
import type BetterSqlite3 from 'better-sqlite3'
import type Libsql from 'libsql'

type Fits<Database extends SqliteDatabase> = Database

export type Fitting = [Fits<BetterSqlite3.Database>, Fits<Libsql.Database>, Fits<DatabaseSyncInstance>]

// @ts-expect-error: a database whose `exec` answers later does not fit.
export type Unfitting = Fits<{ exec(sql: string): Promise<void>; prepare(sql: string): Promise<unknown> }>
