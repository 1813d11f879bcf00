import { describe, expect, it } from 'vitest'
import { mediarithmics } from '../../src/dialects/mediarithmics/document.ts'
import { createEngine } from '../../src/engine/engine.ts'
import { toTaskEngine } from '../../src/engine/task-engine.ts'
import { countingRuntime, fakeRepository } from './fake-repository.ts'

describe('the calls of an engine as TaskEithers', () => {
  it('start when the TaskEither is called, and not before', async () => {
    const repository = fakeRepository()
    const engine = toTaskEngine(createEngine({ dialect: mediarithmics, repository, ...countingRuntime() }))
    const erase = engine.runOne('USER_POINTS_DELETION', { type: 'USER_EMAIL', hash: 'h' })
    await Promise.resolve()
    expect(repository.calls).toEqual([])
    expect(await erase()).toMatchObject({ _tag: 'Right', right: { _tag: 'NoOp' } })
    expect(repository.calls).toContain('load')
  })

  it('are all calls that return a promise of an Either', () => {
    const engine = createEngine({ dialect: mediarithmics, repository: fakeRepository(), ...countingRuntime() })
    const tasks = toTaskEngine(engine)
    const same = (Object.keys(engine) as Array<keyof typeof engine>).filter((name) => tasks[name] === engine[name])
    expect(same.sort()).toEqual([
      'bounds',
      'changes',
      'check',
      'createTrial',
      'executions',
      'idle',
      'policies',
      'receipts',
      'userPoints'
    ])
  })
})
