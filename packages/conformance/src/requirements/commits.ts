/** PO-5 to PO-10 and PO-15: commits. */
import type { Stored, Write } from '@userpoint/core/repository'
import fc from 'fast-check'
import { sameAnswers } from '../compare.ts'
import { type Handle, requirement } from '../trial.ts'
import { byClaim, byId, conflict, land, put, remove, stored, userPoint } from '../writes.ts'

const taken = stored('taken', { holds: 'a claim' })

/** Three documents for a batch, each with a claim, and a fourth that stays unchanged. */
const base: ReadonlyArray<Stored> = [...['a', 'b', 'c'].map((name) => stored(name, { name })), taken]

const landBase = (handle: Handle): Promise<void> =>
  land(
    handle,
    base.map((one) => put(one, { claim: [`of ${one.id}`] }))
  )

const demandBase = async (handle: Handle, what: string): Promise<void> => {
  const references = base.flatMap((one) => [byId(one.id), byClaim(`of ${one.id}`)])
  const strangers = [byId('new'), byClaim('new 1'), byClaim('new 2')]
  const answers = await handle.load([...references, ...strangers])
  sameAnswers([...base.flatMap((one) => [one, one]), ...strangers.map(() => undefined)], answers, () => what)
  sameAnswers(base, await handle.scan(userPoint), () => `${what}, in a scan`)
}

/** Returns a batch that updates, deletes, creates, claims and releases. */
const mixed: ReadonlyArray<Write> = [
  put(stored('a', { changed: true }, 2), { claim: ['new 1'], release: ['of a'] }),
  remove(stored('b'), ['of b']),
  put(stored('new', { created: true }), { claim: ['new 2', 'of b'] })
]

/** The reasons for a conflict. */
const obstacles: Readonly<Record<string, Write>> = {
  'one version is stale': { ...put(stored('c', { changed: true }, 2)), expected: 0 },
  'one version is from the future': put(stored('c', { changed: true }, 3)),
  'one document is not there': put(stored('nobody', {}, 2)),
  'a deleted version is stale': { ...remove(stored('c'), ['of c']), expected: 2 },
  'one claim is taken': put(stored('c', { changed: true }, 2), { claim: ['of taken'] }),
  'a new document claims what is taken': put(stored('other'), { claim: ['of taken'] })
}

export const commitRequirements = [
  requirement({
    key: 'PO-5.all-or-nothing',
    sentence: 'a batch with a conflict writes nothing, wherever in the batch the conflict is',
    check: async (trial) => {
      const batch = fc.tuple(
        fc.constantFrom(...Object.keys(obstacles)),
        fc.shuffledSubarray([...mixed], { minLength: 1 }),
        fc.nat(3)
      )
      await trial.forAll(40, batch, async ([why, writes, place]) => {
        await trial.withStore(async ({ handle }) => {
          await landBase(handle)
          const needed = writes.filter((one) => one.id !== 'new' || writes.some((other) => other.id === 'b'))
          await conflict(handle, needed.toSpliced(place, 0, obstacles[why] as Write), why)
          await demandBase(handle, `after a conflict because ${why}`)
        })
      })
    }
  }),
  requirement({
    key: 'PO-5.large',
    extent: 'whole',
    sentence: 'a batch of 4,000 documents lands whole, or not at all',
    check: async (trial) => {
      await trial.withStore(async ({ handle }) => {
        const all = Array.from({ length: 4_000 }, (_, index) =>
          stored(`id-${String(index).padStart(5, '0')}`, { index })
        )
        const batch = all.map((one) => put(one, { claim: [`of ${one.id}`, `too of ${one.id}`] }))
        await land(handle, [put(taken, { claim: ['of taken'] })])
        await conflict(handle, [...batch, put(stored('other'), { claim: ['of taken'] })], 'its last claim is taken')
        sameAnswers([taken], await handle.scan(userPoint), () => 'after the conflict')
        await land(handle, batch)
        sameAnswers([...all, taken], await handle.scan(userPoint), (index) => `document ${index}`)
        const answers = await handle.load(all.map((one) => byClaim(`too of ${one.id}`)))
        sameAnswers(all, answers, (index) => `claim of document ${index}`)
      })
    }
  }),
  requirement({
    key: 'PO-6.expected',
    sentence: 'a write lands only on the version that it expects',
    check: async (trial) => {
      await trial.withStore(async ({ handle }) => {
        for (let version = 0; version < 4; version += 1) {
          const now = stored('a', { version }, version)
          for (const expected of [0, 1, 2, 3, 4, 5, 2 ** 31].filter((one) => one !== version)) {
            const why = `it expected version ${expected} of ${version}`
            const write = { ...put(stored('a', { wrong: expected })), expected }
            await conflict(handle, [write], why)
            if (expected > 0) await conflict(handle, [{ ...write, body: undefined }], why)
            sameAnswers([version === 0 ? undefined : now], await handle.load([byId('a')]), () => `after ${why}`)
          }
          await land(handle, [put(stored('a', { version: version + 1 }, version + 1))])
        }
      })
    }
  }),
  requirement({
    key: 'PO-6.deleted',
    sentence: 'a write that expects a document conflicts after its deletion',
    check: async (trial) => {
      await trial.withStore(async ({ handle }) => {
        await landBase(handle)
        await land(handle, [remove(stored('a'), ['of a'])])
        const late = put(stored('a', { late: true }, 2), { claim: ['new 1'] })
        await conflict(handle, [late], 'its document was deleted')
        await conflict(handle, [remove(stored('a'), ['of a'])], 'its document was deleted')
        const seen = await handle.load([byId('a'), byClaim('of a'), byClaim('new 1')])
        sameAnswers([undefined, undefined, undefined], seen, () => 'the deleted document')
      })
    }
  }),
  requirement({
    key: 'PO-7.claim-unique',
    sentence: 'a claim belongs to at most one document',
    check: async (trial) => {
      await trial.withStore(async ({ handle }) => {
        await landBase(handle)
        const why = 'its claim is taken'
        await conflict(handle, [put(stored('new'), { claim: ['of taken'] })], why)
        await conflict(handle, [put(stored('a', {}, 2), { claim: ['new 1', 'of taken'] })], why)
        await demandBase(handle, 'after a taken claim')
        await land(handle, [put(stored('taken', taken.body, 2), { release: ['of taken'] })])
        await land(handle, [put(stored('new'), { claim: ['of taken'] })])
        await conflict(handle, [put(stored('taken', {}, 3), { claim: ['of taken'] })], 'its old claim is taken')
        sameAnswers([stored('new')], await handle.load([byClaim('of taken')]), () => 'the claim that moved')
      })
    }
  }),
  requirement({
    key: 'PO-7.all-kinds',
    sentence: 'a claim is unique over documents of all kinds, even with the same id',
    check: async (trial) => {
      await trial.withStore(async ({ handle }) => {
        const other = stored('a', { other: true }, 1, 'execution')
        await land(handle, [put(stored('a'), { claim: ['k'] })])
        await conflict(handle, [put(other, { claim: ['k'] })], 'a document of another kind holds its claim')
        await land(handle, [put(other, { claim: ['K'] })])
        const answers = await handle.load([byClaim('k'), byClaim('K'), byId('a', 'execution')])
        sameAnswers([stored('a'), other, other], answers, (index) => `answer ${index}`)
        await land(handle, [remove(stored('a'), ['k'])])
        const left = await handle.load([byClaim('k'), byClaim('K'), byId('a', 'execution')])
        sameAnswers([undefined, other, other], left, (index) => `answer ${index} after the deletion of its namesake`)
      })
    }
  }),
  requirement({
    key: 'PO-7.freed-first',
    sentence: 'claims can move between the documents of one batch, in any order of its writes',
    check: async (trial) => {
      const names = ['a', 'b', 'c', 'd']
      // Each document passes its claim to the next; the last one is deleted or keeps no claim.
      const plan = fc.tuple(fc.shuffledSubarray(names, { minLength: 4 }), fc.boolean(), fc.boolean())
      await trial.forAll(40, plan, async ([order, closed, deletes]) => {
        await trial.withStore(async ({ handle }) => {
          const first = names.map((name) => put(stored(name), { claim: [`of ${name}`] }))
          await land(handle, first)
          const from = (index: number) => names[(index + names.length - 1) % names.length] as string
          const writes = names.map((name, index) => {
            if (deletes && index === 3 && !closed) return remove(stored(name), [`of ${name}`])
            const claim = closed || index > 0 ? [`of ${from(index)}`] : []
            return put(stored(name, { moved: true }, 2), { claim, release: [`of ${name}`] })
          })
          await land(
            handle,
            order.map((name) => writes[names.indexOf(name)] as Write)
          )
          const expected = names.map((_, index) => {
            const taker = writes[(index + 1) % names.length] as Write
            const took = taker.claim.includes(`of ${names[index]}`)
            return took ? stored(taker.id, { moved: true }, 2) : undefined
          })
          const answers = await handle.load(names.map((name) => byClaim(`of ${name}`)))
          sameAnswers(expected, answers, (index) => `claim ${index}`)
        })
      })
    }
  }),
  requirement({
    key: 'PO-9.versions',
    sentence: 'a version is 1 after the first write and grows by one with each further write, even without a change',
    check: async (trial) => {
      await trial.withStore(async ({ handle }) => {
        const steps: ReadonlyArray<Partial<Write>> = [
          { claim: ['k'] },
          {},
          { body: { changed: true } },
          { claim: ['l'], release: ['k'] },
          { release: ['l'] },
          {}
        ]
        for (const [index, step] of steps.entries()) {
          const document = stored('a', step.body ?? {}, index + 1)
          await land(handle, [{ ...put(document), ...step, body: document.body }, put(stored('b', {}, index + 1))])
          sameAnswers([document], await handle.load([byId('a')]), () => `after write ${index + 1}`)
          sameAnswers([document, stored('b', {}, index + 1)], await handle.scan(userPoint), () => `scan ${index + 1}`)
        }
        // More than eight bits can count.
        for (let version = steps.length + 1; version <= 260; version += 1) {
          await land(handle, [put(stored('a', {}, version))])
        }
        sameAnswers([stored('a', {}, 260)], await handle.load([byId('a')]), () => 'after write 260')
      })
    }
  }),
  requirement({
    key: 'PO-10.deleted',
    extent: 'whole',
    sentence: 'the commit of a deletion removes the document and frees all its claims',
    check: async (trial) => {
      await trial.withStore(async ({ handle }) => {
        const claims = Array.from({ length: 3_000 }, (_, index) => `claim ${index}`)
        await landBase(handle)
        await land(handle, [put(stored('new'), { claim: claims.slice(0, 2_000) })])
        await land(handle, [put(stored('new', {}, 2), { claim: claims.slice(2_000) })])
        await land(handle, [remove(stored('new', {}, 2), claims)])
        const answers = await handle.load([byId('new'), ...claims.map(byClaim)])
        sameAnswers([undefined, ...claims.map(() => undefined)], answers, (index) => `answer ${index}`)
        await demandBase(handle, 'after the deletion of another document')
        const heir = stored('heir')
        await land(handle, [put(heir, { claim: claims })])
        sameAnswers(
          claims.map(() => heir),
          await handle.load(claims.map(byClaim)),
          (index) => `freed claim ${index}`
        )
      })
    }
  }),
  requirement({
    key: 'PO-10.released',
    sentence: 'a released claim is free, and the other claims still belong to their documents',
    check: async (trial) => {
      await trial.withStore(async ({ handle }) => {
        await landBase(handle)
        const now = stored('new', {}, 2)
        await land(handle, [put(stored('new'), { claim: ['new 1', 'new 2', 'new 3'] })])
        await land(handle, [put(now, { release: ['new 2'] })])
        const answers = await handle.load([byClaim('new 1'), byClaim('new 2'), byClaim('new 3'), byClaim('of a')])
        sameAnswers([now, undefined, now, base[0]], answers, (index) => `claim ${index}`)
      })
    }
  }),
  requirement({
    key: 'PO-15.returned',
    sentence: 'a returned result is true: a committed batch is there, and a conflicting one is not',
    check: async (trial) => {
      const attempt = fc.record({ expected: fc.nat(3), claimed: fc.constantFrom('k', 'l', 'm') })
      await trial.forAll(30, fc.array(attempt, { minLength: 1, maxLength: 8 }), async (attempts) => {
        await trial.withStore(async ({ handle }) => {
          const holder = stored('holder')
          await land(handle, [put(holder, { claim: ['m'] })])
          let now: Stored | undefined
          const held = new Set<string>()
          for (const [index, { expected, claimed }] of attempts.entries()) {
            const document = stored('a', { index }, expected + 1)
            const result = await handle.commit([put(document, { claim: held.has(claimed) ? [] : [claimed] })])
            if (result === 'Committed') {
              now = document
              held.add(claimed)
            }
            const expectedAnswers = [now, ...['k', 'l'].map((text) => (held.has(text) ? now : undefined)), holder]
            const answers = await handle.load([byId('a'), byClaim('k'), byClaim('l'), byClaim('m')])
            sameAnswers(expectedAnswers, answers, (place) => `answer ${place} after a commit that said ${result}`)
          }
        })
      })
    }
  })
]
