/**
 * The checker, on registers and locks: bad histories, true ones made long, and a search that tries every order. Then what
 * it says of stores.
 */
import type { CommitResult, JsonObject, Reference, Stored, Write } from '@userpoint/core/repository'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type Explanation, linearize, type Model, type Timed } from '../src/linearizability/checker.ts'
import { demandLinearizable } from '../src/linearizability/demand.ts'
import { createRecorder, type StoreCall } from '../src/linearizability/recorder.ts'
import { byClaim, byId, put, remove, stored } from '../src/writes.ts'

/** A register with read, write and compare-and-swap. */
type Register =
  | { readonly _tag: 'Read'; readonly value: number }
  | { readonly _tag: 'Write'; readonly value: number }
  | { readonly _tag: 'Swap'; readonly from: number; readonly to: number; readonly done: boolean }

const register: Model<number, Register> = {
  initial: 0,
  step: (state, call) => {
    if (call._tag === 'Write') return [call.value]
    if (call._tag === 'Read') return call.value === state ? [state] : []
    if (call.done !== (call.from === state)) return []
    return [call.done ? call.to : state]
  },
  textOf: String
}

const read = (value: number): Register => ({ _tag: 'Read', value })
const write = (value: number): Register => ({ _tag: 'Write', value })
const swap = (from: number, to: number, done = true): Register => ({ _tag: 'Swap', from, to, done })

/** Parses calls from a drawing: a row for each call, from `[` to `]`; without `]` the call was not answered. */
const drawn = <Call>(...rows: ReadonlyArray<readonly [string, Call]>): ReadonlyArray<Timed<Call>> =>
  rows.map(([picture, call]) => {
    const end = picture.indexOf(']')
    return { call, called: picture.indexOf('['), answered: end < 0 ? undefined : end }
  })

const verdict = (...rows: ReadonlyArray<readonly [string, Register]>): Explanation<Register>['_tag'] =>
  linearize(drawn(...rows), register)._tag

describe('a history is rejected if it has', () => {
  test.each<readonly [string, ReadonlyArray<readonly [string, Register]>]>([
    [
      'a stale read',
      [
        ['[-]', write(1)],
        ['    [-]', read(0)]
      ]
    ],
    ['a read of nothing that was written', [['[-]', read(7)]]],
    [
      'a lost update',
      [
        ['[--]', swap(0, 1)],
        [' [--]', swap(0, 2)]
      ]
    ],
    [
      'an update refused for no reason',
      [
        ['[-]', swap(0, 1)],
        ['    [-]', swap(1, 2, false)]
      ]
    ],
    [
      'an old value after the new one',
      [
        ['[--------]', write(1)],
        [' [-]', read(1)],
        ['     [-]', read(0)]
      ]
    ],
    [
      'the new value, the old one, and a writer who is never answered',
      [
        ['[', write(1)],
        [' [-]', read(1)],
        ['     [-]', read(0)]
      ]
    ],
    [
      'two readers that saw two writes in two orders',
      [
        ['[-----]', write(1)],
        [' [-----]', write(2)],
        ['         [-]', read(1)],
        ['             [-]', read(2)]
      ]
    ],
    [
      'a value read before it was written',
      [
        ['[-]', read(1)],
        ['    [-]', write(1)]
      ]
    ],
    [
      'a write that happened twice',
      [
        ['[', swap(0, 1)],
        [' [-]', read(1)],
        ['     [-]', swap(1, 0)],
        ['         [-]', read(1)]
      ]
    ]
  ])('%s', (_, rows) => {
    expect(verdict(...rows)).toBe('NotLinearizable')
    // Nor does it matter in which order the calls are listed.
    expect(verdict(...rows.toReversed())).toBe('NotLinearizable')
  })

  test('a lock with two holders', () => {
    const hold = (owner: number) => ({ owner, had: 0 })
    const model: Model<number, { owner: number; had: number }> = {
      initial: 0,
      step: (state, { owner, had }) => (state === had ? [owner] : []),
      textOf: String
    }
    const both = drawn(['[---]', hold(1)], [' [---]', hold(2)])
    expect(linearize(both, model)).toEqual({ _tag: 'NotLinearizable', order: [hold(1)], stuck: [hold(2)] })
    const handedOver = drawn(['[---]', hold(1)], [' [---]', hold(2)], ['  [-]', { owner: 0, had: 1 }])
    expect(linearize(handedOver, model)._tag).toBe('Linearizable')
  })
})

describe('a history is explained if', () => {
  test('it is empty', () => {
    expect(linearize([], register)).toEqual({ _tag: 'Linearizable', order: [] })
  })

  test('its overlapping calls can be ordered', () => {
    const rows = [
      ['[-------]', write(1)],
      [' [-]', read(0)],
      ['     [-]', read(1)]
    ] as const
    expect(linearize(drawn(...rows), register)).toEqual({ _tag: 'Linearizable', order: [read(0), write(1), read(1)] })
  })

  test('its unanswered calls took effect late or not at all', () => {
    expect(verdict(['[', write(1)], [' [-]', read(0)])).toBe('Linearizable')
    expect(verdict(['[', write(1)], [' [-]', read(0)], ['     [-]', read(1)])).toBe('Linearizable')
    expect(verdict(['[', write(1)], ['[', write(2)], ['   [-]', read(2)], ['      [-]', read(1)])).toBe('Linearizable')
    expect(verdict(['[', write(1)], ['[', write(2)], ['[', write(3)])).toBe('Linearizable')
  })

  test('a call with several possible states leads to the observed one', () => {
    const coin: Model<string, string> = {
      initial: '',
      step: (state, call) => (call === 'toss' ? ['heads', 'tails'] : call === state ? [state] : []),
      textOf: (state) => state
    }
    expect(linearize(drawn(['[-]', 'toss'], ['    [-]', 'tails']), coin)._tag).toBe('Linearizable')
    expect(linearize(drawn(['[-]', 'toss'], ['    [-]', 'tails'], ['        [-]', 'heads']), coin)._tag).toBe(
      'NotLinearizable'
    )
  })

  test('it is long, and every three calls overlap', () => {
    const rounds = Array.from({ length: 2_000 }, (_, n) => [
      { call: swap(n, n + 1), called: 6 * n, answered: 6 * n + 5 },
      { call: swap(n, n + 2, false), called: 6 * n + 1, answered: 6 * n + 4 },
      { call: read(n), called: 6 * n + 2, answered: 6 * n + 3 }
    ])
    expect(linearize(rounds.flat(), register)._tag).toBe('Linearizable')
    const last = { call: read(1_999), called: 12_000, answered: 12_001 }
    expect(linearize([...rounds.flat(), last], register)._tag).toBe('NotLinearizable')
  })
})

test('an impossible history is rejected fast, even with very many orders', () => {
  const calls = Array.from({ length: 40 }, (_, n) => ({
    call: read(0),
    called: 10 * (n >> 2) + (n & 3),
    answered: 10 * (n >> 2) + 5 + (n & 3)
  }))
  const last = { call: read(1), called: 1_000, answered: 1_001 }
  expect(linearize([...calls, last], register)).toMatchObject({ _tag: 'NotLinearizable', stuck: [read(1)] })
})

test('the report of an impossible history has the longest explainable prefix', () => {
  const rows = [
    ['[-]', write(1)],
    ['    [-]', read(1)],
    ['        [--]', read(2)],
    ['         [--]', read(3)],
    ['               [-]', read(1)]
  ] as const
  expect(linearize(drawn(...rows), register)).toEqual({
    _tag: 'NotLinearizable',
    order: [write(1), read(1)],
    stuck: [read(2), read(3)]
  })
})

const value = fc.integer({ min: 0, max: 2 })
const intent = fc.oneof(
  fc.record({ _tag: fc.constant('Read' as const) }),
  fc.record({ _tag: fc.constant('Write' as const), value }),
  fc.record({ _tag: fc.constant('Swap' as const), from: value, to: value })
)

/** Executes calls one after another, each at a separate time with time before and after. */
const executed = fc.array(fc.tuple(intent, fc.nat(40), fc.nat(40), fc.nat(9)), { maxLength: 30 }).map((calls) => {
  let state = 0
  return calls.map(([one, before, behind, fate], index): Timed<Register> => {
    const call: Register =
      one._tag === 'Read' ? read(state) : one._tag === 'Write' ? one : { ...one, done: one.from === state }
    state = (register.step(state, call) as [number])[0]
    // No two moments are one: calls get even and odd thousandths of their own.
    const called = index * 10 - before + index / 1_000
    return { call, called, answered: fate === 0 ? undefined : index * 10 + behind + (index + 0.5) / 1_000 }
  })
})

const changed = (call: Register, by: number): Register => {
  if (call._tag === 'Swap') return by % 2 === 0 ? { ...call, done: !call.done } : { ...call, to: (call.to + 1) % 3 }
  return { ...call, value: (call.value + 1 + (by % 2)) % 3 }
}

/** Tries every order, and every subset of the unanswered calls. */
const isExplainedBySomeOrder = (left: ReadonlyArray<Timed<Register>>, state = 0): boolean => {
  if (left.every((one) => one.answered === undefined)) return true
  return left.some((one) => {
    const others = left.filter((other) => other !== one)
    if (others.some((other) => other.answered !== undefined && other.answered < one.called)) return false
    return register.step(state, one.call).some((reached) => isExplainedBySomeOrder(others, reached))
  })
}

const inOrderOf = (order: ReadonlyArray<Register>): boolean => {
  let states: ReadonlyArray<number> = [register.initial]
  for (const call of order) states = states.flatMap((state) => register.step(state, call))
  return states.length > 0
}

test('a sequential history is explained, with any durations of its calls', () => {
  fc.assert(
    fc.property(executed, (history) => {
      const found = linearize(history, register)
      expect(found._tag).toBe('Linearizable')
      expect(inOrderOf(found.order)).toBe(true)
    }),
    { numRuns: 500, seed: 1 }
  )
})

test('a changed history has the same result as an exhaustive search', () => {
  let refused = 0
  const small = fc.tuple(
    executed.map((history) => history.slice(0, 6)),
    fc.array(fc.tuple(fc.nat(), fc.nat(3)), { minLength: 1, maxLength: 2 })
  )
  fc.assert(
    fc.property(small, ([history, changes]) => {
      const calls = [...history]
      for (const [place, by] of changes) {
        const one = calls[place % calls.length]
        if (one !== undefined) calls[place % calls.length] = { ...one, call: changed(one.call, by) }
      }
      const found = linearize(calls, register)
      const expected = isExplainedBySomeOrder(calls)
      if (!expected) refused += 1
      expect(found._tag).toBe(expected ? 'Linearizable' : 'NotLinearizable')
      expect(inOrderOf(found.order)).toBe(true)
    }),
    { numRuns: 2_000, seed: 1 }
  )
  expect(refused).toBeGreaterThan(200)
})

const load = (...pairs: ReadonlyArray<readonly [Reference, Stored | undefined]>): StoreCall => ({
  _tag: 'Load',
  by: 'a reader',
  references: pairs.map(([reference]) => reference),
  answers: pairs.map(([, answer]) => answer)
})

const commit = (writes: ReadonlyArray<Write>, result: CommitResult['_tag'] = 'Committed'): StoreCall => ({
  _tag: 'Commit',
  by: 'a writer',
  writes,
  result
})

const a = (version: number, body: JsonObject = {}) => stored('a', body, version)
const b = (version: number) => stored('b', {}, version)
const nobody = undefined

/** Returns the failure of a store's history, or `undefined`. */
const fault = (rows: ReadonlyArray<readonly [string, StoreCall]>): string | undefined => {
  try {
    demandLinearizable(drawn(...rows))
    return undefined
  } catch (error) {
    return (error as Error).message
  }
}

describe('the report on a store has', () => {
  test.each<readonly [string, ReadonlyArray<readonly [string, StoreCall]>, string]>([
    [
      'that a read is stale',
      [
        ['[-]', commit([put(a(1))])],
        ['    [-]', commit([put(a(2))])],
        ['        [-]', load([byId('a'), a(1)])]
      ],
      'user_point a: after a writer writes version 1 over version 0; a writer writes version 2 over version 1; next cannot be: a reader reads version 1'
    ],
    [
      'that a read is stale, by a claim',
      [
        ['[-]', commit([put(a(1), { claim: ['k'] })])],
        ['    [-]', commit([put(a(2), { release: ['k'] })])],
        ['        [-]', load([byClaim('k'), a(2)])]
      ],
      'the claim "k"'
    ],
    [
      'that a body is of another version',
      [
        ['[-]', commit([put(a(1, { n: 1 }))])],
        ['    [-]', load([byId('a'), a(1, { n: 2 })])]
      ],
      'user_point a'
    ],
    [
      'that an update is lost',
      [
        ['[-]', commit([put(a(1))])],
        ['    [--]', commit([put(a(2, { by: 1 }))])],
        ['     [--]', commit([put(a(2, { by: 2 }))])]
      ],
      'user_point a'
    ],
    [
      'that two hold one claim',
      [
        ['[--]', commit([put(a(1), { claim: ['k'] })])],
        [' [--]', commit([put(b(1), { claim: ['k'] })])]
      ],
      'the claim "k": after a writer moves it from no document to user_point a; next cannot be: a writer moves it from no document to user_point b'
    ],
    [
      'that a batch was torn',
      [
        ['[-]', commit([put(a(1)), put(b(1))])],
        ['    [---]', commit([put(a(2)), put(b(2))])],
        ['     [-]', load([byId('a'), a(2)], [byId('b'), b(1)])]
      ],
      'the store as a whole'
    ],
    [
      'that a claim and its document are of two moments',
      [
        ['[-]', commit([put(a(1), { claim: ['k'] })])],
        ['    [---]', commit([remove(a(1), ['k'])])],
        ['     [-]', load([byId('a'), nobody], [byClaim('k'), a(1)])]
      ],
      'the store as a whole'
    ],
    [
      'that an old value came after the new one',
      [
        ['[-]', commit([put(a(1))])],
        ['    [---------]', commit([put(a(2))])],
        ['     [-]', load([byId('a'), a(2)])],
        ['         [-]', load([byId('a'), a(1)])]
      ],
      'user_point a'
    ],
    [
      'that a batch was refused though nothing stood against it',
      [
        ['[-]', commit([put(a(1))])],
        ['    [-]', commit([put(a(2))], 'Conflict')]
      ],
      'user_point a'
    ],
    [
      'that a claim was refused though it was free',
      [
        ['[-]', commit([put(a(1), { claim: ['k'] })])],
        ['    [-]', commit([put(b(1), { claim: ['l'] })], 'Conflict')]
      ],
      'the store as a whole'
    ],
    [
      'that what was never answered happened twice',
      [
        ['[-]', commit([put(a(1))])],
        ['    [', commit([put(a(2))])],
        ['     [-]', load([byId('a'), a(2)])],
        ['         [-]', load([byId('a'), a(1)])]
      ],
      'user_point a'
    ]
  ])('%s', (_, rows, words) => {
    expect(fault(rows)).toContain(words)
  })

  test('no failure if each answer is from one moment', () => {
    expect(
      fault([
        ['[-]', commit([put(a(1), { claim: ['k'] }), put(b(1))])],
        ['    [------]', commit([put(a(2), { release: ['k'] }), put(b(2), { claim: ['k'] })])],
        ['     [-]', load([byClaim('k'), a(1)], [byId('b'), b(1)])],
        ['        [-]', load([byClaim('k'), b(2)], [byId('a'), a(2)])],
        ['            [-]', commit([put(b(2))], 'Conflict')],
        ['                [-]', commit([put(stored('c'), { claim: ['k'] })], 'Conflict')],
        ['                    [', commit([remove(b(2), ['k'])])],
        ['                     [-]', load([byClaim('k'), b(2)])],
        ['                         [-]', load([byClaim('k'), nobody], [byId('b'), nobody])]
      ])
    ).toBeUndefined()
  })

  test('no body', () => {
    const secret = fault([
      ['[-]', commit([put(a(1, { name: 'Ada' }))])],
      ['    [-]', load([byId('a'), a(1, { name: 'Eve' })])]
    ])
    expect(secret).not.toMatch(/Ada|Eve/)
  })
})

describe('a recorder', () => {
  const record = async (
    outcome: CommitResult['_tag'] | Error,
    ...rivals: ReadonlyArray<ReadonlyArray<Write>>
  ): Promise<ReadonlyArray<Timed<StoreCall>>> => {
    const recorder = createRecorder()
    const answering = (answer: CommitResult['_tag'] | Error) =>
      recorder.watch(
        {
          load: async () => [],
          commit: async () => {
            await undefined
            if (answer instanceof Error) throw answer
            return answer
          }
        },
        'somebody'
      )
    await Promise.all([
      answering(outcome).commit([put(a(1), { claim: ['k'] })]),
      ...rivals.map((writes) => answering('Conflict').commit(writes))
    ])
    return recorder.history()
  }

  test.each([
    ['what was committed', 'Committed' as const, [['Committed', true]]],
    ['a conflict', 'Conflict' as const, [['Conflict', true]]],
    ['no commit that says it wrote nothing', Object.assign(new Error('busy'), { applied: false }), []],
    ['a commit with an unknown outcome as one that may have landed', new Error('lost'), [['Committed', false]]]
  ])('keeps %s', async (_, outcome, expected) => {
    const history = await record(outcome)
    expect(
      history.map(({ call, answered }) => [call._tag === 'Commit' && call.result, answered !== undefined])
    ).toEqual(expected)
  })

  test('omits a conflict with a rival, and keeps any other', async () => {
    expect(await record('Conflict', [put(a(1))])).toEqual([])
    expect(await record('Conflict', [put(b(1), { claim: ['k'] })])).toEqual([])
    expect(await record('Conflict', [put(b(1), { claim: ['l'] })])).toHaveLength(2)
  })
})
