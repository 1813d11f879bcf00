/**
 * Random histories over a very small universe, so that documents and claims often collide. After every step each handle must
 * agree with the oracle on the whole universe, including documents that the step did not change.
 *
 * Steps are intents. Their writes are derived from the oracle when they run, so that batches keep core's promises even after
 * shrinking has removed earlier steps.
 */
import type { Kind, Reference, ScanOptions, Stored, Write } from '@userpoint/core/repository'
import fc from 'fast-check'
import { answerDifference, fail, sameAnswers } from './compare.ts'
import * as oracles from './oracle.ts'
import type { Handle, TrialStore } from './trial.ts'
import { byClaim, byId } from './writes.ts'

const kinds: ReadonlyArray<Kind> = ['user_point', 'execution']
const names = ['a', 'B', '_', 'Z']
const claims = ['k', 'K', 'k ', '\u00e9', 'e\u0301', '%', '__proto__', '007']
const slots = kinds.flatMap((kind) => names.map((name) => ({ kind, name })))

/** The change of one document in a batch. */
interface Edit {
  readonly slot: number
  readonly deletes: boolean
  /** The claims that the document should have afterwards. */
  readonly claims: ReadonlyArray<string>
}

/** `stale`: worked out from a state of some steps ago; `taken`: claims are not left out because another holds them. */
type Twist = 'plain' | 'taken' | 'stale' | 'behind' | 'ahead'

interface Batch {
  readonly _tag: 'Batch'
  readonly handle: number
  readonly edits: ReadonlyArray<Edit>
  readonly twist: Twist
  /** The index of the twisted write, or the number of steps back. */
  readonly which: number
}

interface Load {
  readonly _tag: 'Load'
  readonly handle: number
  readonly references: ReadonlyArray<number>
}

interface Scan {
  readonly _tag: 'Scan'
  readonly handle: number
  readonly kind: Kind
  readonly options: ScanOptions
  readonly stopAt: number | undefined
  readonly during: Batch | undefined
}

export type Step =
  | Batch
  | Load
  | Scan
  | { readonly _tag: 'Purge'; readonly handle: number }
  | { readonly _tag: 'Reopen' }

/** The optional capabilities that a history uses. */
export interface Abilities {
  readonly peer: boolean
  readonly reopen: boolean
}

const batch = (handle: fc.Arbitrary<number>): fc.Arbitrary<Batch> => {
  const edit = fc.record({
    slot: fc.nat(slots.length - 1),
    deletes: fc.integer({ min: 0, max: 3 }).map((value) => value === 3),
    claims: fc.subarray(claims, { maxLength: 4 })
  })
  return fc.record({
    _tag: fc.constant('Batch' as const),
    handle,
    edits: fc.uniqueArray(edit, { minLength: 1, maxLength: 5, selector: (one) => one.slot }),
    twist: fc.constantFrom<Twist>('plain', 'plain', 'plain', 'taken', 'stale', 'behind', 'ahead'),
    which: fc.nat(5)
  })
}

/** Generates histories of up to 24 steps. */
export const history = (abilities: Abilities): fc.Arbitrary<ReadonlyArray<Step>> => {
  const handle = abilities.peer ? fc.nat(1) : fc.constant(0)
  const batches = batch(handle)
  const options = fc.record(
    { after: fc.constantFrom(...names, 'B~1', '!', 'Zz', '~'), limit: fc.integer({ min: 1, max: 4 }) },
    { requiredKeys: [] }
  )
  const load = fc.record({
    _tag: fc.constant('Load' as const),
    handle,
    references: fc.array(fc.nat(30), { minLength: 1, maxLength: 12 })
  })
  const scan = fc.record({
    _tag: fc.constant('Scan' as const),
    handle,
    kind: fc.constantFrom(...kinds),
    options: options.map((one) => one as ScanOptions),
    stopAt: fc.option(fc.nat(3), { nil: undefined }),
    during: fc.option(batches, { nil: undefined })
  })
  const purge = fc.record({ _tag: fc.constant('Purge' as const), handle })
  const reopen = fc.constant({ _tag: 'Reopen' as const })
  const step = fc.oneof(
    { weight: 12, arbitrary: batches },
    { weight: 2, arbitrary: load },
    { weight: 4, arbitrary: scan },
    { weight: 1, arbitrary: purge },
    { weight: abilities.reopen ? 2 : 0, arbitrary: reopen }
  )
  return fc.array<Step>(step, { maxLength: 24, size: 'max' })
}

/** The state at one moment; `dead` has the deleted ids, which core never uses again. */
interface World {
  readonly oracle: oracles.Oracle
  readonly dead: ReadonlyArray<{ readonly kind: Kind; readonly id: string }>
}

/** Returns the current id of a name; each deletion gives the name a new id. */
const currentId = (world: World, kind: Kind, name: string): string => {
  const lives = world.dead.filter((one) => one.kind === kind && one.id.split('~')[0] === name).length
  return lives === 0 ? name : `${name}~${lives}`
}

const isDead = (world: World, { kind, id }: { kind: Kind; id: string }): boolean =>
  world.dead.some((one) => one.kind === kind && one.id === id)

/** Returns the writes of a batch for a caller who has seen the state `seen`. */
const writesOf = ({ edits, twist }: Batch, seen: World, serial: number): ReadonlyArray<Write> => {
  const targets = edits.map((edit) => {
    const { kind, name } = slots[edit.slot] as (typeof slots)[number]
    const id = currentId(seen, kind, name)
    return { ...edit, kind, id, held: oracles.claimsOf(seen.oracle, kind, id) }
  })
  const movable = new Set(targets.flatMap((one) => one.held))
  const isTaken = (claim: string): boolean =>
    !movable.has(claim) && seen.oracle.claims.some((one) => one.claim === claim)
  const wanted = new Set<string>()
  return targets.flatMap(({ kind, id, held, deletes, claims: hopes }, index): ReadonlyArray<Write> => {
    const expected = oracles.find(seen.oracle, kind, id)?.version ?? 0
    if (deletes) return expected === 0 ? [] : [{ kind, id, expected, body: undefined, claim: [], release: held }]
    const gets = hopes.filter((claim) => !wanted.has(claim) && (twist === 'taken' || !isTaken(claim)))
    for (const claim of gets) wanted.add(claim)
    return [
      {
        kind,
        id,
        expected,
        body: { n: serial * 10 + index },
        claim: gets.filter((claim) => !held.includes(claim)),
        release: held.filter((claim) => !gets.includes(claim))
      }
    ]
  })
}

const twisted = (writes: ReadonlyArray<Write>, { twist, which }: Batch): ReadonlyArray<Write> => {
  const place = which % Math.max(writes.length, 1)
  const one = writes[place]
  if (one === undefined) return writes
  if (twist === 'ahead') return writes.with(place, { ...one, expected: one.expected + 1 })
  // A write that expects nothing can neither delete nor release.
  if (twist !== 'behind' || one.expected === 0 || (one.expected === 1 && one.body === undefined)) return writes
  return writes.with(place, { ...one, expected: one.expected - 1, release: one.expected === 1 ? [] : one.release })
}

const universe = (world: World): ReadonlyArray<Reference> => {
  const alive = slots.map(({ kind, name }) => byId(currentId(world, kind, name), kind))
  return [...alive, ...world.dead.map((one) => byId(one.id, one.kind)), ...claims.map(byClaim)]
}

const called = (reference: Reference): string =>
  reference._tag === 'ById' ? `${reference.kind} ${reference.id}` : `claim ${JSON.stringify(reference.claim)}`

/** Asserts that a handle agrees with the oracle on everything. */
const demandWorld = async (handle: Handle, world: World, when: string): Promise<void> => {
  const references = universe(world)
  const answers = await handle.repository.load(references)
  const what = (index: number) => `${called(references[index] ?? byClaim('beyond the last'))}, ${when}`
  sameAnswers(oracles.load(world.oracle, references), answers, what)
  for (const kind of kinds) {
    const found: Array<Stored> = []
    for await (const one of handle.repository.scan(kind)) if (found.push(one) > 1_000) fail('the scan does not end')
    sameAnswers(oracles.scan(world.oracle, kind), found, (index) => `document ${index} of the scan of ${kind}, ${when}`)
  }
}

/** Asserts a scan during which batches land: it yields every document that existed all the time, in order, once. */
const demandScan = (
  found: ReadonlyArray<Stored>,
  { kind, options, stopAt }: Scan,
  before: World,
  after: World
): void => {
  const { limit, after: from } = options
  const ids = found.map((one) => one.id)
  if (limit !== undefined && found.length > limit) fail(`the scan gave ${found.length} documents with limit ${limit}`)
  if (from !== undefined && ids.some((id) => id <= from)) fail('the scan gave an id that does not come after `after`')
  if (ids.some((id, index) => index > 0 && id <= (ids[index - 1] as string)))
    fail('the scan is not ascending, or repeats')
  for (const one of found) {
    const moments = [before, after].map((world) => oracles.find(world.oracle, kind, one.id))
    if (moments.every((moment) => answerDifference(moment, one) !== undefined)) {
      fail(`the scan gave ${kind} ${one.id} as it was neither before nor after the batch that landed during it`)
    }
  }
  const cut = found.length === limit || (stopAt !== undefined && found.length > stopAt)
  const last = cut ? (ids.at(-1) ?? '') : '~~~'
  for (const { id } of oracles.scan(before.oracle, kind, from === undefined ? {} : { after: from })) {
    const stays = oracles.find(after.oracle, kind, id) !== undefined
    if (stays && id <= last && !ids.includes(id)) fail(`the scan left out ${kind} ${id}, which was there all the time`)
  }
}

/** Runs a history against a store and the oracle, and compares them. */
export const runHistory = async (
  store: TrialStore,
  steps: ReadonlyArray<Step>,
  abilities: Abilities
): Promise<void> => {
  const past: Array<World> = [{ oracle: oracles.empty, dead: [] }]
  let handles: ReadonlyArray<Handle> = abilities.peer ? [store.handle, await store.peer()] : [store.handle]
  let serial = 0

  const handleAt = (index: number): Handle => handles[index % handles.length] as Handle

  const runBatch = async (one: Batch): Promise<void> => {
    const now = past.at(-1) as World
    const seen = one.twist === 'stale' ? (past.at(-1 - (one.which % past.length)) as World) : now
    serial += 1
    const writes = twisted(writesOf(one, seen, serial), one).filter(
      (write) => write.expected > 0 || !isDead(now, write)
    )
    if (writes.length === 0) return
    const [expected, oracle] = oracles.commit(now.oracle, writes)
    const result = await handleAt(one.handle).commit(writes)
    if (result !== expected) fail(`the commit of step ${serial} said ${result} instead of ${expected}`)
    const deleted = expected === 'Conflict' ? [] : writes.filter((write) => write.body === undefined)
    past.push({ oracle, dead: [...now.dead, ...deleted.map(({ kind, id }) => ({ kind, id }))] })
  }

  const runScan = async (one: Scan): Promise<void> => {
    const before = past.at(-1) as World
    const found = await handleAt(one.handle).scan(one.kind, one.options, async (_, index) => {
      if (index === 0 && one.during !== undefined) await runBatch(one.during)
      return index === one.stopAt ? 'stop' : undefined
    })
    demandScan(found, one, before, past.at(-1) as World)
  }

  for (const [index, step] of steps.entries()) {
    if (step._tag === 'Batch') await runBatch(step)
    if (step._tag === 'Scan') await runScan(step)
    if (step._tag === 'Purge') await handleAt(step.handle).purge()
    if (step._tag === 'Load') {
      const all = universe(past.at(-1) as World)
      const references = step.references.map((place) => all[place % all.length] as Reference)
      const expected = oracles.load((past.at(-1) as World).oracle, references)
      sameAnswers(
        expected,
        await handleAt(step.handle).load(references),
        (place) => `answer ${place} of step ${index + 1}`
      )
    }
    if (step._tag === 'Reopen') {
      const reopened = await store.reopen()
      handles = abilities.peer ? [reopened, await store.peer()] : [reopened]
    }
    for (const [place, handle] of handles.entries()) {
      const through = place === 0 ? '' : ' through the peer'
      await demandWorld(handle, past.at(-1) as World, `after step ${index + 1} (${step._tag})${through}`)
    }
  }
}
