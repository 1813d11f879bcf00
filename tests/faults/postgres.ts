/** PostgreSQL behind a proxy: connections are terminated, cut, half-closed and go silent at random moments. */
import { createPostgresRepository } from '@userpoint/adapter-postgres'
import type { ExecutionReport } from '@userpoint/core'
import type { Repository } from '@userpoint/core/repository'
import pg from 'pg'
import { v7 } from 'uuid'
import { dropSchema } from '../../packages/adapter-postgres/test/drop-schema.ts'
import { type Chance, pause } from './chance.ts'
import { createProxy, type Harm } from './proxy.ts'
import { appends, cleanRun, demandSame, engineOver, erasures, type Result, resultOf, runToEnd } from './story.ts'
import type { Campaign } from './table.ts'

const onLoopback = ['test', 'postgres'].map((database) => `postgres://postgres@127.0.0.1:5432/${database}`)

/** Returns the address of a server; `undefined`: no server answers. */
export const findPostgres = async (): Promise<string | undefined> => {
  const given = process.env['DATABASE_URL']
  for (const url of given === undefined || given === '' || given === 'embedded' ? onLoopback : [given]) {
    const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 2_000 })
    try {
      await client.connect()
      await client.query('select 1')
      return url
    } catch {
      // Try the next one.
    } finally {
      await client.end().catch(() => undefined)
    }
  }
  return undefined
}

type Kind = Harm | 'terminated'

interface Injector {
  readonly stop: () => Promise<void>
  readonly count: () => number
}

/** Faults come at moments of the clock, at most so many: on a machine on which no unit fits between two of them, the rest is done after the last. */
const startInjecting = (inject: () => Promise<boolean>, chance: Chance, every: number, most: number): Injector => {
  let isOver = false
  let count = 0
  const injecting = (async () => {
    while (!isOver && count < most) {
      await pause(5 + chance.below(every))
      if (!isOver && (await inject())) count++
    }
  })()
  return {
    count: () => count,
    stop: async () => {
      isOver = true
      await injecting
    }
  }
}

interface Imported {
  readonly schema: string
  readonly datamart: string
  readonly reports: ReadonlyArray<ExecutionReport>
  readonly files: ReadonlyArray<string>
}

/** Returns the result, read through a connection that no fault has reached. */
const resultAfter = async (url: string, { schema, datamart, reports, files }: Imported): Promise<Result> => {
  const pool = new pg.Pool({ connectionString: url, max: 1 })
  try {
    return await resultOf(engineOver(await createPostgresRepository(pool, { schema, datamart })), reports, files)
  } finally {
    await pool.end()
  }
}

export const postgresCampaign = (url: string, kind: Kind, wanted: number): Campaign => ({
  name: `PostgreSQL: connections ${kind === 'silent' ? 'go silent' : kind}`,
  run: async ({ chance, folder, onFault }) => {
    const admin = new pg.Client({ connectionString: url })
    await admin.connect()
    const { hostname, port } = new URL(url)
    const proxy = await createProxy(hostname, Number(port || 5_432))
    const schema = `faults_${v7().replaceAll('-', '')}`
    const proxied = new URL(url)
    proxied.hostname = '127.0.0.1'
    proxied.port = String(proxy.port)
    const name = `faults-${process.pid}`
    const pool = new pg.Pool({
      connectionString: proxied.href,
      max: 3,
      application_name: name,
      connectionTimeoutMillis: 2_000
    })
    pool.on('error', () => undefined)
    try {
      await createPostgresRepository(pool, { schema })
      const inject = async (): Promise<boolean> => {
        if (kind !== 'terminated') return proxy.harm(kind, chance)
        const { rowCount } = await admin.query(
          'select pg_terminate_backend(pid) from pg_stat_activity where application_name = $1 order by random() limit 1',
          [name]
        )
        return (rowCount ?? 0) > 0
      }
      let faults = 0
      for (let round = 1; faults < wanted && round <= 40; round++) {
        const documents = [appends(1_200, 60, chance), erasures(8)]
        const clean = await cleanRun(documents, folder)
        const datamart = `round-${round}`
        let repository: Repository | undefined
        const open = async () => {
          repository ??= await createPostgresRepository(pool, {
            schema,
            datamart,
            answerTimeout: 400,
            lockTimeout: 300
          })
          return engineOver(repository)
        }
        const injector = startInjecting(inject, chance, kind === 'silent' ? 400 : 60, 4 * wanted)
        const reports: ExecutionReport[] = []
        const files = documents.map((_, n) => `${folder}/pg-${kind}-${round}-${n}.ndjson`)
        try {
          for (const [n, document] of documents.entries()) {
            const run = { id: `document-${n}`, document, verdicts: files[n] ?? '' }
            reports.push(await runToEnd(open, run, () => pause(20)))
          }
        } finally {
          await injector.stop()
        }
        faults += injector.count()
        onFault(injector.count())
        demandSame(await resultAfter(url, { schema, datamart, reports, files }), clean, `PostgreSQL, ${kind}`)
      }
    } finally {
      await pool.end().catch(() => undefined)
      await proxy.close()
      await dropSchema(admin, schema)
      await admin.end()
    }
  }
})
