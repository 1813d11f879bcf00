/** The requirements of the adapter on a server and a pool, each with a sentence. */
import { StoreFault } from '@userpoint/core/repository'
import { castOtherwise, textRows } from './answer.ts'
import type { MysqlQueryable } from './mysql-pool.ts'

/** The properties of a server that the adapter uses. */
export interface Environment {
  /** The longest statement that the server takes, in bytes. */
  readonly maxAllowedPacket: number
  /** `true`: the server writes a commit before it answers. */
  readonly isDurable: boolean
}

const variables = [
  'autocommit',
  'innodb_flush_log_at_trx_commit',
  'max_allowed_packet',
  'sql_mode',
  'sql_select_limit',
  'transaction_isolation',
  'tx_isolation',
  'version',
  'wsrep_on',
  'wsrep_sync_wait'
] as const

type Variables = Readonly<Partial<Record<string, string>>>

const readVariables = async (client: MysqlQueryable): Promise<Variables> => {
  const names = variables.map((name) => `'${name}'`).join()
  const answer = await client.query(`show session variables where variable_name in (${names})`)
  const rows = textRows('open', answer, { columns: ['Variable_name', 'Value'] })
  return Object.fromEntries(rows.map(({ Variable_name: name, Value: value }) => [name.toLowerCase(), value]))
}

const refuse = (code: string, sentence: string): never => {
  throw new StoreFault(`mysql: open failed (${sentence})`, { applied: false, recovery: 'repair', code })
}

/** Both have `json_table` and window functions. */
const leastVersion = { MariaDB: 10.11, MySQL: 8 }

const demandVersion = ({ version = '' }: Variables): void => {
  const [, major = '0', minor = '0'] = /^(\d+)\.(\d+)/.exec(version) ?? []
  const product = /mariadb/i.test(version) ? 'MariaDB' : 'MySQL'
  const [least, leastMinor = 0] = String(leastVersion[product]).split('.').map(Number) as [number, number?]
  if (Number(major) > least || (Number(major) === least && Number(minor) >= leastMinor)) return
  refuse(
    'SERVER_VERSION',
    `the server is ${product} ${major}.${minor}: use ${product} ${leastVersion[product]} or later`
  )
}

/** The least room for a statement; the servers' own defaults are 16 MiB and more. */
const leastPacket = 1_048_576

const demandSession = (given: Variables): void => {
  if (given['autocommit'] !== 'ON') {
    refuse('AUTOCOMMIT', "the pool's connections have autocommit off, so that a load could see old data: turn it on")
  }
  const modes = (given['sql_mode'] ?? '').split(',')
  if (!modes.some((mode) => mode === 'STRICT_TRANS_TABLES' || mode === 'STRICT_ALL_TABLES')) {
    refuse('SQL_MODE', 'the sql_mode is not strict, so that values could be cut: add STRICT_TRANS_TABLES')
  }
  if (modes.includes('ORACLE') || modes.includes('EMPTY_STRING_IS_NULL')) {
    refuse('SQL_MODE', 'the sql_mode takes an empty text for none: remove ORACLE and EMPTY_STRING_IS_NULL')
  }
  if ((given['transaction_isolation'] ?? given['tx_isolation']) === 'READ-UNCOMMITTED') {
    refuse('ISOLATION', "the pool's connections read what is not committed: use another isolation level")
  }
  if (BigInt(given['sql_select_limit'] ?? '18446744073709551615') < 0xff_ff_ff_ffn) {
    refuse('SQL_SELECT_LIMIT', 'the sql_select_limit would cut answers: remove it')
  }
  if (Number(given['max_allowed_packet']) < leastPacket) {
    refuse('PACKET', `the max_allowed_packet is ${given['max_allowed_packet']}: raise it to ${leastPacket} or more`)
  }
  // Bit 1 is for reading and for the start of a transaction, with which each commit begins.
  if (given['wsrep_on'] === 'ON' && (Number(given['wsrep_sync_wait']) & 1) !== 1) {
    refuse('WSREP_SYNC_WAIT', 'a node of a cluster may be behind the others: set wsrep_sync_wait to 1')
  }
}

/** A text that no character set but Unicode has, and that no cast leaves as it is. */
const probe = 'é€😀 "\\\n\t{1,NULL}\' 007'

const demandTexts = async (client: MysqlQueryable): Promise<void> => {
  const [row] = textRows(
    'open',
    await client.execute(
      'select convert(? using utf8mb4) as text, hex(convert(? using utf8mb4)) as bytes, cast(1 as char) as number',
      [probe, probe]
    ),
    { columns: ['text', 'bytes', 'number'] }
  )
  if (row?.bytes !== Buffer.from(probe).toString('hex').toUpperCase()) {
    refuse('CHARACTER_SET', "the connection's character set has not every character: use the charset utf8mb4")
  }
  if (row?.text !== probe || row.number !== '1') throw castOtherwise('open', false)
}

/** Looks at the server and the pool, and refuses what would lose data, or answer wrongly. */
export const demandEnvironment = async (client: MysqlQueryable): Promise<Environment> => {
  const given = await readVariables(client)
  demandVersion(given)
  demandSession(given)
  await demandTexts(client)
  return {
    maxAllowedPacket: Number(given['max_allowed_packet']),
    isDurable: given['innodb_flush_log_at_trx_commit'] !== '0'
  }
}
