/** A copy of the people in a file of its own, as another system would keep it; and which changes it was told. */
import { DatabaseSync } from '@photostructure/sqlite'
import type { Change } from '@userpoint/core/feed'

/** The times of writes, which an upsert that alters nothing moves and no change tells of. */
const times = new Set(['modifiedAt', 'writtenAt', 'parts', 'tick', 'dataBagAt'])

/** Returns a person as text, without the times of writes. */
export const personText = (point: unknown): string =>
  JSON.stringify(point, (name, value: unknown) => (times.has(name) ? undefined : value))

export interface Mirror {
  readonly apply: (change: Change) => void
  readonly people: () => ReadonlyMap<string, string>
  /** The ids of the changes that were told, without those of the beginning. */
  readonly told: () => ReadonlySet<string>
  readonly close: () => void
}

export const openMirror = (file: string): Mirror => {
  const database = new DatabaseSync(file)
  database.exec('pragma busy_timeout = 10000')
  database.exec('create table if not exists person (id text primary key, body text)')
  database.exec('create table if not exists told (id text primary key)')
  const put = database.prepare('insert or replace into person values (?, ?)')
  const remove = database.prepare('delete from person where id = ?')
  const note = database.prepare('insert or ignore into told values (?)')
  const all = (query: string): ReadonlyArray<Record<string, unknown>> =>
    database.prepare(query).all() as ReadonlyArray<Record<string, unknown>>
  return {
    apply: ({ _tag, id, userPoint, merged, now }) => {
      database.exec('begin immediate')
      for (const absorbed of merged) remove.run(absorbed.id)
      if (now === undefined) remove.run(userPoint)
      else put.run(userPoint, personText(now.point))
      if (_tag !== 'Present') note.run(id)
      database.exec('commit')
    },
    people: () => new Map(all('select * from person').map(({ id, body }) => [String(id), String(body)])),
    told: () => new Set(all('select * from told').map(({ id }) => String(id))),
    close: () => database.close()
  }
}
