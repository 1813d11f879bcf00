/** Tests what encryption promises beyond the port: after crashes, disturbed commits, restores, and with keys that do not fit. */
import { createMemoryRepository, createMemoryStore, type MemoryStore } from '@userpoint/adapter-memory'
import { createEngine, type Engine } from '@userpoint/core'
import type { Command } from '@userpoint/core/command'
import { type DocumentType, mediarithmics } from '@userpoint/core/mediarithmics'
import { deletion, shallowMerge, within } from '@userpoint/core/patch'
import type { Repository, Stored, Write } from '@userpoint/core/repository'
import { mintIds, slowClock } from '@userpoint/conformance/arbitraries'
import { createMemoryKeys, type KeysOptions, type KeyStore, usesKeys, withKeys } from '@userpoint/keys'
import { describe, expect, it } from 'vitest'
import { slotOf, unseal } from '../src/sealing.ts'

/** A store that keeps a copy of each sealed body that was ever sent to it. */
const createCopied = (options: KeysOptions = {}) => {
  const store = createMemoryStore()
  const keys = createMemoryKeys()
  const sealed: Stored[] = []
  const inner: Repository = {
    ...createMemoryRepository(store),
    commit: (writes) => {
      for (const { kind, id, expected, body } of writes) {
        if (typeof body?.['c'] === 'string') sealed.push({ kind, id, version: expected + 1, body })
      }
      return createMemoryRepository(store).commit(writes)
    }
  }
  /** Every text that the present keys open. */
  const readable = async (): Promise<string> => {
    const found = await keys.find(sealed.map(slotOf))
    return sealed
      .map((stored, at) => {
        const answer = found[at]
        return answer?._tag === 'Kept' ? JSON.stringify(unseal(stored, answer.key)) : ''
      })
      .join('\n')
  }
  return { store, keys, inner, sealed, readable, repository: withKeys(inner, keys, options) }
}

const engineOn = (repository: Repository): Engine<DocumentType> =>
  createEngine({ dialect: mediarithmics, repository, clock: slowClock(), newId: mintIds(), purge: 'manual' })

const execute = async (engine: Engine<DocumentType>, ...commands: ReadonlyArray<Command>): Promise<void> => {
  const outcome = await engine.execute(commands)
  expect(outcome).toMatchObject({ _tag: 'Right' })
  for (const verdict of (outcome as Extract<typeof outcome, { _tag: 'Right' }>).right)
    expect(verdict._tag).toBe('Applied')
}

type KeyOf<A> = A extends { readonly _tag: 'UpsertProfile'; readonly key: infer Key } ? Key : never
type IdentifierOf<A> = A extends { readonly _tag: 'DeleteIdentifier'; readonly identifier: infer I } ? I : never

const account = (id: string) => ({ _tag: 'Account', compartment: '1', accountId: id }) as IdentifierOf<Command>
const hash = (text: string) => ({ _tag: 'EmailHash', hash: text }) as const
const key = { compartment: '0' } as KeyOf<Command>
const segment = { naming: 'TechnicalName', segment: 'SEGMENT' } as const

const doc = (id: string, body: Stored['body'], more: Partial<Write> = {}): Write => ({
  kind: 'note',
  id,
  expected: 0,
  body,
  claim: [],
  release: [],
  ...more
})

const byId = (id: string) => ({ _tag: 'ById', kind: 'note', id }) as const
const byClaim = (claim: string) => ({ _tag: 'ByClaim', claim }) as const

describe('[PO-14] what a command removed cannot be read again, with every copy of the store and the present keys', () => {
  const filled: ReadonlyArray<Command> = [
    { _tag: 'Associate', references: [account('a-17'), hash('h-ada')] },
    { _tag: 'UpsertProfile', reference: hash('h-ada'), key, patch: shallowMerge({ secret: 'MARK', name: 'Ada' }) },
    { _tag: 'UpdateSegment', reference: hash('h-ada'), key: segment, expiry: { _tag: 'Never' } }
  ]
  const reference = hash('h-ada')
  const edit = { _tag: 'EditProfile', reference, key, checks: [], dropEmptied: [] } as const
  const removals: ReadonlyArray<readonly [string, string, Command]> = [
    ['a user point', 'MARK', { _tag: 'DeleteUserPoint', reference }],
    ['an identifier', 'a-17', { _tag: 'DeleteIdentifier', identifier: account('a-17') }],
    ['a profile', 'MARK', { _tag: 'DeleteProfile', reference, scope: { _tag: 'Key', key } }],
    ['a property', 'MARK', { ...edit, patch: within(new Map([['secret', deletion]])) }],
    ['a segment', 'SEGMENT', { _tag: 'DeleteSegment', reference, key: segment }]
  ]
  it.each(removals)('%s', async (_, marker, command) => {
    const { repository, readable } = createCopied()
    const engine = engineOn(repository)
    await execute(engine, ...filled)
    expect(await readable()).toContain(marker)
    await execute(engine, command)
    expect(await readable()).toContain(marker)
    expect(await engine.purge()).toMatchObject({ _tag: 'Right', right: { _tag: 'Purged' } })
    expect(await readable()).not.toContain(marker)
  })

  it('and the rest of the person stays, also in the copies of others', async () => {
    const { repository, readable } = createCopied()
    const engine = engineOn(repository)
    await execute(engine, ...filled)
    const other = { _tag: 'UpsertProfile', reference: hash('h-eve'), key } as const
    await execute(engine, { ...other, patch: shallowMerge({ name: 'OLD' }) })
    await execute(engine, { ...other, patch: shallowMerge({ name: 'NEW' }) })
    await execute(engine, { _tag: 'DeleteIdentifier', identifier: account('a-17') })
    await engine.purge()
    expect(await readable()).toContain('MARK')
    expect(await readable()).toContain('OLD')
    expect(await readable()).not.toContain('a-17')
  })

  it('overwritten values too, if each write renews the key', async () => {
    const { repository, readable } = createCopied({ renew: 'every' })
    await repository.commit([doc('a', { v: 'OLD' })])
    await repository.commit([doc('a', { v: 'NEW' }, { expected: 1 })])
    expect(await readable()).toContain('OLD')
    await repository.purge?.()
    expect(await readable()).not.toContain('OLD')
    expect(await readable()).toContain('NEW')
  })
})

describe('a commit that does not land', () => {
  /** Fails commits of notes: before the store gets them, or after it has carried them out. */
  const failing = (inner: Repository, when: 'before' | 'after', saying: object) => {
    const state = { fails: false }
    const repository: Repository = {
      ...inner,
      commit: async (writes) => {
        if (!state.fails || writes.every(({ kind }) => kind !== 'note')) return inner.commit(writes)
        state.fails = false
        if (when === 'after') await inner.commit(writes)
        throw Object.assign(new Error('lost'), saying)
      }
    }
    return { state, repository }
  }

  const slotsThatOpen = async (keys: KeyStore, sealed: ReadonlyArray<Stored>): Promise<ReadonlyArray<string>> => {
    const found = await keys.find(sealed.map(slotOf))
    return sealed.filter((_, at) => found[at]?._tag === 'Kept').map(({ id, version }) => `${id}.${version}`)
  }

  it.each([
    ['of an unknown outcome that did not land', 'before', {}, ['a.1', 'c.1']],
    ['of an unknown outcome that did land', 'after', {}, ['a.1', 'b.1', 'c.1']],
    ['that was certainly not applied', 'before', { applied: false }, ['a.1', 'c.1']]
  ] as const)('%s leaves no key but those in use, once purged', async (_, when, saying, expected) => {
    const { keys, inner, sealed } = createCopied()
    const { state, repository } = failing(inner, when, saying)
    const handle = withKeys(repository, keys)
    await handle.commit([doc('a', { v: 1 })])
    state.fails = true
    await expect(handle.commit([doc('b', { v: 1 })])).rejects.toThrow('lost')
    await handle.commit([doc('c', { v: 1 })])
    // What did not reach the store was sealed nevertheless.
    const other = withKeys(inner, keys)
    await other.purge?.()
    const kept = await slotsThatOpen(keys, sealed)
    expect(kept).toEqual(expected)
    const answers = await other.load([byId('a'), byId('c')])
    expect(answers.map((each) => each?.body)).toEqual([{ v: 1 }, { v: 1 }])
  })

  it('conflicts after a purge has counted its keys as lost, and lands with others', async () => {
    const { keys, inner, readable } = createCopied()
    let purgeFirst = false
    const disturbed: Repository = {
      ...inner,
      commit: async (writes) => {
        if (purgeFirst && writes.some(({ kind }) => kind === 'note')) {
          purgeFirst = false
          await withKeys(inner, keys).purge?.()
        }
        return inner.commit(writes)
      }
    }
    const handle = withKeys(disturbed, keys)
    await handle.commit([doc('a', { v: 'first' })])
    purgeFirst = true
    expect(await handle.commit([doc('b', { v: 'second' })])).toEqual({ _tag: 'Committed' })
    await handle.purge?.()
    expect((await handle.load([byId('a'), byId('b')])).map((each) => each?.body)).toEqual([
      { v: 'first' },
      { v: 'second' }
    ])
    expect(await readable()).toContain('second')
  })

  it('because of a conflict leaves no key', async () => {
    const { keys, inner, sealed } = createCopied()
    const handle = withKeys(inner, keys)
    await handle.commit([doc('a', { v: 1 }, { claim: ['x'] })])
    expect(await handle.commit([doc('b', { v: 1 }, { claim: ['x'] })])).toEqual({ _tag: 'Conflict' })
    expect(await slotsThatOpen(keys, sealed)).toEqual(['a.1'])
  })
})

describe('a restored copy of the store, with the present keys', () => {
  const copyOf = (store: MemoryStore): MemoryStore => structuredClone(store)

  it('has no person who was erased since, and their identifiers are free', async () => {
    const { store, keys, repository } = createCopied()
    await repository.commit([doc('a', { v: 'Ada' }, { claim: ['x', 'y'] }), doc('b', { v: 'Eve' }, { claim: ['z'] })])
    const copy = copyOf(store)
    await repository.commit([{ ...doc('a', {}), body: undefined, expected: 1, release: ['x', 'y'] }])
    await repository.commit([doc('b', { v: 'Eve 2' }, { expected: 1 })])
    await repository.purge?.()

    const restored = withKeys(createMemoryRepository(copy), keys)
    const answers = await restored.load([byId('a'), byClaim('x'), byClaim('y'), byClaim('z')])
    expect(answers.map((each) => each?.body)).toEqual([undefined, undefined, undefined, { v: 'Eve' }])
    const scanned: Stored[] = []
    for await (const each of restored.scan('note')) scanned.push(each)
    expect(scanned.map(({ id }) => id)).toEqual(['b'])
    expect(await restored.commit([doc('c', { v: 'new' }, { claim: ['x'] })])).toEqual({ _tag: 'Committed' })
    expect(await restored.commit([doc('d', { v: 'new' }, { claim: ['z'] })])).toEqual({ _tag: 'Conflict' })
    expect((await restored.load([byClaim('x'), byClaim('y')])).map((each) => each?.id)).toEqual(['c', undefined])
    const flaws: unknown[] = []
    for await (const flaw of restored.check?.(() => undefined) ?? []) flaws.push(flaw)
    expect(flaws).toEqual([])
  })

  it('reads nothing with other keys', async () => {
    const { store, repository } = createCopied()
    // Neither text can stand in base64 or in hexadecimal digits by chance.
    await repository.commit([doc('a', { v: 'Ada, of Paris' }, { claim: ['mail of Ada'] })])
    const restored = withKeys(createMemoryRepository(copyOf(store)), createMemoryKeys())
    await expect(restored.load([byId('a')])).rejects.toThrow(expect.objectContaining({ code: 'WRONG_KEYS' }))
    await expect(restored.commit([doc('b', {})])).rejects.toThrow(
      expect.objectContaining({ code: 'WRONG_KEYS', applied: false })
    )
    expect(JSON.stringify([...(store.documents.get('note')?.byId.values() ?? [])])).not.toContain('Ada, of Paris')
    expect([...store.claims.keys()].join()).not.toContain('mail of Ada')
  })
})

describe('keys that do not fit', () => {
  const user = (id: string): Write => ({ ...doc(id, { v: 'plain' }), kind: 'user_point' })

  it('a datamart that was written without keys is refused, by reads and writes', async () => {
    const inner = createMemoryRepository()
    await inner.commit([user('a')])
    const handle = withKeys(inner, createMemoryKeys())
    const expected = expect.objectContaining({ code: 'WRITTEN_WITHOUT_KEYS', applied: false })
    await expect(handle.load([byId('a')])).rejects.toThrow(expected)
    await expect(handle.commit([user('b')])).rejects.toThrow(expected)
    expect(await usesKeys(inner)).toBe(false)
  })

  it('a body that was altered, or moved to another document, is an error', async () => {
    const { store, repository } = createCopied()
    await repository.commit([doc('a', { v: 1 }), doc('b', { v: 2 })])
    const notes = store.documents.get('note')?.byId
    const [a, b] = [notes?.get('a'), notes?.get('b')]
    if (a === undefined || b === undefined) throw new Error('the documents are missing')
    const text = a.text
    a.text = b.text
    const expected = expect.objectContaining({ code: 'BODY_ALTERED' })
    await expect(repository.load([byId('a')])).rejects.toThrow(expected)
    a.text = text.replace(/"c":"(.)/, (_, first: string) => `"c":"${first === 'A' ? 'B' : 'A'}`)
    await expect(repository.load([byId('a')])).rejects.toThrow(expected)
    a.text = text
    expect((await repository.load([byId('a')]))[0]?.body).toEqual({ v: 1 })
  })

  it('a key that the key store never had is an error, not an absence', async () => {
    const { keys, inner, repository } = createCopied()
    await repository.commit([doc('a', { v: 1 })])
    const older: KeyStore = { ...keys, find: (slots) => slots.map(() => ({ _tag: 'Empty' as const })) }
    const handle = withKeys(inner, older)
    const expected = expect.objectContaining({ code: 'KEY_MISSING', applied: false })
    await expect(handle.load([byId('a')])).rejects.toThrow(expected)
    await expect(handle.commit([doc('a', { v: 2 }, { expected: 1 })])).rejects.toThrow(expected)
  })

  it('an older copy of a key store cannot give out slots that the datamart has used', async () => {
    const { keys, inner, repository } = createCopied()
    await repository.commit([doc('a', { v: 1 })])
    const [used] = await keys.find([0])
    expect(used?._tag).toBe('Kept')
    let given = -64
    const older: KeyStore = {
      ...keys,
      reserve: () => {
        given += 64
        return { first: given, slots: 64 }
      }
    }
    const handle = withKeys(inner, older)
    await handle.commit([doc('b', { v: 2 })])
    expect((await repository.load([byId('a'), byId('b')])).map((each) => each?.body)).toEqual([{ v: 1 }, { v: 2 }])
  })

  it('documents of the keys are not the caller’s', async () => {
    const { repository } = createCopied()
    await repository.commit([doc('a', { v: 1 })])
    expect(await repository.load([{ _tag: 'ById', kind: 'key_store', id: 'keys' }])).toEqual([undefined])
    const found: Stored[] = []
    for (const kind of ['key_store', 'key_shelf', 'retired_keys']) {
      for await (const each of repository.scan(kind)) found.push(each)
      await expect(repository.commit([{ ...doc('x', {}), kind }])).rejects.toThrow(RangeError)
    }
    expect(found).toEqual([])
  })
})

describe('many handles at once', () => {
  it('keep every document readable while each purges again and again', async () => {
    const { keys, inner } = createCopied()
    const handles = Array.from({ length: 4 }, () => withKeys(inner, keys))
    const work = handles.map(async (handle, which) => {
      for (let round = 0; round < 60; round++) {
        const id = `${which}.${round}`
        expect((await handle.commit([doc(id, { round })]))._tag).toBe('Committed')
        if (round % 3 === 0) await Promise.resolve(handle.purge?.()).catch(() => undefined)
        if (round % 4 === 0) await handle.commit([{ ...doc(id, {}), body: undefined, expected: 1 }])
      }
    })
    await Promise.all(work)
    await handles[0]?.purge?.()
    const found: Stored[] = []
    for await (const each of withKeys(inner, keys).scan('note')) found.push(each)
    expect(found.length).toBe(4 * 45)
  })
})
