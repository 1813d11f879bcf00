import { describe, expect, it } from 'vitest'
import { createEngine } from '../../src/engine/engine.ts'
import { mediarithmics } from '../../src/dialects/mediarithmics/document.ts'
import type { ExplainedLine } from '../../src/engine/import/explain.ts'
import { E } from '../../src/fp.ts'
import { person } from '../decide/given.ts'
import { countingRuntime, fakeRepository, stored } from './fake-repository.ts'
import { bytesOf } from './frames.ts'

const upsert = '{"operation":"UPSERT","email_hash":"ada","force_replace":true,"user_profile":{}}'
const erasure = '{"type":"USER_EMAIL","hash":"ada"}'

describe('a trial', () => {
  it('keeps what is explained on it, for what is explained on it later', async () => {
    const repository = fakeRepository()
    const engine = createEngine({ dialect: mediarithmics, repository, ...countingRuntime() })
    const trial = engine.createTrial()
    const explained: ExplainedLine[] = []
    const onExplained = (lines: ReadonlyArray<ExplainedLine>) => void explained.push(...lines)
    await engine.explainDocument('USER_PROFILE', bytesOf(upsert), { onExplained, trial })
    await engine.explainDocument('USER_POINTS_DELETION', bytesOf(erasure), { onExplained, trial })
    await engine.explainDocument('USER_POINTS_DELETION', bytesOf(erasure), { onExplained })
    expect(explained.map(({ verdict, changes }) => [verdict._tag, changes.map(({ kind }) => kind)])).toEqual([
      ['Applied', ['Created']],
      ['Applied', ['Deleted']],
      ['NoOp', []]
    ])
    expect(explained[1]?.changes[0]?.userPoint).toBe(explained[0]?.changes[0]?.userPoint)
    expect(repository.calls).not.toContain('commit')
  })
})

describe('a dry run of a sweep', () => {
  it('[A-16] counts what a sweep removes, and removes nothing', async () => {
    const people = [person('a', {}), person('b', {})].map((subject) => stored(subject))
    const run = async (dryRun: boolean) => {
      const repository = fakeRepository({ loads: [people] })
      const report = await createEngine({ dialect: mediarithmics, repository, ...countingRuntime() }).sweep({ dryRun })
      return { report, calls: repository.calls }
    }
    const dry = await run(true)
    const wet = await run(false)
    expect(dry.report).toEqual(wet.report)
    expect(dry.report).toEqual(E.right({ seen: 2, userPointsDeleted: 2, devicePointsDeleted: 0, completed: true }))
    expect(dry.calls).toEqual(['scan', 'load'])
    const bare = createEngine({ repository: fakeRepository({ loads: [people] }), ...countingRuntime() })
    await expect(bare.sweep({ onExplained: () => undefined })).rejects.toThrow('needs the dialect')
    expect(wet.calls).toEqual(['scan', 'load', 'commit'])
  })
})
