/** An outbox: an erasure and the message about it are one transaction, and a relay sends the message until it has arrived. */
import { createSqliteRepository } from '@userpoint/adapter-sqlite'
import Database from 'better-sqlite3'
import { createUserpoint } from 'userpoint'

const database = new Database(':memory:')
const people = createUserpoint({ repository: createSqliteRepository(database) })
database.exec("attach ':memory:' as shop; create table shop.outbox (id integer primary key, message text not null)")

/** Erases a customer and puts a message in the outbox, both or neither. */
const erase = async (account: string) => {
  database.exec('begin immediate')
  try {
    const inside = createUserpoint({ repository: createSqliteRepository.within(database) })
    const done = await inside.erase({ account })
    if (done.outcome === 'applied') {
      const message = JSON.stringify({ event: 'customer-erased', account })
      database.prepare('insert into shop.outbox (message) values (?)').run(message)
    }
    database.exec('commit')
    return done
  } catch (error) {
    database.exec('rollback')
    throw error
  }
}

/** Sends what is in the outbox, in order. A message may be sent twice, so its receiver must accept that. */
const relay = async (send: (message: string) => Promise<void>) => {
  const waiting = database.prepare('select id, message from shop.outbox order by id').all()
  for (const { id, message } of waiting as Array<{ id: number; message: string }>) {
    await send(message)
    database.prepare('delete from shop.outbox where id = ?').run(id)
  }
}

await people.upsert({ account: '17' }, { city: 'Paris' })
console.log((await erase('17')).outcome) // => applied
console.log((await erase('17')).outcome) // => noop

const down = async () => {
  throw new Error('down')
}
await relay(down).catch(() => console.log('sent later')) // => sent later
await relay(async (message) => console.log(message)) // => {"event":"customer-erased","account":"17"}
await relay(async (message) => console.log('twice', message))
await people.close()
database.close()
