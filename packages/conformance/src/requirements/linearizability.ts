/** PO-8, with PO-2 and PO-3: overlapping calls are linearizable. */
import type { Reference, Stored, Write } from '@userpoint/core/repository'
import fc from 'fast-check'
import { fail } from '../compare.ts'
import { demandLinearizable } from '../linearizability/demand.ts'
import { createRecorder, type RecordedHandle } from '../linearizability/recorder.ts'
import { turn } from '../process/turn.ts'
import { requirement } from '../trial.ts'
import { byClaim, byId, put, remove, stored } from '../writes.ts'

const claims = ['x', 'y'] as const

/** The intent of a handle, in terms of claims; its writes depend on the loaded documents. */
interface Intent {
  readonly how: 'look' | 'touch' | 'take' | 'merge' | 'delete'
  readonly claims: readonly [string, string]
  /** Commits the same once more, without another load. */
  readonly again: boolean
}

const intent: fc.Arbitrary<Intent> = fc.record({
  how: fc.constantFrom('look', 'look', 'look', 'touch', 'take', 'take', 'merge', 'delete'),
  claims: fc.constantFrom(['x', 'y'] as const, ['y', 'x'] as const),
  again: fc.integer({ min: 0, max: 3 }).map((n) => n === 0)
})

/** Returns the claims of a document, which its body lists, so that a reader knows the claims of that version. */
const heldBy = (document: Stored | undefined): ReadonlyArray<string> => {
  const held = document?.body['claims']
  return Array.isArray(held) ? held.map(String) : []
}

/** Returns the writes for an intent, given the documents of its two claims. */
const writesFor = (
  { how, claims: [first, second] }: Intent,
  [target, other]: ReadonlyArray<Stored | undefined>,
  newId: string
): ReadonlyArray<Write> => {
  const held = heldBy(target)
  if (how === 'delete' && target !== undefined) return [remove(target, held)]
  const rewritten = (document: Stored, next: ReadonlyArray<string>): Stored =>
    stored(document.id, { claims: [...next] }, document.version + 1)
  const giver = other === undefined || other.id === target?.id ? undefined : other
  const given = how === 'merge' ? heldBy(giver) : how === 'take' && !held.includes(second) ? [second] : []
  const claim = target === undefined ? [first, ...given.filter((one) => one !== first)] : given
  const next = [...held, ...claim]
  const taker = put(target === undefined ? stored(newId, { claims: [...next] }) : rewritten(target, next), { claim })
  if (giver === undefined || given.length === 0) return [taker]
  const kept = heldBy(giver).filter((one) => !given.includes(one))
  if (how === 'merge') return [remove(giver, heldBy(giver)), taker]
  return [taker, put(rewritten(giver, kept), { release: given })]
}

/** Carries out intents one after the other; `begin` resolves when the next call may begin. */
const carryOut = async (
  handle: RecordedHandle,
  name: string,
  intents: ReadonlyArray<Intent>,
  begin: () => Promise<void>
): Promise<void> => {
  const known: Array<Reference> = []
  for (const [index, one] of intents.entries()) {
    await begin()
    if (one.how === 'look') {
      await handle.load([...claims.map(byClaim), ...known])
      continue
    }
    const found = await handle.load(one.claims.map(byClaim))
    for (const document of found) if (document !== undefined) known.push(byId(document.id))
    const writes = writesFor(one, found, `${name}-${index}`)
    await begin()
    await handle.commit(writes)
    // What was deleted meanwhile must not be made again.
    if (!one.again || writes.some((write) => write.expected === 0)) continue
    await begin()
    await handle.commit(writes)
  }
}

// What has begun goes on for a turn before the next call begins.
const act = async (happen: () => Promise<void>): Promise<void> => {
  await happen()
  await turn()
}

const names = ['first', 'second', 'third'] as const

const counters = ['counter-0', 'counter-1'] as const
const baton = 'baton'

/** One step of a process: it looks around, counts one of the counters up, and may fetch the baton for its document. */
interface Round {
  readonly counter: (typeof counters)[number]
  readonly looks: number
  readonly fetches: boolean
}

const round: fc.Arbitrary<Round> = fc.record({
  counter: fc.constantFrom(...counters),
  looks: fc.integer({ min: 0, max: 4 }),
  fetches: fc.integer({ min: 0, max: 2 }).map((n) => n === 0)
})

const roundsEach = 12
const mostTries = 200

/** Tries a round until it lands; gives whether that is certain. */
const count = async (handle: RecordedHandle, own: string, { counter, fetches }: Round): Promise<boolean> => {
  for (let tries = 0; tries < mostTries; tries += 1) {
    const [now, mine, holder] = await handle.load([byId(counter), byId(own), byClaim(baton)])
    if (now === undefined || mine === undefined || holder === undefined) return fail('a document or the claim is gone')
    const more = (document: Stored): Stored =>
      stored(document.id, { n: Number(document.body['n']) + 1 }, document.version + 1)
    const moves =
      fetches && holder.id !== own ? [put(more(holder), { release: [baton] }), put(more(mine), { claim: [baton] })] : []
    const outcome = await handle.commit([put(more(now)), ...moves])
    if (outcome === 'Committed') return true
    if (outcome === 'Unknown') return false
  }
  return fail(`of ${names.length} processes at work, one did not land a batch in ${mostTries} tries`)
}

export const linearizabilityRequirements = [
  requirement({
    key: 'PO-8.linearizable',
    sentence: 'overlapping calls of three handles are linearizable',
    needs: ['handles'],
    check: async (trial) => {
      const program = fc.array(intent, { minLength: 2, maxLength: 10 })
      const scheduled = fc.tuple(fc.scheduler({ act }), program, program, program)
      await trial.forAll(40, scheduled, async ([scheduler, ...programs]) => {
        await trial.withStore(async (store) => {
          const recorder = createRecorder()
          const begin = async (): Promise<void> => scheduler.schedule(Promise.resolve())
          const handles = [store.handle, await store.peer(), await store.peer()]
          const actors = handles.map(async (handle, index) => {
            const name = names[index] ?? 'another'
            await carryOut(recorder.watch(handle, name), name, programs[index] ?? [], begin)
          })
          await scheduler.waitFor(Promise.all(actors))
          await recorder.watch(store.handle, 'the last reader').load(claims.map(byClaim))
          demandLinearizable(recorder.history())
        })
      })
    }
  }),
  requirement({
    key: 'PO-8.processes',
    extent: 'whole',
    sentence:
      'three concurrent processes that increment counters and pass a claim on lose no update, and each of them makes progress',
    needs: ['processes'],
    check: async (trial) => {
      const rounds = fc.array(round, { minLength: roundsEach, maxLength: roundsEach })
      // The same rounds interleave differently in the next run, so shrinking is useless.
      await trial.forAll(1, fc.noShrink(fc.tuple(rounds, rounds, rounds)), async (programs) => {
        await trial.withStore(async (store) => {
          const recorder = createRecorder()
          const parent = recorder.watch(store.handle, 'the parent')
          const begun = [...counters, ...names].map((id) =>
            put(stored(id, { n: 0 }), { claim: id === names[0] ? [baton] : [] })
          )
          if ((await parent.commit(begun)) !== 'Committed') fail('the first batch of all did not land')
          const processes = await Promise.all(names.map(async () => await store.fork()))
          const landed = new Map<string, { certain: number; possible: number }>()
          const runProcess = async (index: number): Promise<void> => {
            const name = names[index] ?? 'another'
            const worker = recorder.watch((processes[index] as (typeof processes)[number]).handle, name)
            for (const one of programs[index] ?? []) {
              for (let look = 0; look < one.looks; look += 1) {
                await worker.load([...counters.map((id) => byId(id)), byClaim(baton)])
              }
              const isCertain = await count(worker, name, one)
              const { certain, possible } = landed.get(one.counter) ?? { certain: 0, possible: 0 }
              landed.set(one.counter, { certain: certain + (isCertain ? 1 : 0), possible: possible + 1 })
            }
          }
          await Promise.all(names.map(async (_, index) => runProcess(index)))
          const totals = await parent.load(counters.map((id) => byId(id)))
          for (const [index, id] of counters.entries()) {
            const { certain, possible } = landed.get(id) ?? { certain: 0, possible: 0 }
            const total = Number(totals[index]?.body['n'])
            if (total < certain || total > possible) {
              fail(`${certain} to ${possible} steps of ${id} landed, and it says ${total}`)
            }
          }
          demandLinearizable(recorder.history())
        })
      })
    }
  })
]
