/**
 * The campaign on the feed: four writers and two followers are killed (`SIGKILL`) again and again. After each round the mirror
 * must have exactly the people of the store, and the counter must have each change once.
 *
 *     npm run followers [-- --kills 200] [--seed N] [--only sqlite|postgres|mariadb]
 */
import { type ChildProcess, fork } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { fromStored, type StoredUserPoint } from '@userpoint/core/user-point'
import mysql from 'mysql2/promise'
import pg from 'pg'
import { dropSchema } from '../../packages/adapter-postgres/test/drop-schema.ts'
import { only, option, say, seed } from '../arguments.ts'
import { type Chance, chanceFrom, pause, within } from '../faults/chance.ts'
import { findPostgres } from '../faults/postgres.ts'
import { openMirror, personText } from './mirror.ts'
import { type OpenStore, openStore, type Place } from './store.ts'

const writers = 4
const killsOfRound = 5
/** The longest wait for the end of a process, in milliseconds: a machine may have ten times as much to do as it can. */
const bound = 600_000

/** A process of the campaign, which is started again when it was killed. */
class Worker {
  readonly #script: string
  readonly #args: () => ReadonlyArray<string>
  #child: ChildProcess
  #started: Promise<void>
  #exit: Promise<number | null>

  constructor(script: string, args: () => ReadonlyArray<string>) {
    this.#script = fileURLToPath(new URL(script, import.meta.url))
    this.#args = args
    ;[this.#child, this.#started, this.#exit] = this.#start()
  }

  #start(): [ChildProcess, Promise<void>, Promise<number | null>] {
    const child = fork(this.#script, [...this.#args()], { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] })
    const exit = new Promise<number | null>((resolve) => child.once('exit', (code) => resolve(code)))
    const started = new Promise<void>((resolve) => child.once('message', () => resolve()))
    return [child, Promise.race([started, exit.then(() => undefined)]), exit]
  }

  async kill(): Promise<void> {
    await this.#started
    if (this.#child.exitCode !== null) throw new Error(`${this.#script} has ended by itself`)
    this.#child.kill('SIGKILL')
    await this.#exit
    ;[this.#child, this.#started, this.#exit] = this.#start()
  }

  async finish(): Promise<void> {
    await this.#started
    if (this.#child.connected) this.#child.send('finish')
    const code = await within(bound, this.#exit).finally(() => this.#child.kill('SIGKILL'))
    if (code !== 0) throw new Error(`${this.#script} ended with ${code}`)
  }

  abandon(): void {
    this.#child.kill('SIGKILL')
  }
}

const peopleOf = async ({ repository }: OpenStore): Promise<ReadonlyMap<string, string>> => {
  const people = new Map<string, string>()
  for await (const { id, body } of repository.scan('user_point'))
    people.set(id, personText(fromStored(body as StoredUserPoint)))
  return people
}

/** Returns how two sets of people differ; `undefined`: they are the same. */
const differenceOf = (
  stored: ReadonlyMap<string, string>,
  mirrored: ReadonlyMap<string, string>
): string | undefined => {
  const missing = [...stored.keys()].filter((id) => !mirrored.has(id)).length
  const extra = [...mirrored.keys()].filter((id) => !stored.has(id)).length
  const other = [...stored].filter(([id, text]) => mirrored.has(id) && mirrored.get(id) !== text).length
  return missing + extra + other === 0 ? undefined : `${missing} missing, ${extra} too many, ${other} different`
}

/** Demands that the mirror is the store, and that the counter has each change that the mirror was told, once. */
const compare = async (
  store: OpenStore,
  mirrorFile: string
): Promise<{ readonly people: number; readonly changes: number }> => {
  const mirror = openMirror(mirrorFile)
  try {
    const people = await peopleOf(store)
    const difference = differenceOf(people, mirror.people())
    if (difference !== undefined) {
      let left = 0
      for await (const _ of store.repository.scan('change')) left++
      throw new Error(`the mirror differs from the store: ${difference}; ${left} entries are not read`)
    }
    const counted = await store.counted()
    const told = mirror.told()
    for (const [id, times] of counted) {
      if (times !== 1) throw new Error(`a change is counted ${times} times`)
      if (!told.has(id) && !id.startsWith('present.'))
        throw new Error('a change was counted that the mirror was not told')
    }
    for (const id of told) if (!counted.has(id)) throw new Error('a change that the mirror was told is not counted')
    for await (const _ of store.repository.scan('change')) throw new Error('an entry is left that both have')
    return { people: people.size, changes: told.size }
  } finally {
    mirror.close()
  }
}

const runRound = async (place: Place, mirrorFile: string, kills: number, chance: Chance): Promise<void> => {
  const where = JSON.stringify(place)
  const writing = Array.from(
    { length: writers },
    () => new Worker('writer.ts', () => [where, `${chance.below(2 ** 31)}`])
  )
  const following = [new Worker('reader.ts', () => [where, mirrorFile]), new Worker('reader.ts', () => [where])]
  const all = [...writing, ...following]
  try {
    for (let killed = 0; killed < kills; killed++) {
      // A follower is killed as often as a writer.
      const some = chance.below(2) === 0 ? writing : following
      const victim = some[chance.below(some.length)]
      await pause(20 + chance.below(400))
      await victim?.kill()
    }
    await Promise.all(writing.map((each) => each.finish()))
    // One after the other: what the first one has, the second one drops.
    for (const each of following) await each.finish()
  } finally {
    for (const each of all) each.abandon()
  }
}

const campaign = async (name: string, place: Place, folder: string, kills: number, chance: Chance): Promise<number> => {
  const mirrorFile = join(folder, `${name}-mirror.db`)
  const store = await openStore(place)
  try {
    // Both begin before the first change, so each change is told to both.
    for (const consumer of ['mirror', 'counter'])
      for await (const _ of store.engine.changes({ consumer, atEnd: 'stop' })) throw new Error('the store is not empty')
    let killed = 0
    for (let round = 1; killed < kills; round++) {
      const some = Math.min(killsOfRound, kills - killed)
      await runRound(place, mirrorFile, some, chance)
      killed += some
      const { people, changes } = await compare(store, mirrorFile)
      say(`${name}: round ${round}, killed ${killed} times: ${people} people, ${changes} changes, each counted once`)
    }
    return killed
  } finally {
    await store.close()
  }
}

const onPostgres = async (url: string, work: (place: Place) => Promise<number>): Promise<number> => {
  const schema = `userpoint_test_${randomUUID().replaceAll('-', '')}`
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    await (await openStore({ url, schema })).close()
    await client.query(`create table ${schema}.counted (id text not null)`)
    return await work({ url, schema })
  } finally {
    await dropSchema(client, schema)
    await client.end()
  }
}

/** Returns the address of a MariaDB server; `undefined`: no server answers. */
const findMysql = async (): Promise<string | undefined> => {
  const given = process.env['DATABASE_URL_MYSQL'] ?? ''
  const uri = given === '' ? 'mysql://root@127.0.0.1:3306/' : given
  try {
    await (await mysql.createConnection({ uri, connectTimeout: 2_000 })).end()
    return uri
  } catch {
    return undefined
  }
}

const onMysql = async (url: string, work: (place: Place) => Promise<number>): Promise<number> => {
  const database = `userpoint_test_${randomUUID().replaceAll('-', '')}`
  const client = await mysql.createConnection({ uri: url })
  try {
    await client.query(`create database ${database}`)
    return await work({ url, database })
  } finally {
    await client.query(`drop database if exists ${database}`)
    await client.end()
  }
}

type Work = (place: Place) => Promise<number>

/** Returns the stores that are there, with what runs the campaign on each. */
const storesIn = async (folder: string): Promise<ReadonlyArray<readonly [string, (work: Work) => Promise<number>]>> => {
  const [postgres, mariadb] = [await findPostgres(), await findMysql()]
  if (postgres === undefined)
    say('SKIPPED: THE KILLS ON POSTGRESQL, because no server answers at DATABASE_URL or on 127.0.0.1:5432.')
  if (mariadb === undefined)
    say('SKIPPED: THE KILLS ON MARIADB, because no server answers at DATABASE_URL_MYSQL or on 127.0.0.1:3306.')
  return [
    ['sqlite', (work) => work({ file: join(folder, 'people.db') })],
    ...(postgres === undefined ? [] : [['postgres', (work: Work) => onPostgres(postgres, work)] as const]),
    ...(mariadb === undefined ? [] : [['mariadb', (work: Work) => onMysql(mariadb, work)] as const])
  ]
}

const main = async (): Promise<number> => {
  const kills = Number(option('--kills') ?? 200)
  const chance = chanceFrom(seed)
  const folder = mkdtempSync(join(tmpdir(), 'userpoint-followers-'))
  let killed = 0
  try {
    const stores = (await storesIn(folder)).filter(([name]) => name.includes(only))
    for (const [at, [name, onStore]] of stores.entries()) {
      const some = Math.ceil((kills - killed) / (stores.length - at))
      killed += await onStore((place) => campaign(name, place, folder, some, chance))
    }
    say(`killed ${killed} times: the mirror was the store each time, and no change was counted twice (seed ${seed})`)
    return 0
  } catch (error) {
    say(`${error instanceof Error ? error.message : 'an unknown error'} (seed ${seed})`)
    return 1
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

process.exitCode = await main()
