/** `postgres-importer.ts <url> <schema> <execution> <file>`: runs an execution, and tells its parent how far it is. */
import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { setTimeout } from 'node:timers/promises'
import { createPostgresRepository } from '@userpoint/adapter-postgres'
import { createEngine, parseExecutionId } from '@userpoint/core'
import { mediarithmics } from '@userpoint/core/mediarithmics'
import pg from 'pg'
import { v7 } from 'uuid'

const [url = '', schema = '', name = '', file = ''] = process.argv.slice(2)
const id = parseExecutionId(name)
if (id === undefined) throw new RangeError('no execution id')
const pool = new pg.Pool({ connectionString: url, max: 2 })
const engine = createEngine({
  dialect: mediarithmics,
  repository: await createPostgresRepository(pool, { schema }),
  clock: Date.now,
  newId: v7,
  random: Math.random,
  sleep: (milliseconds) => setTimeout(milliseconds)
})
const sha256 = () => {
  const hash = createHash('sha256')
  return { update: (bytes: Uint8Array) => hash.update(bytes), digest: () => hash.digest('hex') }
}
const ended = await engine.runExecution(id, 'USER_PROFILE', () => createReadStream(file), {
  createHash: sha256,
  linesPerUnit: 10,
  onProgress: ({ counts }) => void process.send?.({ lines: counts.lines })
})
process.send?.(ended._tag === 'Right' ? { ended: ended.right.status } : { ended: ended.left.error._tag })
await pool.end()
process.disconnect?.()
