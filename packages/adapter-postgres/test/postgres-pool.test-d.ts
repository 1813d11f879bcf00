/** The pool of `pg` fits without a cast. This file is only compiled. */
import type { PostgresPool } from '@userpoint/adapter-postgres'
import type pg from 'pg'

type Fits<Pool extends PostgresPool> = Pool

export type Fitting = Fits<pg.Pool>

// @ts-expect-error: a single client does not fit, since it has no connections to give.
export type Unfitting = Fits<pg.Client>
