/** L-29: an engine over a store that fails as planned. A witness below the faults knows which batches land. */
import { defaultBounds, defaultPolicies, type JsonObject } from '@userpoint/core'
import type { Command } from '@userpoint/core/command'
import { fromStored, type StoredUserPoint } from '@userpoint/core/user-point'
import { decodeLine, type DocumentType } from '@userpoint/core/mediarithmics'
import type { Kind, Reference, Repository, Stored, Write } from '@userpoint/core/repository'
import fc from 'fast-check'
import { beginning, engineOver, mintedId, repositoryOf } from '../behaviour/engine.ts'
import { fail, Mismatch, sameAnswers } from '../compare.ts'
import * as oracles from '../oracle.ts'
import { turn } from '../process/turn.ts'
import { type Handle, requirement } from '../trial.ts'
import { byClaim, userPoint } from '../writes.ts'
import { type Fault, withFaults } from './faulty-repository.ts'

interface Who {
  readonly field: 'email_hash' | 'user_account_id'
  readonly value: string
}

/** The intent of a line. `append` reveals a repeated application, because the merge keeps all array elements. */
interface Intent {
  readonly verb: 'append' | 'join' | 'erase'
  readonly who: Who
  readonly other: Who
}

const who: fc.Arbitrary<Who> = fc.constantFrom(
  { field: 'email_hash', value: 'h1' },
  { field: 'email_hash', value: 'h2' },
  { field: 'user_account_id', value: 'a1' },
  { field: 'user_account_id', value: 'a2' }
)

const intent: fc.Arbitrary<Intent> = fc.record({
  verb: fc.constantFrom('append', 'append', 'append', 'join', 'erase'),
  who,
  other: who
})

/** The fault of a call. A rival is another engine that works concurrently. */
type Mishap =
  | 'none'
  | 'refused'
  | 'lost before'
  | 'lost after'
  | 'gone before'
  | 'gone after'
  | 'late'
  | 'rival before'
  | 'rival after'

const mishap: fc.Arbitrary<Mishap> = fc.constantFrom(
  'none',
  'none',
  'none',
  'refused',
  'lost before',
  'lost after',
  'gone before',
  'gone after',
  'late',
  'rival before',
  'rival after'
)

/** A unit of work, the faults of its calls in order, and the work of a rival. */
interface Unit {
  readonly intents: ReadonlyArray<Intent>
  readonly mishaps: ReadonlyArray<Mishap>
  readonly rival: ReadonlyArray<Intent>
}

const unit: fc.Arbitrary<Unit> = fc.record({
  intents: fc.array(intent, { minLength: 1, maxLength: 3 }),
  mishaps: fc.array(mishap, { maxLength: 6 }),
  rival: fc.array(intent, { minLength: 1, maxLength: 2 })
})

const typed = ({ field, value }: Who): JsonObject =>
  field === 'email_hash' ? { type: 'USER_EMAIL', hash: value } : { type: 'USER_ACCOUNT', user_account_id: value }

const lineOf = ({ verb, who: whose, other }: Intent, mark: string): readonly [DocumentType, JsonObject] => {
  switch (verb) {
    case 'append': {
      const merge = { operation: 'UPSERT', force_replace: false, merge_objects: true, user_profile: { marks: [mark] } }
      return ['USER_PROFILE', { [whose.field]: whose.value, ...merge }]
    }
    case 'join':
      return ['USER_IDENTIFIERS_ASSOCIATION_DECLARATIONS', { identifiers: [typed(whose), typed(other)] }]
    case 'erase':
      return ['USER_POINTS_DELETION', typed(whose)]
  }
}

/** The commands of a unit and the inputs of its last attempt, with which it can be decided again. */
interface Attempted {
  readonly marks: ReadonlyArray<string>
  readonly commands: ReadonlyArray<Command>
  readonly read: ReadonlyArray<Stored | undefined>
  readonly moments: ReadonlyArray<number>
  readonly ids: ReadonlyArray<string>
}

/** A batch that landed, with its unit. */
interface Landed extends Attempted {
  readonly writes: ReadonlyArray<Write>
}

const commandOf = (type: DocumentType, line: JsonObject): Command => {
  const decoded = decodeLine(type, line, defaultPolicies, defaultBounds)
  return decoded._tag === 'Right' ? decoded.right.command : fail('a line of the suite does not decode')
}

const saysNotApplied = (error: unknown): boolean =>
  typeof error === 'object' && error !== null && Reflect.get(error, 'applied') === false

const clockKind: Kind = 'clock'

const isClockReference = (reference: Reference): boolean =>
  reference._tag === 'ById' && (reference.kind === clockKind || reference.kind === 'claim_key')

/** A limit beyond every moment that a store holds: all that is decided again is later, as it was the first time. */
const lateClock: Stored = { kind: clockKind, id: 'moments', version: 1, body: { limit: 8e15 } }

/** Returns whether this batch is only the limit of moments, which does not belong to a unit of work. */
const isOfClock = (writes: ReadonlyArray<Write>): boolean => writes.every(({ kind }) => kind === clockKind)

/** The writes of user points, without the moments at which they were made. */
const timeless = (writes: ReadonlyArray<Write>): ReadonlyArray<object> =>
  writes
    .filter(({ kind }) => kind === userPoint)
    .map(({ body, ...write }) => {
      if (body === undefined) return write
      const point = fromStored(body as StoredUserPoint)
      return {
        ...write,
        body: { ...point, profiles: point.profiles.map((each) => ({ ...each, parts: undefined, writtenAt: 0 })) }
      }
    })

/** Decides a unit of work again without faults, and returns its writes. */
const decidedAgain = async ({ commands, read, moments, ids }: Attempted): Promise<ReadonlyArray<Write>> => {
  const [clock, newId] = [moments.values(), ids.values()]
  const decided: Array<Write> = []
  const again: Repository = {
    manifest: { name: 'again', durable: false, concurrent: false },
    load: (references) =>
      references.every(isClockReference)
        ? references.map((each) => ('kind' in each && each.kind === clockKind ? lateClock : undefined))
        : read,
    commit: (writes) => {
      decided.push(...writes)
      return { _tag: 'Committed' }
    },
    scan: () => []
  }
  const engine = engineOver(again, {
    clock: () => clock.next().value ?? beginning,
    newId: () => newId.next().value ?? mintedId(0)
  })
  await engine.execute(commands)
  return decided
}

/** Creates the state of one case: the handles, and the batches that landed, in order. */
const createScene = (handles: ReadonlyArray<Handle>) => {
  const landed: Array<Landed> = []
  const claims = new Set<string>()
  let oracle = oracles.empty
  let appended = 0
  let clock = beginning
  let ids = 0
  let checked = 0
  // Errors below an engine would look like failures of the store, so collect them here.
  const broken: Array<unknown> = []

  const handleAt = (index: number): Handle => handles[index % handles.length] as Handle

  /** Returns a repository that records the commits that reach the store, with their results. */
  const witness = (handle: Handle, attempted: () => Attempted): Repository => {
    const repository = repositoryOf(handle)
    return {
      ...repository,
      commit: async (writes) => {
        const result = await repository.commit(writes)
        for (const { claim } of writes) for (const text of claim) claims.add(text)
        if (result._tag === 'Committed' && !isOfClock(writes)) landed.push({ ...attempted(), writes })
        return result
      }
    }
  }

  /** Runs intents with an engine over a handle that `between` wraps. */
  const work = async (
    intents: ReadonlyArray<Intent>,
    handle: Handle,
    between: (repository: Repository) => Repository
  ): Promise<void> => {
    const lines = intents.map((one) => {
      appended += 1
      return { mark: `<${appended}>`, verb: one.verb, line: lineOf(one, `<${appended}>`) }
    })
    const marks = lines.filter(({ verb }) => verb === 'append').map(({ mark }) => mark)
    const commands = lines.map(({ line }) => commandOf(...line))
    let read: ReadonlyArray<Stored | undefined> = []
    const moments: Array<number> = []
    const minted: Array<string> = []
    const attempted = (): Attempted => ({ marks, commands, read, moments: [...moments], ids: [...minted] })
    const repository = between(witness(handle, attempted))
    const before = landed.length
    // Commits since the last load.
    let asked = 0
    let isOpen = false
    const engine = engineOver(
      {
        ...repository,
        load: async (references) => {
          // How far moments have come is no part of what is decided on.
          if (references.every(isClockReference)) {
            return await repository.load(references)
          }
          asked = 0
          moments.length = 0
          minted.length = 0
          read = await repository.load(references)
          return read
        },
        commit: async (writes) => {
          if (isOfClock(writes)) return await repository.commit(writes)
          if (isOpen) broken.push(new Mismatch('a unit of work was retried after an unknown outcome'))
          asked += 1
          try {
            return await repository.commit(writes)
          } catch (error) {
            isOpen = !saysNotApplied(error)
            throw error
          }
        }
      },
      {
        attempts: 3,
        clock: () => {
          clock += 1
          moments.push(clock)
          return clock
        },
        newId: () => {
          const id = mintedId(ids)
          ids += 1
          minted.push(id)
          return id
        }
      }
    )
    const outcome = await engine.execute(commands)
    const times = landed.slice(before).filter((one) => one.commands === commands).length
    const said = outcome._tag === 'Right' ? 'done' : outcome.left._tag
    if (times > 1) fail(`a unit of work reported as ${said} landed ${times} times`)
    if (said === 'done' && asked > 0 && times === 0) fail('a unit of work reported as done did not land')
    if ((said === 'StoreFailed' || said === 'Contention') && times > 0) {
      fail(`a unit of work landed although ${said} means that nothing of it is applied`)
    }
    if (isOpen !== (said === 'Indeterminate')) {
      fail(
        isOpen
          ? `the outcome of a unit of work is unknown, but it is reported as ${said}`
          : `${said} is reported for a known outcome`
      )
    }
  }

  const recorded = async (does: () => Promise<void>): Promise<void> => {
    try {
      await does()
    } catch (error) {
      broken.push(error)
    }
  }

  const rival = (intents: ReadonlyArray<Intent>, index: number) => async (): Promise<void> =>
    recorded(async () => work(intents, handleAt(index), (repository) => repository))

  const faultOf = (one: Mishap | undefined, intents: ReadonlyArray<Intent>, index: number): Fault | undefined => {
    switch (one) {
      case 'refused':
        return { _tag: 'FailBefore', admits: true }
      case 'lost before':
        return { _tag: 'FailBefore', admits: false }
      case 'lost after':
        return { _tag: 'FailAfter' }
      case 'gone before':
        return { _tag: 'Drop', when: 'before' }
      case 'gone after':
        return { _tag: 'Drop', when: 'after' }
      case 'late':
        return { _tag: 'Late', before: turn, after: turn }
      case 'rival before':
        return { _tag: 'Late', before: rival(intents, index + 1) }
      case 'rival after':
        return { _tag: 'Late', after: rival(intents, index + 1) }
      case 'none':
      case undefined:
        return undefined
    }
  }

  /** Asserts that whole units landed, and that the store has each of them exactly once. */
  const demandLanded = async (): Promise<void> => {
    for (; checked < landed.length; checked += 1) {
      const one = landed[checked] as Landed
      if (JSON.stringify(timeless(await decidedAgain(one))) !== JSON.stringify(timeless(one.writes))) {
        fail('the batch that landed differs from the writes of the whole unit of work')
      }
      const [result, next] = oracles.commit(oracle, one.writes)
      if (result === 'Conflict') fail('a batch landed whose versions or claims did not hold')
      oracle = next
    }
    const references = [...claims].map(byClaim)
    for (const [index, handle] of handles.entries()) {
      const found = await handle.scan(userPoint)
      const where = index === 0 ? '' : ', through the peer'
      sameAnswers(oracles.scan(oracle, userPoint), found, (place) => `user point ${place}${where}`)
      if (references.length === 0) continue
      const answers = await handle.load(references)
      sameAnswers(oracles.load(oracle, references), answers, (place) => `claim ${place}${where}`)
      const text = JSON.stringify(found.map(({ body }) => body))
      const stored = text.match(/<\d+>/g) ?? []
      const whole = new Set(landed.flatMap((one) => one.marks))
      if (new Set(stored).size !== stored.length) fail('something was appended twice')
      if (stored.some((mark) => !whole.has(mark))) fail('something was appended by a unit of work that did not land')
    }
  }

  return {
    run: async ({ intents, mishaps, rival: others }: Unit, index: number): Promise<void> => {
      const plan = ({ number }: { readonly number: number }) => faultOf(mishaps[number], others, index)
      await recorded(async () => work(intents, handleAt(index), (repository) => withFaults(repository, plan)))
      if (broken.length > 0) throw broken[0]
      await demandLanded()
    }
  }
}

export const faultRequirements = [
  requirement({
    key: 'L-29.faults',
    sentence:
      'over a store that fails in every way that the port allows, each unit of work lands whole and once or not at all, as reported',
    check: async (trial) => {
      await trial.forAll(30, fc.array(unit, { minLength: 2, maxLength: 10 }), async (units) => {
        await trial.withStore(async (store) => {
          const isShared = store.handle.repository.manifest.concurrent !== false
          const scene = createScene(isShared ? [store.handle, await store.peer()] : [store.handle])
          for (const [index, one] of units.entries()) await scene.run(one, index)
        })
      })
    }
  })
]
