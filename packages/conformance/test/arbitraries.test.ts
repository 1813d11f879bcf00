/** The promises of the arbitraries to their users. */
import * as arbitraries from '@userpoint/conformance/arbitraries'
import { createEngine, defaultPolicies, type Engine, type Policies, type Verdict } from '@userpoint/core'
import { claimOf, parseCompartmentId, parseUserAgentId } from '@userpoint/core/command'
import { apply } from '@userpoint/core/patch'
import { createInsider } from '@userpoint/core/insider'
import { decodeLine, type DocumentType, documentTypes, mediarithmics } from '@userpoint/core/mediarithmics'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { createReferenceRepository } from '../src/behaviour/reference.ts'

const { bytesOf, codeOf, history, mintIds, perform, slowClock } = arbitraries

const holds = async <A>(values: fc.Arbitrary<A>, check: (value: A) => void | Promise<void>, numRuns = 100) => {
  await fc.assert(
    fc.asyncProperty(values, async (value) => {
      await check(value)
    }),
    { numRuns, seed: 1 }
  )
}

const newEngine = (policies: Partial<Policies> = {}): Engine<DocumentType> =>
  createEngine({
    dialect: mediarithmics,
    repository: createReferenceRepository(),
    clock: slowClock(),
    newId: mintIds(),
    policies
  })

const everybody: ReadonlyArray<arbitraries.People> = ['few', 'many']
const type = fc.constantFrom(...documentTypes)
const typed = <A>(of: (each: DocumentType) => fc.Arbitrary<A>) =>
  type.chain((each) => of(each).map((value) => [each, value] as const))

const verdictsOf = async (each: DocumentType, text: string): Promise<ReadonlyArray<Verdict>> => {
  const step = { _tag: 'Document', type: each, text, linesPerUnit: 1_000 } as const
  const { verdicts, answer } = await perform(newEngine(), step)
  expect(answer._tag).toBe('Right')
  return verdicts
}

describe('values', () => {
  test('text and JSON are values that every store keeps', async () => {
    await holds(arbitraries.text(), (text) => expect(text.isWellFormed() && !text.includes('\0')).toBe(true))
    await holds(arbitraries.json(), (value) => expect(JSON.parse(JSON.stringify(value))).toEqual(value))
    await holds(fc.tuple(arbitraries.patch(), arbitraries.jsonOrNothing()), ([patch, value]) => {
      expect(() => apply(patch, value)).not.toThrow()
    })
  })

  test('[A-01] every spelling of a compartment decodes to it, and the default one may be omitted', async () => {
    await holds(fc.constantFrom(...everybody).chain(arbitraries.compartment), (canonical) => {
      const spellings = arbitraries.spellingsOf(canonical)
      expect(spellings[0]).toBe(canonical)
      for (const spelled of spellings) {
        if (spelled === undefined || spelled === null) expect(canonical).toBe(defaultPolicies.defaultCompartment)
        else expect(parseCompartmentId(spelled)).toBe(canonical)
      }
    })
  })

  test('identifiers are legal; those of few people collide, those of many do not', async () => {
    for (const people of everybody) {
      const all = fc.oneof(arbitraries.identified(people), arbitraries.attribute(people))
      const claims = fc.sample(all, { numRuns: 300, seed: 1 }).map((who) => claimOf(arbitraries.claimedOf(who)))
      for (const claim of claims) expect(claim.isWellFormed() && claim.length <= 1_100).toBe(true)
      const different = new Set(claims).size
      if (people === 'few') expect(different).toBe(arbitraries.universe.length + arbitraries.namedUniverse.length)
      else expect(different).toBeGreaterThan(250)
    }
    await holds(fc.constantFrom(...everybody).chain(arbitraries.userAgent), ({ agent }) => {
      expect(parseUserAgentId(agent, 'strict')?._tag).toBe('Technical')
    })
  })

  test('minted ids are valid ids of an engine', async () => {
    const engine = newEngine()
    const [who] = fc.sample(arbitraries.userAgent(), { numRuns: 1, seed: 1 })
    await engine.runOne('USER_IDENTIFIERS_ASSOCIATION_DECLARATIONS', {
      identifiers: [{ type: 'USER_AGENT', user_agent_id: who?.agent }]
    })
    for await (const { id, point } of engine.userPoints()) {
      expect([point.devicePoints[0]?.id, id]).toEqual([arbitraries.mintedDevice(0), arbitraries.mintedId(1)])
      expect(point.createdAt).toBe(arbitraries.beginning)
    }
  })
})

describe('lines and documents', () => {
  test('a valid line decodes in any spelling, and a wrong one does not', async () => {
    for (const people of everybody) {
      await holds(
        typed((each) => arbitraries.line(each, people)),
        ([each, line]) => expect(decodeLine(each, line, defaultPolicies)._tag).toBe('Right')
      )
      await holds(
        typed((each) => arbitraries.wrongLine(each, people)),
        ([each, line]) => expect(decodeLine(each, line, defaultPolicies)._tag).toBe('Left')
      )
    }
  })

  test('all spellings of an intent decode to the same command', async () => {
    await holds(fc.tuple(arbitraries.intent(), fc.nat(9)), ([wanted, variant]) => {
      expect(arbitraries.commandOf(wanted, variant)).toEqual(arbitraries.commandOf(wanted))
    })
  })

  test('a profile is the body of an upsert', async () => {
    await holds(arbitraries.profile(), (user_profile) => {
      const line = { operation: 'UPSERT', email_hash: 'h', force_replace: true, user_profile }
      expect(decodeLine('USER_PROFILE', line, defaultPolicies)._tag).toBe('Right')
    })
  })

  test('[L-17] documents have a verdict for each command: without faults none is invalid, with `all` each is', async () => {
    const codesOfState = new Set(['UNKNOWN_DEVICE_POINT'])
    await holds(
      typed((each) => arbitraries.documentText(each, { faults: 'none', maxLength: 8 })),
      async ([each, text]) => {
        for (const verdict of await verdictsOf(each, text)) {
          if (verdict._tag === 'Rejected') expect(codesOfState).toContain(verdict.code)
        }
      }
    )
    await holds(
      typed((each) => arbitraries.documentText(each, { faults: 'all', maxLength: 8 })),
      async ([each, text]) => {
        for (const verdict of await verdictsOf(each, text)) expect(verdict._tag).toBe('Rejected')
      }
    )
    const seen = new Set<string>()
    await holds(
      typed((each) => arbitraries.documentText(each)),
      async ([each, text]) => {
        for (const { _tag } of await verdictsOf(each, text)) seen.add(_tag)
      }
    )
    expect([...seen].toSorted()).toEqual(['Applied', 'NoOp', 'Rejected'])
  })

  test('documents come in every layout', () => {
    const texts = fc.sample(
      typed((each) => arbitraries.documentText(each)),
      { numRuns: 200, seed: 1 }
    )
    for (const mark of ['\ufeff', '\r\n', '\n\n', '\n  "', '\t'])
      expect(
        texts.some(([, text]) => text.includes(mark)),
        JSON.stringify(mark)
      ).toBe(true)
  })
})

describe("Insider's requests", () => {
  test('without faults no request and no user is invalid under the settings', async () => {
    const codes = [
      'REQUIRED',
      'IDENTIFIER_ATTRIBUTE',
      'IDENTIFIER_CONFLICT',
      'SOLE_IDENTIFIER',
      'IDENTIFIER_TAKEN',
      // The request is right, but its `insider_id` is unknown (B-05).
      'UNKNOWN_USER_POINT'
    ]
    for (const people of everybody) {
      await holds(
        fc.tuple(
          fc.array(arbitraries.insiderRequest({ faults: 'none', people }), { maxLength: 6 }),
          arbitraries.identitySettings()
        ),
        async ([requests, settings]) => {
          const engine = newEngine()
          for (const request of requests) {
            const { verdicts, answer } = await perform(engine, { _tag: 'Request', ...request }, settings)
            if (answer._tag === 'Left') expect(answer.left).toMatchObject({ code: 'IDENTIFIER_CONFLICT' })
            for (const verdict of verdicts) {
              if (verdict._tag === 'Rejected') expect([...codes, 'NOT_AN_ARRAY']).toContain(verdict.code)
            }
          }
        }
      )
    }
  })

  test('with faults some requests are rejected as a whole, and some users are rejected', async () => {
    const [engine, seen] = [newEngine(), new Set<string>()]
    for (const request of fc.sample(arbitraries.insiderRequest(), { numRuns: 500, seed: 1 })) {
      const { answer, verdicts } = await perform(engine, { _tag: 'Request', ...request })
      if (answer._tag === 'Left') seen.add((answer.left as { readonly _tag: string })._tag)
      for (const verdict of verdicts) if (verdict._tag === 'Rejected') seen.add(verdict.code)
    }
    expect([...seen]).toEqual(expect.arrayContaining(['RequestRejected', 'Rejected', 'BAD_TEXT', 'TOO_DEEP']))
  })
})

describe('histories', () => {
  test('run under any policies, with valid and wrong lines, for few and many people', async () => {
    for (const people of everybody) {
      await holds(
        fc.tuple(history({ people }), arbitraries.policies(), arbitraries.identitySettings()),
        async ([steps, policies, settings]) => {
          const engine = newEngine(policies)
          for (const step of steps) {
            const { verdicts, answer } = await perform(engine, step, settings)
            if (step._tag === 'Line') expect(verdicts).toHaveLength(1)
            if (step._tag === 'Commands') expect(verdicts).toHaveLength(step.commands.length)
            if (step._tag !== 'Request') expect(answer._tag).toBe('Right')
          }
        },
        60
      )
    }
  })

  test('have only the requested steps', async () => {
    await holds(history({ steps: ['Document', 'Sweep'], maxSteps: 3 }), (steps) => {
      expect(steps.length).toBeLessThanOrEqual(3)
      for (const { _tag } of steps) expect(['Document', 'Sweep']).toContain(_tag)
    })
  })

  test('without faults every command is valid', async () => {
    const stateful = /^(UNKNOWN_DEVICE_POINT|UNKNOWN_USER_POINT|REQUIRED|NOT_AN_ARRAY|IDENTIFIER_|SOLE_|JOB_)/
    await holds(history({ faults: 'none' }), async (steps) => {
      const engine = newEngine()
      for (const step of steps) {
        const { verdicts } = await perform(engine, step)
        for (const verdict of verdicts) if (verdict._tag === 'Rejected') expect(verdict.code).toMatch(stateful)
      }
    })
  })

  test('are printed as code with the same effect', async () => {
    await holds(
      history({ maxSteps: 4 }),
      async (steps) => {
        const [engine, again, settings] = [newEngine(), newEngine(), arbitraries.cardSettings]
        for (const step of steps) {
          const code = codeOf(step)
          if (code.includes('/* cut')) return
          const told = new Function(
            'engine',
            'createInsider',
            'settings',
            'bytesOf',
            `return async () => { return ${code} }`
          )
          const answer: unknown = await told(again, createInsider, settings, bytesOf)()
          expect(answer).toEqual((await perform(engine, step, settings)).answer)
        }
      },
      60
    )
  })

  test('shrink to the step that matters', async () => {
    const details = await fc.check(
      fc.asyncProperty(history(), async (steps) => {
        const engine = newEngine()
        for (const step of steps) {
          const { verdicts } = await perform(engine, step)
          if (verdicts.some((verdict) => verdict._tag === 'Applied' && verdict.effect._tag === 'UserPointDeleted'))
            return false
        }
        return true
      }),
      { numRuns: 500, seed: 1 }
    )
    expect(details.failed).toBe(true)
    expect(details.counterexample?.[0].length).toBeLessThanOrEqual(2)
  })
})
