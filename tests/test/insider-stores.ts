/** Insider's calls over engines on each store, and what they answer without its wrapping. */
import type { JsonObject } from '@userpoint/core'
import {
  createInsider,
  type IdentitySettings,
  type Insider,
  type RequestBody,
  type UsersReport
} from '@userpoint/core/insider'
import { encodeUserPoint } from '@userpoint/core/mediarithmics'
import { afterEach } from 'vitest'
import { memoryStore, sqliteStore, type TestStore } from './laws/store.ts'

export const stores: ReadonlyArray<readonly [string, (settings?: Parameters<typeof memoryStore>[0]) => TestStore]> = [
  ['memory', memoryStore],
  ['SQLite', sqliteStore]
]

type Right<A> = A extends { readonly _tag: 'Right'; readonly right: infer B } ? B : never

/** Returns the answer of a call; throws its error. */
export const right = <A extends { readonly _tag: 'Left' | 'Right' }>(outcome: A): Right<A> => {
  if (outcome._tag === 'Left') throw new Error(JSON.stringify(outcome))
  return (outcome as unknown as { readonly right: Right<A> }).right
}

export interface InsiderStore extends TestStore {
  readonly insider: Insider
  /** Verdicts of a batch: tags, a no-op's reason, a rejection's code. */
  readonly deleting: (...users: ReadonlyArray<object>) => Promise<ReadonlyArray<string>>
  readonly upserting: (...users: ReadonlyArray<object>) => Promise<ReadonlyArray<string>>
  readonly report: (call: 'deleteAttributes' | 'upsertUsers', users: ReadonlyArray<unknown>) => Promise<UsersReport>
  /** All attributes of a user but the id; `undefined` if the user is missing. */
  readonly shown: (identity: object) => Promise<unknown>
  readonly idOf: (identity: object) => Promise<string>
  /** Every user point there is, as the world sees it. */
  readonly all: () => Promise<ReadonlyArray<JsonObject>>
}

export const nameOf = (verdict: UsersReport['verdicts'][number]): string =>
  verdict._tag === 'Applied' ? 'Applied' : verdict._tag === 'NoOp' ? verdict.reason : verdict.code

const insiderOver = (store: TestStore, settings: Partial<IdentitySettings> = {}): InsiderStore => {
  const insider = createInsider({ engine: store.engine, settings })
  const report: InsiderStore['report'] = async (call, users) => right(await insider[call]({ value: { users } }))
  const user = async (identity: object): Promise<JsonObject | undefined> => {
    const body: RequestBody = { value: { ...identity, attributes: ['*'] } }
    return right(await insider.getUser(body))?.['attributes'] as JsonObject | undefined
  }
  return {
    ...store,
    insider,
    report,
    deleting: async (...users) => (await report('deleteAttributes', users)).verdicts.map(nameOf),
    upserting: async (...users) => (await report('upsertUsers', users)).verdicts.map(nameOf),
    shown: async (identity) => {
      const { iid, ...attributes } = (await user(identity)) ?? {}
      return iid === undefined ? undefined : attributes
    },
    idOf: async (identity) => {
      const id = (await user(identity))?.['iid']
      if (typeof id !== 'string') throw new Error('no user matches')
      return id
    },
    all: async () => {
      const all: JsonObject[] = []
      for await (const subject of store.engine.userPoints()) all.push(encodeUserPoint(subject))
      return all
    }
  }
}

/** Opens stores of one sort, and closes them after each test. */
export const opener = (create: (settings?: Parameters<typeof memoryStore>[0]) => TestStore) => {
  const opened: TestStore[] = []
  afterEach(() => {
    for (const store of opened.splice(0)) store.close()
  })
  return (settings: Partial<IdentitySettings> = {}, engine: Parameters<typeof memoryStore>[0] = {}): InsiderStore => {
    const store = create(engine)
    opened.push(store)
    return insiderOver(store, settings)
  }
}
