/** Opens a database: looks at the server and the pool, and gives the database its tables. */
import { StoreFault } from '@userpoint/core/repository'
import { textRows } from './answer.ts'
import { type Connections, withClient } from './connection.ts'
import { demandEnvironment, type Environment } from './environment.ts'
import { columns, migrations, migrationTable, type Names } from './migrations.ts'
import { attempt, isStillGood, serverError } from './mysql-error.ts'
import type { MysqlQueryable } from './mysql-pool.ts'

/** Returns the number of migrations of the database; 0: it has none of our tables. */
const readVersion = async (client: MysqlQueryable, { migration }: Names): Promise<number> => {
  try {
    const answer = await client.query(`select cast(coalesce(max(version), 0) as char) as version from ${migration}`)
    return Number(textRows('open', answer, { columns: ['version'] })[0]?.version)
  } catch (error) {
    // ER_BAD_DB_ERROR, ER_NO_SUCH_TABLE
    if ([1049, 1146].includes(serverError(error) ?? 0)) return 0
    if (serverError(error) === 1054) throw notOurs()
    throw error
  }
}

const notOurs = (): StoreFault =>
  new StoreFault(
    'mysql: the tables userpoint_document, userpoint_claim and userpoint_migration are not those that this adapter makes',
    { applied: false, recovery: 'repair', code: 'TABLES' }
  )

/** Makes what is missing. Several sessions may do so at once: each statement leaves what is there. */
const bringUp = async (client: MysqlQueryable, names: Names, from: number): Promise<void> => {
  await client.query(`create database if not exists ${names.database}`)
  await client.query(migrationTable(names))
  for (const [index, statementsOf] of migrations.entries()) {
    if (index < from) continue
    for (const statement of statementsOf(names)) await client.query(statement)
    await client.query(`insert ignore into ${names.migration} (version) values (${index + 1})`)
  }
}

const tellColumns = `
    select ${['table_name', 'column_name', 'data_type', 'engine', 'length', 'characters']
      .map((name) => `cast(${name} as char) as told_${name}`)
      .join(', ')}
    from (
      select c.table_name, c.column_name, c.data_type, t.engine,
        coalesce(c.character_maximum_length, '-') as length, coalesce(c.character_set_name, '-') as characters
      from information_schema.columns as c
      join information_schema.tables as t on t.table_schema = c.table_schema and t.table_name = c.table_name
      where c.table_schema = ? and c.table_name in ('userpoint_document', 'userpoint_claim', 'userpoint_migration')
    ) as told`

/** Refuses tables that another program has created, or has changed so that they would lose data. */
const demandTables = async (client: MysqlQueryable, names: Names): Promise<void> => {
  const rows = textRows('open', await client.execute(tellColumns, [names.name]), {
    columns: ['told_table_name', 'told_column_name', 'told_data_type', 'told_engine', 'told_length', 'told_characters']
  })
  for (const [table, wanted] of Object.entries(columns)) {
    for (const { name, told } of wanted) {
      const found = rows.find(
        (row) => row.told_table_name === `userpoint_${table}` && row.told_column_name.toLowerCase() === name
      )
      const type = `${found?.told_data_type} ${found?.told_length} ${found?.told_characters}`
      if (found?.told_engine !== 'InnoDB' || type !== told) throw notOurs()
    }
  }
}

/** Brings the database to this version's tables; refuses one that is newer, or that is not ours. */
const migrate = async (client: MysqlQueryable, names: Names): Promise<void> => {
  const version = await readVersion(client, names)
  if (version > migrations.length) {
    throw new StoreFault(
      `mysql: the database is of version ${version}, and this adapter knows none after ${migrations.length}`,
      { applied: false, recovery: 'repair' }
    )
  }
  // Where the tables are there already, nothing but reading and writing them is asked of the user.
  if (version < migrations.length) await bringUp(client, names, version)
  await demandTables(client, names)
}

/** Returns whether the database was given its tables; makes nothing. */
export const hasTables = (connections: Connections, names: Names): Promise<boolean> =>
  attempt('open', async () => (await withClient(connections, (client) => readVersion(client, names), isStillGood)) > 0)

/** Looks at the server and the pool, and runs the migrations. */
export const open = (connections: Connections, names: Names): Promise<Environment> =>
  attempt('open', () =>
    withClient(
      connections,
      async (client) => {
        const environment = await demandEnvironment(client)
        await migrate(client, names)
        return environment
      },
      isStillGood
    )
  )
