/** The law of joining: the moment at which people are joined does not change what is known of them. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Command } from '../../src/command/command.ts'
import { decide } from '../../src/decide/decide.ts'
import type { Context } from '../../src/decide/view.ts'
import { Workspace } from '../../src/decide/workspace.ts'
import type { UserPointId } from '../../src/domain/identifier.ts'
import type { Json, JsonObject } from '../../src/domain/json.ts'
import { momentOf } from '../../src/domain/moment.ts'
import { merge, overlay, type Patch, put, shallowMerge } from '../../src/domain/patch.ts'
import { fromStored, toStored } from '../../src/domain/stored-user-point.ts'
import type { DevicePointId } from '../../src/domain/user-agent-id.ts'
import { latestMoment, type UserPoint } from '../../src/domain/user-point.ts'
import { email, key } from '../decide/given.ts'
import { byId } from '../decide/whole-person.ts'
import { law } from './law.ts'
import { same } from './predicates.ts'

const hashes = ['a', 'b', 'c'] as const
const name = fc.constantFrom('x', 'y', '__proto__', '')
const scalar = fc.constantFrom<Json>(0, 1, 2, null, false, 'text', [], [1])
const object = (value: fc.Arbitrary<Json>) =>
  fc.dictionary(name, value, { maxKeys: 3, noNullPrototype: true }) as fc.Arbitrary<JsonObject>
const value = fc.oneof(
  { weight: 2, arbitrary: scalar },
  { weight: 1, arbitrary: object(fc.oneof(scalar, object(scalar))) }
)
/** Properties: some are always objects, and others never are. */
const members = object(scalar)
// A deep merge of an empty object into one that is there writes nothing that could be told later from what was there.
const deepMembers = members.filter((each) => Object.keys(each).length > 0)
const shallowBody = fc
  .tuple(object(value), fc.option(members, { nil: undefined }))
  .map(([own, custom]): JsonObject => (custom === undefined ? own : { ...own, custom }))

/** Commands that write parts of a profile, and take nothing away: shallow merges, deep ones, and Insider's attributes. */
const patch: fc.Arbitrary<Patch> = fc.oneof(
  { weight: 3, arbitrary: shallowBody.map(shallowMerge) },
  { weight: 1, arbitrary: fc.tuple(object(scalar), deepMembers).map(([own, custom]) => overlay({ ...own, custom })) },
  {
    weight: 1,
    arbitrary: fc
      .tuple(object(value), deepMembers)
      .map(([own, custom]) =>
        merge(
          new Map([
            ...Object.entries(own).map(([each, some]) => [each, put(some)] as const),
            ['custom', merge(new Map(Object.entries(custom).map(([each, some]) => [each, put(some)])))]
          ])
        )
      )
  }
)

const who = fc.constantFrom(...hashes).map(email)
const later = 9_000_000
const command: fc.Arbitrary<Command> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      _tag: fc.constant('UpsertProfile' as const),
      reference: who,
      key: fc.constantFrom(key('0'), key('1', 'n')),
      patch
    })
  },
  {
    weight: 1,
    arbitrary: fc
      .record({
        _tag: fc.constant('UpdateSegment' as const),
        reference: who,
        key: fc.constantFrom(byId('s'), byId('t')),
        expiry: fc.constantFrom({ _tag: 'Never' as const }, { _tag: 'At' as const, moment: later }),
        dataBag: fc.option(scalar, { nil: undefined })
      })
      .map(({ dataBag, ...rest }) => (dataBag === undefined ? rest : { ...rest, dataBag }))
  },
  {
    weight: 1,
    arbitrary: fc.record({
      _tag: fc.constant('UpsertChoice' as const),
      reference: who,
      processing: fc.constantFrom('p', 'q'),
      chosenAt: fc.nat(2),
      patch: fc
        .tuple(fc.boolean(), scalar)
        .map(([$choice_acceptance_value, by]) => put({ $choice_acceptance_value, by }))
    })
  }
)

const association = fc
  .uniqueArray(fc.constantFrom(...hashes), { minLength: 2 })
  .map((some): Command => ({ _tag: 'Associate', references: some.map(email) as never }))

interface Setting {
  /** The time of the clock at each command. */
  readonly times: ReadonlyArray<number>
  readonly profileMerge?: Context['profileMerge']
  /** Gives the moments backwards. */
  readonly backwards?: boolean
}

/** Returns all people after these commands, by their hashes. People are stored and read again at each step. */
const known = (commands: ReadonlyArray<Command>, { times, profileMerge, backwards = false }: Setting) => {
  let people = new Map<UserPointId, UserPoint>()
  let last = 0
  for (const [i, each] of commands.entries()) {
    const workspace = new Workspace([...people].map(([id, point]) => ({ id, point, version: 1 })))
    const now = times[i % times.length] as number
    last = Math.max(momentOf(now), last + 1)
    const { changes } = decide(workspace, each, {
      now,
      momentAfter: (point) => (backwards ? 9_000_000_000 - last : Math.max(last, latestMoment(point) + 1)),
      newUserPointId: () => `p${i}` as UserPointId,
      newDevicePointId: () => `udp:${i}` as DevicePointId,
      profileMerge
    })
    people = new Map(people)
    for (const { id, point } of changes) {
      if (point === undefined) people.delete(id)
      else people.set(id, fromStored(JSON.parse(JSON.stringify(toStored(point)))))
    }
  }
  return [...people.values()]
    .map((point) => ({
      hashes: new Set(point.emailHashes.map(({ hash }) => hash)),
      profiles: new Map(
        point.profiles.map((each) => [
          `${each.compartment}/${each.accountId}`,
          { properties: each.properties, createdAt: each.createdAt, modifiedAt: each.modifiedAt }
        ])
      ),
      segments: new Map(
        point.segments.map((each) => [
          each.segment,
          { end: each.expiresAt, bag: each.dataBag, createdAt: each.createdAt, modifiedAt: each.modifiedAt }
        ])
      ),
      choices: new Map(
        point.choices.map((each) => [each.processing, { chosenAt: each.chosenAt, properties: each.properties }])
      )
    }))
    .sort((a, b) => ([...a.hashes].sort().join() < [...b.hashes].sort().join() ? -1 : 1))
}

/** A history, and associations that come at some place of it, from its beginning to its end. */
const history = fc.record({
  commands: fc.array(command, { maxLength: 12, size: 'max' }),
  associations: fc.array(fc.tuple(association, fc.nat(12)), { minLength: 1, maxLength: 3 })
})

/** The history with each association at its place. */
const joinedAt = (commands: ReadonlyArray<Command>, associations: ReadonlyArray<readonly [Command, number]>) =>
  associations
    .toSorted(([, a], [, b]) => b - a)
    .reduce<ReadonlyArray<Command>>(
      (all, [each, place]) => all.toSpliced(Math.min(place, commands.length), 0, each),
      commands
    )

const times = fc.oneof(
  fc.constant([5]),
  fc.constant(Array.from({ length: 20 }, (_, n) => n)),
  fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 1, maxLength: 5 })
)

describe('joining people', () => {
  law(
    '[L-35, A-45] at any place of a history gives the same profiles, choices and memberships',
    fc.tuple(history, times),
    ([{ commands, associations }, clock]) => {
      // A history runs on its own times, if other commands are put between.
      const early = joinedAt(commands, associations)
      const late = [...commands, ...associations.map(([each]) => each)]
      const timed = (all: ReadonlyArray<Command>) =>
        all.map((each) => {
          const place = commands.indexOf(each)
          return place === -1 ? 1 : (clock[place % clock.length] as number)
        })
      return same(known(early, { times: timed(early) }), known(late, { times: timed(late) }))
    },
    1_500
  )

  it('[L-35, A-45] is not lawful where moments go backwards, or the newest profile wins whole: the property sees it', () => {
    for (const planted of [{ backwards: true }, { profileMerge: 'newestWhole' as const }]) {
      const found = fc.check(
        fc.property(history, ({ commands, associations }) =>
          same(
            known(joinedAt(commands, associations), { times: [5], ...planted }),
            known([...commands, ...associations.map(([each]) => each)], { times: [5], ...planted })
          )
        ),
        { numRuns: 500, seed: 1 }
      )
      expect(found.failed).toBe(true)
    }
  })
})
