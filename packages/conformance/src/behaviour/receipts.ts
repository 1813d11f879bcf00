/** Receipts (L-38): each erasure leaves one, once; sealed receipts cannot be changed unseen; a purge says so in the chain. */
import type { Engine, Verdict } from '@userpoint/core'
import type { DocumentType } from '@userpoint/core/mediarithmics'
import {
  type ChainReport,
  checkChain,
  type ClaimedEntry,
  type KeptReceipt,
  type Receipts
} from '@userpoint/core/receipts'
import type { Stored } from '@userpoint/core/repository'
import fc from 'fast-check'
import { codeOf, history, type HistoryStep, perform } from '../arbitraries/history.ts'
import { cardSettings } from '../arbitraries/insider.ts'
import { mintIds, slowClock } from '../arbitraries/people.ts'
import { fail } from '../compare.ts'
import type { Requirement } from '../requirement.ts'
import { type Handle, requirement, type TrialStore } from '../trial.ts'
import { put } from '../writes.ts'
import { engineOver, type EngineSettings, repositoryOf } from './engine.ts'
import { testKey } from './erasure-key.ts'

/** The effects of commands that take something away. */
const erasing: ReadonlySet<string> = new Set([
  'UserPointDeleted',
  'IdentifierDeleted',
  'IdentifiersDeleted',
  'IdentifierReplaced',
  'IdentifiersSuppressed',
  'DevicePointDeleted',
  'DevicePointsCollected',
  'ProfilesDeleted',
  'ProfileEdited',
  'SegmentDeleted',
  'ChoiceDeleted',
  'ScenarioLeft',
  'UserAnonymised',
  'UserPointCollected',
  'RetentionApplied'
])

const isErasure = (verdict: Verdict): boolean => verdict._tag === 'Applied' && erasing.has(verdict.effect._tag)

const receiptsOf = (engine: Engine<DocumentType>): Receipts => engine.receipts ?? fail('the engine has no receipts')

const keptBy = async (engine: Engine<DocumentType>): Promise<ReadonlyArray<KeptReceipt>> => {
  const all: Array<KeptReceipt> = []
  for await (const each of receiptsOf(engine).all()) all.push(each)
  return all
}

const erasuresIn = (kept: ReadonlyArray<KeptReceipt>): number =>
  kept.filter(({ entry }) => entry._tag === 'Erasure').length

const demandWhole = async (engine: Engine<DocumentType>, when: string): Promise<void> => {
  const report = await receiptsOf(engine).verify()
  if (report._tag === 'Left') return fail(`the chain could not be read ${when}`)
  if (report.right.flaw !== undefined) fail(`the chain is said to be flawed ${when}`)
}

const sealed = async (engine: Engine<DocumentType>): Promise<void> => {
  if ((await receiptsOf(engine).seal())._tag === 'Left') fail('the receipts could not be sealed')
}

const noteEngine = (store: TrialStore, claims: 'keyed' | 'plain'): void => {
  store.note(
    () =>
      `const engine = createEngine({ dialect: mediarithmics, repository: store, clock: slowClock(), newId: mintIds(), purge: 'manual', erasure: { key: testKey, claims: '${claims}' } })`
  )
}

const complete = requirement({
  key: 'L-38.complete',
  sentence:
    'after any history in either dialect there is one receipt for each applied erasure and for no other line or call, however often receipts are sealed, and the chain is whole',
  check: async (trial) => {
    const told = fc.record({
      steps: history({ maxSteps: 20, maxLength: 6 }).map((steps) => steps.filter(({ _tag }) => _tag !== 'Sweep')),
      seals: fc.array(fc.nat(20), { maxLength: 3 }),
      claims: fc.constantFrom('keyed', 'plain')
    })
    await trial.forAll(40, told, async ({ steps, seals, claims }) => {
      await trial.withStore(async (store) => {
        noteEngine(store, claims)
        const engine = engineOver(store.handle.repository, { erasure: { key: testKey, claims } })
        let expected = 0
        for (const [at, step] of steps.entries()) {
          store.note(() => codeOf(step))
          const { verdicts } = await perform(engine, step, cardSettings)
          expected += verdicts.filter(isErasure).length
          if (!seals.includes(at)) continue
          store.note(() => 'await engine.receipts.seal()')
          await sealed(engine)
        }
        const kept = await keptBy(engine)
        const found = erasuresIn(kept)
        if (found !== expected) fail(`${found} receipts for ${expected} erasures`)
        const ids = new Set(kept.map(({ entry }) => entry.id))
        if (ids.size !== kept.length) fail('two receipts have one id')
        await demandWhole(engine, 'after a history')
        await sealed(engine)
        await demandWhole(engine, 'after all is sealed')
        if ((await keptBy(engine)).some((each) => each.sealed === undefined)) fail('a receipt is not sealed')
      })
    })
  }
})

const building = (count: number): HistoryStep => ({
  _tag: 'Document',
  type: 'USER_PROFILE',
  linesPerUnit: 100,
  text: Array.from({ length: count }, (_, at) =>
    JSON.stringify({ operation: 'UPSERT', email_hash: `h${at}`, force_replace: true, user_profile: { n: at } })
  ).join('\n')
})

const deleting = (count: number, linesPerUnit: number): HistoryStep => ({
  _tag: 'Document',
  type: 'USER_POINTS_DELETION',
  linesPerUnit,
  text: Array.from({ length: count }, (_, at) => JSON.stringify({ type: 'USER_EMAIL', hash: `h${at}` })).join('\n')
})

/** One change of an export: the entry at a place is altered, dropped, doubled, or swapped with another. */
type Tampering =
  | { readonly how: 'alter' | 'drop' | 'double' | 'invent'; readonly at: number; readonly remade: boolean }
  | { readonly how: 'swap'; readonly at: number; readonly other: number; readonly remade: boolean }

const altered = (entry: unknown): unknown => ({ ...(entry as object), at: 1 })

const tampered = (entries: ReadonlyArray<unknown>, change: Tampering): ReadonlyArray<unknown> => {
  const copy = [...entries]
  const at = change.at % copy.length
  switch (change.how) {
    case 'alter':
      copy[at] = altered(copy[at])
      break
    case 'drop':
      copy.splice(at, 1)
      break
    case 'double':
      copy.splice(at, 0, copy[at])
      break
    case 'invent':
      copy.splice(at, 0, altered(copy[at]))
      break
    case 'swap': {
      const other = change.other % copy.length
      ;[copy[at], copy[other]] = [copy[other], copy[at]]
      break
    }
  }
  return copy
}

/** The hashes of a chain that an attacker makes anew. */
const remade = (entries: ReadonlyArray<unknown>): ReadonlyArray<ClaimedEntry> => {
  const lines: Array<ClaimedEntry> = []
  const check = checkChain(testKey.digest, undefined)
  for (const entry of entries) {
    // The check says which hash it expects after each entry.
    const trial = checkChain(testKey.digest, undefined)
    for (const line of lines) trial.next(line)
    trial.next({ number: lines.length + 1, entry, hash: '' })
    const line = { number: lines.length + 1, entry, hash: trial.end().head.hash }
    lines.push(line)
    check.next(line)
  }
  if (check.end().flaw !== undefined) fail('a chain that was made anew is said to be flawed in itself')
  return lines
}

const verified = (lines: ReadonlyArray<ClaimedEntry>, head: ChainReport['head']): ChainReport => {
  const check = checkChain(testKey.digest, { ...head, of: 'whole' })
  for (const line of lines) check.next(line)
  return check.end()
}

const exported = async (engine: Engine<DocumentType>): Promise<ReadonlyArray<ClaimedEntry>> =>
  (await keptBy(engine)).flatMap(({ entry, sealed: place }) => (place === undefined ? [] : [{ entry, ...place }]))

const tampering = requirement({
  key: 'L-38.tampered',
  sentence:
    'a head that was kept finds each alteration, drop, insertion and swap of sealed receipts, in an export even if all its hashes are made anew, and in the store',
  check: async (trial) => {
    const place = { at: fc.nat(1_000), remade: fc.boolean() }
    const change: fc.Arbitrary<Tampering> = fc.oneof(
      fc.record({ how: fc.constantFrom('alter', 'drop', 'double', 'invent'), ...place }),
      fc.record({ how: fc.constant('swap'), other: fc.nat(1_000), ...place })
    )
    const told = fc.record({
      count: fc.integer({ min: 2, max: 12 }),
      linesPerUnit: fc.integer({ min: 1, max: 5 }),
      changes: fc.array(change, { minLength: 1, maxLength: 10 })
    })
    await trial.forAll(10, told, async ({ count, linesPerUnit, changes }) => {
      await trial.withStore(async (store) => {
        noteEngine(store, 'keyed')
        const engine = engineOver(store.handle.repository, { erasure: { key: testKey } })
        for (const step of [building(count), deleting(count, linesPerUnit)]) {
          store.note(() => codeOf(step))
          await perform(engine, step)
        }
        const lines = await exported(engine)
        if (lines.length !== count) fail(`${lines.length} sealed receipts for ${count} erasures`)
        const head = { entries: count, hash: lines.at(-1)?.hash ?? '' }
        if (verified(lines, head).flaw !== undefined) fail('a whole export is said to be flawed')
        const entries = lines.map(({ entry }) => entry)
        for (const one of changes) {
          if (one.how === 'swap' && one.at % count === one.other % count) continue
          const changed = tampered(entries, one)
          const shown = one.remade
            ? remade(changed)
            : changed.map((entry, at) => ({ entry, number: at + 1, hash: lines[at]?.hash ?? '' }))
          if (verified(shown, head).flaw === undefined) fail(`an export is accepted although ${one.how} changed it`)
          await demandFoundInStore(store.handle, engine, one, head)
        }
        await demandWhole(engine, 'after each change was undone')
      })
    })
  }
})

/** Changes a block of the store, as one does who can write to it, and demands that the verification finds it. */
const demandFoundInStore = async (
  handle: Handle,
  engine: Engine<DocumentType>,
  change: Tampering,
  head: ChainReport['head']
): Promise<void> => {
  const blocks = await handle.scan('receipt_block')
  const block = blocks[change.at % blocks.length] as Stored
  const entries = tampered(block.body['entries'] as ReadonlyArray<unknown>, change)
  const same = JSON.stringify(entries) === JSON.stringify(block.body['entries'])
  const write = async (body: Stored['body'], version: number): Promise<void> => {
    const now = { ...block, body, version: version + 1 }
    if ((await handle.commit([put(now)])) !== 'Committed') fail('the block could not be changed')
  }
  await write({ ...block.body, entries: entries as never }, block.version)
  const report = await receiptsOf(engine).verify(head)
  if (report._tag === 'Left') return fail('the chain could not be read')
  if (!same && report.right.flaw === undefined) fail(`the store's chain is accepted although ${change.how} changed it`)
  await write(block.body, block.version + 1)
  // The block of the next change is read at its new version.
}

const purging = requirement({
  key: 'L-38.purged',
  sentence: 'a purge leaves a receipt that names the batches whose bytes are gone, and each of them once',
  check: async (trial) => {
    await trial.withStore(async (store) => {
      noteEngine(store, 'keyed')
      const repository = { ...repositoryOf(store.handle), purge: () => undefined }
      const engine = engineOver(repository, { erasure: { key: testKey } })
      for (const step of [building(6), deleting(4, 2)]) {
        store.note(() => codeOf(step))
        await perform(engine, step)
      }
      const owed = (await keptBy(engine)).flatMap(({ entry }) =>
        entry._tag === 'Erasure' && entry.bytes === 'owed' ? [entry.id.slice(0, entry.id.indexOf('.'))] : []
      )
      if (new Set(owed).size !== 2) fail(`${new Set(owed).size} batches with receipts owe their bytes instead of 2`)
      const report = await engine.purge()
      if (report._tag === 'Left') fail('the purge failed')
      const gone = (await keptBy(engine)).flatMap(({ entry }) => (entry._tag === 'Purge' ? entry.batches : []))
      if (gone.toSorted().join() !== [...new Set(owed)].toSorted().join())
        fail('the receipt of the purge names other batches than those whose bytes were owed')
      await demandWhole(engine, 'after a purge')
    })
  }
})

const racingSealers = requirement({
  key: 'L-38.sealers',
  sentence:
    'two engines that seal and erase at the same time lose no receipt, keep none twice, and leave a whole chain',
  needs: ['handles'],
  check: async (trial) => {
    const told = fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 1, maxLength: 6 })
    await trial.forAll(5, told, async (sizes) => {
      await trial.withStore(async (store) => {
        noteEngine(store, 'keyed')
        const given: EngineSettings = { clock: slowClock(), newId: mintIds(), erasure: { key: testKey }, attempts: 100 }
        const peer = await store.peer()
        const engines = [engineOver(store.handle.repository, given), engineOver(peer.repository, given)] as const
        const count = sizes.reduce((sum, size) => sum + size, 0)
        await perform(engines[0], building(2 * count))
        const erase = async (engine: Engine<DocumentType>, from: number): Promise<void> => {
          let next = from
          for (const size of sizes) {
            const commands = Array.from({ length: size }, () => ({
              _tag: 'DeleteUserPoint' as const,
              reference: { _tag: 'EmailHash' as const, hash: `h${next++}` }
            }))
            if ((await engine.execute(commands))._tag === 'Left') fail('an erasure failed')
            await sealed(engine)
          }
        }
        await Promise.all([erase(engines[0], 0), erase(engines[1], count)])
        await sealed(engines[0])
        const kept = await keptBy(engines[1])
        const ids = new Set(kept.map(({ entry }) => entry.id))
        if (kept.length !== 2 * count || ids.size !== 2 * count)
          fail(`${kept.length} receipts, of which ${ids.size} differ, for ${2 * count} erasures`)
        if (kept.some((each) => each.sealed === undefined)) fail('a receipt is not sealed')
        await demandWhole(engines[0], 'after a race of sealers')
      })
    })
  }
})

export const receiptRequirements: ReadonlyArray<Requirement> = [complete, tampering, purging, racingSealers]
