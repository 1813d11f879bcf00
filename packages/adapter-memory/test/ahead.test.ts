/** Imports that decide ahead, on a store that conflicts, fails or has other writers, and imports that are stopped. */
import { createHash } from 'node:crypto'
import { createEngine, type ExecutionId, parseExecutionId } from '@userpoint/core'
import { mediarithmics } from '@userpoint/core/mediarithmics'
import type { Repository } from '@userpoint/core/repository'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  bytesOf,
  cycle,
  inPieces,
  newStore,
  peopleIn,
  remove,
  settings,
  someLines,
  through,
  turns,
  upsert
} from './slow-store.ts'
import { seed, times } from '../../core/test/laws/law.ts'

type Input = Parameters<ReturnType<typeof createEngine>['importDocument']>[1]

/** Imports a document, and gives the verdicts and what it came to. */
const importInto = async (
  repository: Repository,
  input: Input,
  linesPerUnit: number,
  signal: { readonly aborted: boolean } = { aborted: false },
  runtime = settings()
) => {
  const verdicts: string[] = []
  const engine = createEngine({ dialect: mediarithmics, repository, ...runtime })
  const onVerdicts = (some: ReadonlyArray<{ readonly verdict: { readonly _tag: string } }>) => {
    for (const { verdict } of some) verdicts.push(verdict._tag)
  }
  const ended = await engine.importDocument('USER_PROFILE', input, { linesPerUnit, signal, onVerdicts })
  return { ended, verdicts }
}

const numbers = (max: number) => fc.array(fc.nat(max), { minLength: 1, maxLength: 8 })

/** The outcome of a call. */
type Fate = 'Done' | 'Conflict' | 'LostBefore' | 'LostAfter' | 'Fault'

/** A store whose calls take so many turns and end like this, and how many were in flight at most and are. */
const fated = (
  raw: Repository,
  overlapping: boolean,
  delays: ReadonlyArray<number>,
  commits: ReadonlyArray<Fate>,
  loads: ReadonlyArray<'Done' | 'Fault'> = [],
  onCall: () => void = () => undefined
) => {
  const [next, most] = [cycle(delays), { inFlight: 0, ever: 0 }]
  const [commitFates, loadFates] = [[...commits], [...loads]]
  const counted = async <A>(call: (isLate: boolean) => Promise<A>): Promise<A> => {
    onCall()
    most.ever = Math.max(most.ever, ++most.inFlight)
    try {
      const isLate = next() % 2 === 0
      if (isLate) await turns(next())
      const given = await call(isLate)
      if (!isLate) await turns(next())
      return given
    } finally {
      most.inFlight--
    }
  }
  const repository = through(raw, overlapping, {
    load: (references) =>
      counted(async () => {
        if (loadFates.shift() === 'Fault') throw new Error('no load')
        return raw.load(references)
      }),
    commit: (writes) =>
      counted(async () => {
        const fate = commitFates.shift() ?? 'Done'
        if (fate === 'Conflict') return { _tag: 'Conflict' }
        if (fate === 'LostBefore') throw new Error('lost')
        if (fate === 'Fault') throw Object.assign(new Error('refused'), { applied: false })
        const ended = await raw.commit(writes)
        if (fate === 'LostAfter') throw new Error('lost')
        return ended
      })
  })
  return { repository, most }
}

describe.each([true, false])('where calls overlap: %s', (overlapping) => {
  it('[L-01] commits that are refused never show', async () => {
    await fc.assert(
      fc.asyncProperty(
        someLines,
        fc.integer({ min: 1, max: 3 }),
        numbers(8),
        fc.array(fc.constantFrom<Fate>('Done', 'Conflict'), { maxLength: 8 }),
        numbers(20),
        async (lines, linesPerUnit, delays, fates, pauses) => {
          const [plain, raw] = [newStore(), newStore()]
          const expected = await importInto(plain, bytesOf(lines), linesPerUnit)
          const { repository, most } = fated(raw, overlapping, delays, fates)
          const pause = cycle(pauses)
          const given = await importInto(
            repository,
            inPieces(lines, () => turns(pause())),
            linesPerUnit
          )
          expect(given.verdicts).toEqual(expected.verdicts)
          expect(await peopleIn(raw)).toEqual(await peopleIn(plain))
          if (!overlapping) expect(most.ever).toBe(1)
        }
      ),
      { numRuns: times(300), seed }
    )
  })

  it('[L-30] an execution that is stopped, or whose calls fail, is resumed with nothing lost and no call left in flight', async () => {
    await fc.assert(
      fc.asyncProperty(
        someLines,
        fc.integer({ min: 1, max: 3 }),
        numbers(8),
        fc.array(fc.constantFrom<Fate>('Done', 'Done', 'Conflict', 'LostBefore', 'LostAfter', 'Fault'), {
          maxLength: 12
        }),
        fc.array(fc.constantFrom('Done', 'Done', 'Done', 'Fault'), { maxLength: 12 }),
        numbers(20),
        fc.option(fc.integer({ min: 1, max: 30 }), { nil: undefined }),
        async (lines, linesPerUnit, delays, commits, loads, pauses, stopAt) => {
          const [plain, raw] = [newStore(), newStore()]
          const expected = await importInto(plain, bytesOf(lines), linesPerUnit)
          const signal = { aborted: false }
          let calls = 0
          const { repository, most } = fated(raw, overlapping, delays, commits, loads, () => {
            if (++calls === stopAt) signal.aborted = true
          })
          const pause = cycle(pauses)
          const runtime = settings()
          const kept: string[] = []
          const run = async () => {
            const engine = createEngine({ dialect: mediarithmics, repository, ...runtime })
            const ended = await engine.runExecution(
              parseExecutionId('nightly') as ExecutionId,
              'USER_PROFILE',
              inPieces(lines, () => turns(pause())),
              {
                createHash: () => {
                  const hash = createHash('sha256')
                  return { update: (bytes) => void hash.update(bytes), digest: () => hash.digest('hex') }
                },
                linesPerUnit,
                signal,
                verdictSink: async (verdicts, from) => {
                  await turns(1)
                  kept.splice(from)
                  for (const { verdict } of verdicts) kept.push(verdict._tag)
                  return kept.length
                }
              }
            )
            expect(most.inFlight).toBe(0)
            if (!overlapping) expect(most.ever).toBe(1)
            signal.aborted = false
            return ended._tag === 'Right' && ended.right.status === 'Completed'
          }
          // More often than anything can fail.
          let isCompleted = false
          for (let runs = 0; !isCompleted && runs < 30; runs++) isCompleted = await run()
          expect(isCompleted).toBe(true)
          expect(kept).toEqual(expected.verdicts)
          expect(await peopleIn(raw)).toEqual(await peopleIn(plain))
        }
      ),
      { numRuns: times(200), seed }
    )
  })

  it('after a conflict, the unit after the next is decided on what the next one writes', async () => {
    const raw = newStore()
    const { repository } = fated(raw, overlapping, [3], ['Conflict'])
    const lines = [upsert('x', '7'), upsert('c', '7'), remove('c', '7'), upsert('z', '7')]
    const { verdicts } = await importInto(repository, bytesOf(lines), 1)
    expect(verdicts).toEqual(['Applied', 'Applied', 'Applied', 'Applied'])
  })
})

/** Creates a gate, at which other calls wait until it opens. */
const gate = () => {
  let open = (): void => undefined
  const opened = new Promise<void>((resolve) => {
    open = resolve
  })
  return { opened, open: () => open() }
}

describe('while another writer writes', () => {
  it('no unit sees less than the one before it', async () => {
    const raw = newStore()
    const runtime = settings()
    let loads = 0
    const load: Repository['load'] = async (references) => {
      if (++loads === 1) {
        await turns(20)
        await importInto(raw, bytesOf([upsert('a', '7'), upsert('a', '8')]), 9, undefined, runtime)
      }
      return raw.load(references)
    }
    const lines = bytesOf([remove('a', '8'), remove('a', '7')])
    const { verdicts } = await importInto(through(raw, true, { load }), lines, 1, undefined, runtime)
    expect(verdicts).toEqual(['Applied', 'Applied'])
    expect(await peopleIn(raw)).toEqual(['a: '])
  })

  it('a unit is not decided on what the one before it then did not write', async () => {
    const raw = newStore()
    const runtime = settings()
    await importInto(raw, bytesOf([upsert('c', '9')]), 9, undefined, runtime)
    const [sending, looking] = [gate(), gate()]
    let [loads, commits] = [0, 0]
    const load: Repository['load'] = async (references) => {
      const loaded = await raw.load(references)
      if (++loads === 2) looking.open()
      return loaded
    }
    const commit: Repository['commit'] = async (writes) => {
      if (++commits === 1) {
        sending.open()
        await looking.opened
        await importInto(raw, bytesOf([upsert('c', '7')]), 9, undefined, runtime)
      }
      return raw.commit(writes)
    }
    let readings = 0
    const input = async function* () {
      const isScreened = readings++ > 0
      yield bytesOf([upsert('c', '8')])
      if (isScreened) await sending.opened
      yield bytesOf([remove('c', '7')])
    }
    const { verdicts } = await importInto(through(raw, true, { load, commit }), input, 1, undefined, runtime)
    expect(verdicts).toEqual(['Applied', 'Applied'])
  })

  it('all lines of a unit see it, or no line does, if the unit before creates a user point', async () => {
    const raw = newStore()
    const runtime = settings()
    const other = createEngine({ dialect: mediarithmics, repository: raw, ...runtime })
    await importInto(raw, bytesOf([upsert('d', '7')]), 9, undefined, runtime)
    let loads = 0
    const landed = gate()
    const load: Repository['load'] = async (references) => {
      if (++loads === 2) {
        await landed.opened
        const identifiers = ['c', 'd'].map((hash) => ({ type: 'USER_EMAIL', hash }))
        await other.importDocument('USER_IDENTIFIERS_ASSOCIATION_DECLARATIONS', bytesOf([{ identifiers }]))
      }
      return raw.load(references)
    }
    const commit: Repository['commit'] = async (writes) => {
      const ended = await raw.commit(writes)
      landed.open()
      await turns(20)
      return ended
    }
    const lines = bytesOf([upsert('c', '8'), upsert('z', '1'), remove('d', '8'), remove('c', '7')])
    const { verdicts } = await importInto(through(raw, true, { load, commit }), lines, 2, undefined, runtime)
    expect(verdicts.slice(2)).toEqual(['Applied', 'Applied'])
  })

  it('a unit sees it in all of its lines or in none, where the unit before it writes what was just written', async () => {
    const raw = newStore()
    const runtime = settings()
    const other = createEngine({ dialect: mediarithmics, repository: raw, ...runtime })
    await importInto(raw, bytesOf([upsert('d', '7')]), 9, undefined, runtime)
    let commits = 0
    const landed = gate()
    const load: Repository['load'] = async (references) => {
      const [first, ...rest] = references
      if (rest.length === 0 && first?._tag === 'ByClaim' && first.claim.endsWith('d')) {
        await landed.opened
        await other.importDocument('USER_POINTS_DELETION', bytesOf([{ type: 'USER_EMAIL', hash: 'c' }]))
        await importInto(raw, bytesOf([upsert('c', '7'), upsert('d', '8')]), 9, undefined, runtime)
      }
      return raw.load(references)
    }
    const commit: Repository['commit'] = async (writes) => {
      const turn = ++commits
      if (turn === 1) await turns(20)
      const ended = await raw.commit(writes)
      if (turn === 2) landed.open()
      await turns(20)
      return ended
    }
    const lines = [
      upsert('c', '8'),
      upsert('c', '9'),
      upsert('y', '1'),
      upsert('c', '8', 2),
      remove('d', '8'),
      remove('c', '7')
    ]
    const input = inPieces(lines, () => turns(0))
    const { verdicts } = await importInto(through(raw, true, { load, commit }), input, 2, undefined, runtime)
    expect(verdicts.slice(4)).toEqual(['Applied', 'Applied'])
  })
})

describe.each([true, false])('where calls overlap: %s, the failure of a commit', (overlapping) => {
  const people = ['a', 'b', 'c', 'd', 'e'].map((hash) => upsert(hash, '7'))
  const isLost = { _tag: 'Left', left: { error: { _tag: 'Indeterminate' } } }
  const lost: Repository['commit'] = async () => {
    await turns(10)
    throw new Error('lost')
  }
  /** The lines, and then something that is only done when they are read for the second time. */
  const inputOf = (lines: ReadonlyArray<object>, then: () => void) => {
    let readings = 0
    return async function* () {
      const isScreened = readings++ > 0
      try {
        for (const line of lines) yield bytesOf([line])
      } finally {
        if (isScreened) then()
      }
    }
  }
  const fail = (): never => {
    throw new Error('no input')
  }

  it('is not hidden by a source that fails after it', async () => {
    for (const lines of [people.slice(0, 1), people.slice(0, 2)]) {
      const { ended } = await importInto(through(newStore(), overlapping, { commit: lost }), inputOf(lines, fail), 1)
      expect(ended).toMatchObject(isLost)
    }
  })

  it('is not hidden by a source that fails as it is closed, and no call is left in flight', async () => {
    let inFlight = 0
    const raw = newStore()
    const load: Repository['load'] = async (references) => {
      inFlight++
      await turns(40)
      inFlight--
      return raw.load(references)
    }
    const { ended } = await importInto(through(raw, overlapping, { load, commit: lost }), inputOf(people, fail), 1)
    expect(ended).toMatchObject(isLost)
    expect(inFlight).toBe(0)
  })

  it('nor is what the caller throws', async () => {
    const engine = createEngine({
      dialect: mediarithmics,
      repository: through(newStore(), overlapping, {}),
      ...settings()
    })
    const onVerdicts = () => {
      throw new Error('mine')
    }
    const task = engine.importDocument('USER_PROFILE', inputOf(people, fail), { linesPerUnit: 1, onVerdicts })
    await expect(task).rejects.toThrow('mine')
  })

  it('is not hidden by a source of ids that fails', async () => {
    const { clock, newId } = settings()
    let ids = 0
    const failing = () => {
      if (++ids === 2) throw new Error('no id')
      return newId()
    }
    const repository = through(newStore(), overlapping, { commit: lost })
    const { ended } = await importInto(repository, bytesOf(people), 1, undefined, { clock, newId: failing })
    expect(ended).toMatchObject(isLost)
  })

  it('a store may be an instance of a class, when a commit is tried again', async () => {
    class Store implements Repository {
      readonly manifest = { name: 'class', durable: false, concurrent: false, overlapping } as const
      readonly #raw = newStore()
      #commits = 0
      async load(...given: Parameters<Repository['load']>) {
        return this.#raw.load(...given)
      }
      async commit(...given: Parameters<Repository['commit']>) {
        return ++this.#commits === 1 ? ({ _tag: 'Conflict' } as const) : this.#raw.commit(...given)
      }
      scan(...given: Parameters<Repository['scan']>) {
        return this.#raw.scan(...given)
      }
    }
    const { verdicts } = await importInto(new Store(), bytesOf(people), 1)
    expect(verdicts).toHaveLength(people.length)
  })
})

describe('a signal that comes while a commit is in flight', () => {
  /** Imports two lines, and stops between them. */
  const stopped = (commit: Repository['commit'], onVerdicts: () => void = () => undefined) => {
    const signal = { aborted: false }
    let readings = 0
    const input = async function* () {
      const isScreened = readings++ > 0
      yield bytesOf([upsert('a', '7')])
      if (isScreened) {
        await turns(10)
        signal.aborted = true
      }
      yield bytesOf([upsert('b', '7')])
    }
    const repository = through(newStore(), true, { commit })
    const engine = createEngine({ dialect: mediarithmics, repository, ...settings() })
    return engine.importDocument('USER_PROFILE', input, { linesPerUnit: 1, signal, onVerdicts })
  }

  it('hides no failure of that commit', async () => {
    const ended = await stopped(async () => {
      await turns(30)
      throw new Error('lost')
    })
    expect(ended).toMatchObject({ _tag: 'Left', left: { error: { _tag: 'Indeterminate' } } })
  })

  it('hides nothing that the caller throws', async () => {
    const commit: Repository['commit'] = async () => {
      await turns(30)
      return { _tag: 'Committed' }
    }
    const thrown = stopped(commit, () => {
      throw new Error('mine')
    })
    await expect(thrown).rejects.toThrow('mine')
  })
})

it('no call is in flight any more where the source of ids has thrown', async () => {
  for (const last of [1, 2, 3, 4, 5, 6]) {
    const { repository, most } = fated(newStore(), true, [5, 4], [])
    const { clock, newId } = settings()
    let ids = 0
    const failing = () => {
      if (++ids === last) throw new Error('no id')
      return newId()
    }
    const lines = bytesOf(['a', 'b', 'c', 'd', 'e', 'f'].map((hash) => upsert(hash, '7')))
    await expect(importInto(repository, lines, 1, undefined, { clock, newId: failing })).rejects.toThrow('no id')
    expect(most.inFlight).toBe(0)
  }
})
