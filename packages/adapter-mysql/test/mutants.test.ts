// Slow: each test opens several stores, whose tables it changes.
import { createMysqlRepository, type MysqlAnswer, type MysqlClient, type MysqlPool } from '@userpoint/adapter-mysql'
import { type OpenStore, requirements, RequirementViolated } from '@userpoint/conformance'
import { type Repository, type Stored, StoreFault, type Write } from '@userpoint/core/repository'
import type mysql from 'mysql2/promise'
import { describe, expect, inject, test } from 'vitest'
import { createMysqlStore, hastyPool, type MysqlStore } from './harness.ts'
import { saying } from './meddled-pool.ts'

/** A bug of an adapter. */
interface Mutant {
  readonly name: string
  /** The requirement that must find it, and words of its message. */
  readonly finds: string
  readonly seen: RegExp
  /** Changes the tables of each store. */
  readonly table?: string
  /** Returns another text for a statement; an empty one is not sent. */
  readonly statement?: (text: string) => string
  /** Runs something on each connection before the first statement of a load. */
  readonly beforeLoad?: string
  /** Takes the server for one that takes longer statements. */
  readonly packet?: string
  readonly repository?: (correct: Repository) => Repository
}

const nothingSent: MysqlAnswer = [{ affectedRows: 0 }, undefined]

/** Counts what the server was sent. */
interface Sent {
  /** The bytes of the longest parameters of a statement. */
  longest: number
}

const mutatedPool = (pool: MysqlPool, { statement = (text) => text, beforeLoad }: Mutant, sent: Sent): MysqlPool => {
  const stale = new WeakSet<object>()
  const send = (text: string, run: (mutated: string) => Promise<MysqlAnswer>): Promise<MysqlAnswer> => {
    const mutated = statement(text)
    return mutated === '' ? Promise.resolve(nothingSent) : run(mutated)
  }
  return {
    getConnection: async () => {
      const client: MysqlClient & { readonly connection?: object } = await pool.getConnection()
      const key = client.connection ?? client
      return {
        query: (text) => send(text, (mutated) => client.query(mutated)),
        execute: async (text, values = []) => {
          if (beforeLoad !== undefined && text.includes('row_number()') && !stale.has(key)) {
            stale.add(key)
            await client.query(beforeLoad)
          }
          const bytes = values.reduce<number>((sum, value) => sum + Buffer.byteLength(String(value)), 0)
          sent.longest = Math.max(sent.longest, bytes)
          return send(text, (mutated) => client.execute(mutated, values))
        },
        release: () => client.release(),
        destroy: () => client.destroy()
      }
    }
  }
}

const poolOf = (pool: MysqlPool, mutant: Mutant, sent: Sent): MysqlPool => {
  const mutated = mutatedPool(pool, mutant, sent)
  return mutant.packet === undefined ? mutated : saying(mutated, 'max_allowed_packet', mutant.packet)
}

const mutatedStore = (mutant: Mutant, sent: Sent) => async (): Promise<OpenStore> => {
  const store: MysqlStore = createMysqlStore(inject('mysql'))
  const pools: mysql.Pool[] = []
  let isChanged = false
  const open = async (url = inject('mysql'), answerTimeout = 60_000): Promise<Repository> => {
    const pool = hastyPool(url)
    pools.push(pool)
    const repository = await createMysqlRepository(poolOf(pool, mutant, sent), {
      database: store.database,
      answerTimeout
    })
    // The adapter refuses tables that were changed, so they are changed once it is open.
    if (!isChanged && mutant.table !== undefined) await store.pool.query(mutant.table.replaceAll('DB', store.database))
    isChanged = true
    return mutant.repository?.(repository) ?? repository
  }
  return {
    repository: await open(),
    peer: () => open(),
    endpoint: async () => {
      const { address, line } = await store.line()
      return { repository: await open(address, 600), line }
    },
    dispose: async () => {
      for (const pool of pools) await pool.end()
      await store.remove()
    }
  }
}

const codeOf = (error: unknown): unknown => (error instanceof StoreFault ? error.applied : false)

/** Answers a commit in another way. */
const committing =
  (
    commit: (correct: Repository, writes: ReadonlyArray<Write>) => Promise<{ readonly _tag: 'Committed' | 'Conflict' }>
  ) =>
  (correct: Repository): Repository => ({ ...correct, commit: (writes) => commit(correct, writes) })

const withoutVersions = (text: string): string =>
  text.replaceAll(/if\(\S+version = values\(version\) - 1, (values\(\w+\)), [^)]*\)/g, '$1')

const intoClaims = /^insert into (?=\S+userpoint_claim)/

const mutants: ReadonlyArray<Mutant> = [
  {
    name: 'a load in two statements',
    finds: 'PO-2.one-moment',
    seen: /part of a batch|load/,
    repository: (correct) => ({
      ...correct,
      load: async (references) => {
        const half = Math.ceil(references.length / 2)
        const first = await correct.load(references.slice(0, half))
        if (half === references.length) return first
        return [...first, ...(await correct.load(references.slice(half)))]
      }
    })
  },
  {
    name: 'a collation that pads and folds',
    finds: 'PO-4.claims',
    seen: /conflicted|claim/,
    table:
      'alter table DB.userpoint_claim modify claim varchar(512) character set utf8mb4 collate utf8mb4_general_ci not null'
  },
  {
    name: 'an index of a prefix',
    finds: 'PO-4.claims',
    seen: /conflicted|claim/,
    table: 'alter table DB.userpoint_claim drop primary key, add primary key (datamart_id, claim(20))'
  },
  {
    name: 'a connection that goes back inside a transaction',
    finds: 'PO-5.all-or-nothing',
    seen: /after a conflict/,
    statement: (text) => (text === 'rollback' ? '' : text)
  },
  {
    name: 'no comparison of versions',
    finds: 'PO-6.expected',
    seen: /landed although/,
    statement: withoutVersions
  },
  {
    name: 'a comparison of versions in JavaScript',
    finds: 'PO-8.lost-update',
    // The one that is written last is there, so that one of these is said.
    seen: /raced for|both of two commits landed/,
    statement: withoutVersions,
    repository: committing(async (correct, writes) => {
      const found = await correct.load(writes.map(({ kind, id }) => ({ _tag: 'ById', kind, id })))
      const holds = writes.every(({ expected }, at) => (found[at]?.version ?? 0) === expected)
      return holds ? await correct.commit(writes) : { _tag: 'Conflict' }
    })
  },
  {
    name: 'a deletion of any version',
    finds: 'PO-8.delete-race',
    seen: /both of two commits landed|after the update/,
    statement: (text) => text.replace(/ and \S+version = given_version/, '')
  },
  {
    name: 'a deletion that does not release',
    finds: 'PO-10.deleted',
    seen: /conflicted/,
    statement: (text) => (/^delete \S+userpoint_claim /.test(text) ? '' : text)
  },
  {
    name: 'utf8mb3',
    finds: 'PO-4.bodies',
    seen: /1366/,
    table: 'alter table DB.userpoint_document modify body longtext character set utf8mb3 not null'
  },
  {
    name: 'insert ignore',
    finds: 'PO-7.claim-unique',
    seen: /landed/,
    statement: (text) => text.replace(intoClaims, 'insert ignore into ')
  },
  {
    name: 'replace',
    finds: 'PO-7.claim-unique',
    seen: /landed/,
    statement: (text) => text.replace(intoClaims, 'replace into ')
  },
  {
    name: 'a JSON column',
    finds: 'PO-4.bodies',
    seen: /casts values/,
    table: 'alter table DB.userpoint_document modify body json not null'
  },
  {
    name: 'a text of 64 KiB',
    finds: 'PO-4.bodies',
    seen: /body is not JSON/,
    table: 'alter table DB.userpoint_document modify body text character set utf8mb4 not null'
  },
  {
    name: 'autocommit',
    finds: 'PO-5.line',
    seen: /a part of a batch is written/,
    statement: (text) => (/^(?:set transaction|start transaction|commit|rollback)/.test(text) ? '' : text)
  },
  {
    name: 'a scan by offset',
    finds: 'PO-11.steady',
    seen: /steady document/,
    repository: (correct) => ({
      ...correct,
      async *scan(kind, { after = '', limit = Number.POSITIVE_INFINITY } = {}) {
        for (let offset = 0; offset < limit; offset += 50) {
          const all: Stored[] = []
          for await (const one of correct.scan(kind, { after })) all.push(one)
          const page = all.slice(offset, Math.min(offset + 50, limit))
          yield* page
          if (page.length < 50) return
        }
      }
    })
  },
  {
    name: 'a snapshot that stays open',
    finds: 'PO-3.peer',
    seen: /of the other handle/,
    beforeLoad: 'start transaction with consistent snapshot'
  },
  {
    name: 'a retry after an unknown outcome',
    finds: 'PO-15.line',
    seen: /conflict with its own batch/,
    repository: committing(async (correct, writes) => {
      try {
        return await correct.commit(writes)
      } catch (error) {
        if (codeOf(error) === false) throw error
        return await correct.commit(writes)
      }
    })
  },
  {
    name: 'every error as `applied: false`',
    finds: 'PO-15.line',
    seen: /said that nothing was written, and the batch landed/,
    repository: committing(async (correct, writes) => {
      try {
        return await correct.commit(writes)
      } catch (cause) {
        throw new StoreFault('mysql: commit failed', { applied: false, recovery: 'retry', cause })
      }
    })
  },
  {
    name: 'every error as `Conflict`, a deadlock among them',
    finds: 'PO-15.line',
    seen: /conflict/,
    repository: committing(async (correct, writes) => {
      try {
        return await correct.commit(writes)
      } catch {
        return { _tag: 'Conflict' }
      }
    })
  },
  {
    name: 'statements of any length',
    finds: 'PO-5.wide',
    // The server hangs up while the rest of such a statement arrives, so its answer, error 1153, may be lost.
    seen: /1153|the connection was cut/,
    packet: '1073741824'
  },
  {
    name: 'an early acknowledgement',
    finds: 'PO-3.line',
    seen: /over a slow line/,
    repository: committing(async (correct, writes) => {
      void Promise.resolve(correct.commit(structuredClone(writes))).catch(() => undefined)
      return { _tag: 'Committed' }
    })
  }
]

const longestTaken = async (): Promise<number> => {
  const pool = hastyPool(inject('mysql'))
  const [rows] = await pool.query<mysql.RowDataPacket[]>('select @@max_allowed_packet as bytes')
  await pool.end()
  return Number(rows[0]?.['bytes'])
}

describe('the suite finds in this adapter', () => {
  test.each(mutants)('$name ($finds)', async (mutant) => {
    const sent: Sent = { longest: 0 }
    const requirement = requirements.find(({ key }) => key === mutant.finds)
    const error: unknown = await requirement
      ?.run({ name: 'mutant', open: mutatedStore(mutant, sent) }, { runs: 1, seed: 1, shrink: false })
      .catch((thrown: unknown) => thrown)
    expect(error).toBeInstanceOf(RequirementViolated)
    expect(error instanceof RequirementViolated ? error.violation.what : '').toMatch(mutant.seen)
    if (mutant.packet !== undefined) expect(sent.longest).toBeGreaterThan(await longestTaken())
  })
})
