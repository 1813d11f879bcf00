import { describe, expect, it } from 'vitest'
import { createEngine } from '../../src/engine/engine.ts'
import { parseExecutionId } from '../../src/engine/execution.ts'
import type { Repository } from '../../src/repository/index.ts'
import { countingRuntime, fakeRepository } from './fake-repository.ts'

const upsert = (hash: string): string =>
  `{"operation":"UPSERT","email_hash":"${hash}","force_replace":true,"user_profile":{}}\n`
const text = new TextEncoder().encode(['a', 'b', 'c'].map(upsert).join(''))

/** A store that answers a commit of user points when it is told to, and how many ids were made by then. */
const held = () => {
  const repository = fakeRepository()
  const { clock, newId } = countingRuntime()
  let ids = 0
  const idsAtCommit: number[] = []
  const commit: Repository['commit'] = async (writes) => {
    if (!writes.some(({ kind }) => kind === 'user_point')) return repository.commit(writes)
    await new Promise((resolve) => setTimeout(resolve, 20))
    idsAtCommit.push(ids)
    return repository.commit(writes)
  }
  const engine = createEngine({
    repository: { ...repository, commit },
    clock,
    newId: () => {
      ids++
      return newId()
    }
  })
  return { engine, idsAtCommit }
}

describe('while a unit of work is committed', () => {
  it('the next one of an import is decided', async () => {
    const { engine, idsAtCommit } = held()
    await engine.importDocument('USER_PROFILE', text, { linesPerUnit: 1 })()
    expect(idsAtCommit).toEqual([2, 3, 3])
  })

  it('the next one of an execution is decided', async () => {
    const { engine, idsAtCommit } = held()
    const id = parseExecutionId('nightly')
    if (id === undefined) throw new RangeError('no id')
    const createHash = () => ({ update: () => undefined, digest: () => '' })
    await engine.runExecution(id, 'USER_PROFILE', text, { createHash, linesPerUnit: 1 })()
    // Besides one for each new person, the beginning takes two, and each commit one.
    expect(idsAtCommit).toEqual([2 + 2 + 1, 2 + 3 + 2, 2 + 3 + 3])
  })
})
