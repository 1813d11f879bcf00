/** PO-18: what a check finds, and what it leaves alone. */
import type { ClaimsOf, Flaw, Json } from '@userpoint/core/repository'
import { hostileBodies, hostileClaims, hostileIds } from '../hostile.ts'
import { fail, sameAnswers } from '../compare.ts'
import { type Handle, requirement } from '../trial.ts'
import { land, put, remove, stored, userPoint } from '../writes.ts'

/** The documents of these requirements say in their bodies which claims they hold. */
const claimsOf: ClaimsOf = ({ body }) => {
  const { claims } = body
  return Array.isArray(claims) ? claims.filter((one) => typeof one === 'string') : undefined
}

const holding = (id: string, claims: ReadonlyArray<string>, version = 1) =>
  stored(id, { claims: claims as ReadonlyArray<Json> & Json[] }, version)

const nameOf = (flaw: Flaw): string =>
  flaw._tag === 'DamagedStore'
    ? flaw._tag
    : `${flaw._tag} of ${flaw.id?.slice(0, 40) ?? 'nothing'}${'count' in flaw ? `: ${flaw.count}` : ''}`

/** The first few, since a broken store may have thousands. */
const listed = (names: ReadonlyArray<string>): string =>
  names.length === 0 ? 'nothing' : `${names.slice(0, 5).join(', ')}${names.length > 5 ? ' and others' : ''}`

const demandFlaws = async (handle: Handle, of: ClaimsOf, expected: ReadonlyArray<string>): Promise<void> => {
  const found = (await handle.check(of)).map(nameOf).toSorted()
  if (found.join() !== expected.toSorted().join()) {
    fail(`a check found ${listed(found)}, not ${listed(expected)}`)
  }
}

/** Fills a store with people who come, change, hand claims on and go. */
const live = async (handle: Handle): Promise<void> => {
  const count = 700
  const idOf = (index: number): string => `id-${String(index).padStart(4, '0')}`
  const first = (index: number) => [`claim ${index}`, `other claim ${index}`]
  await land(
    handle,
    Array.from({ length: count }, (_, index) => put(holding(idOf(index), first(index)), { claim: first(index) }))
  )
  for (let index = 0; index + 4 < count; index += 5) {
    const [kept = '', given = ''] = first(index)
    const taken = first(index + 1)
    await land(handle, [
      put(holding(idOf(index), [kept, ...taken], 2), { claim: taken, release: [given] }),
      remove(holding(idOf(index + 1), taken), taken),
      put(holding(idOf(index + 2), [...first(index + 2), given], 2), { claim: [given] })
    ])
  }
  await land(handle, [
    put(holding('hostile', hostileClaims), { claim: hostileClaims }),
    ...hostileBodies.map((body, index) => put(stored(`body-${index}`, body, 1, 'other'))),
    ...hostileIds.map((id) => put(holding(id, [`of ${id}`], 1), { claim: [`of ${id}`] }))
  ])
}

export const checkRequirements = [
  requirement({
    key: 'PO-18.sound',
    extent: 'whole',
    sentence: 'a check of a store that was written only through the port finds no flaw, and changes nothing',
    needs: ['check'],
    check: async (trial) => {
      await trial.withStore(async ({ handle }) => {
        await demandFlaws(handle, claimsOf, [])
        await live(handle)
        const before = await handle.scan(userPoint)
        await demandFlaws(handle, claimsOf, [])
        sameAnswers(before, await handle.scan(userPoint), (index) => `document ${index} after a check`)
        await handle.purge()
        await demandFlaws(handle, claimsOf, [])
      })
    }
  }),
  requirement({
    key: 'PO-18.finds',
    extent: 'whole',
    sentence: 'a check finds each document with wrong claims, and each unreadable document',
    needs: ['check'],
    check: async (trial) => {
      await trial.withStore(async ({ handle }) => {
        await live(handle)
        const long = 'é'.repeat(1_100)
        await land(handle, [
          put(holding('lacks', ['x1', 'x2', 'x3', long])),
          put(holding('too-many', []), { claim: ['y1', long] }),
          put(holding('both', ['z1']), { claim: ['z2'] }),
          put(stored('unreadable'), { claim: ['u'] })
        ])
        const demanding: ClaimsOf = (document) => {
          if (document.id === 'unreadable') throw new Error('the body cannot be read')
          return claimsOf(document)
        }
        await demandFlaws(handle, demanding, [
          'MissingClaims of lacks: 4',
          'StrayClaims of too-many: 2',
          'MissingClaims of both: 1',
          'StrayClaims of both: 1',
          'UnreadableDocument of unreadable'
        ])
      })
    }
  }),
  requirement({
    key: 'PO-18.beside-commits',
    extent: 'whole',
    sentence: 'a check reports no concurrent commit as a flaw, and an early exit releases all resources',
    needs: ['check'],
    check: async (trial) => {
      await trial.withStore(async ({ handle }) => {
        await live(handle)
        const check = handle.repository.check?.((document) => {
          if (document.id === 'id-0002' || document.id === 'id-0699') throw new Error('the body cannot be read')
          return claimsOf(document)
        })
        const found: Array<string> = []
        for await (const flaw of check ?? []) {
          found.push(nameOf(flaw))
          if (found.length === 2) break
          const claims = ['claim 695', 'other claim 696', 'claim 696']
          const [from] = await handle.load([{ _tag: 'ById', kind: userPoint, id: 'id-0695' }])
          if (from === undefined) fail('a document is gone')
          await land(handle, [
            put(holding('id-0695', claims.slice(0, 1), 3), { release: ['claim 696', 'other claim 696'] }),
            put(holding('new', claims.slice(1)), { claim: claims.slice(1) })
          ])
        }
        if (found.toSorted().join() !== 'UnreadableDocument of id-0002,UnreadableDocument of id-0699') {
          fail(`a check beside commits found ${found.join(', ')}`)
        }
        await demandFlaws(handle, claimsOf, [])
        await handle.close()
      })
    }
  })
]
