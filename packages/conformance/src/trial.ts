/**
 * One run of one requirement: opens stores, records every call as code, disposes of the stores, and turns a failure into a
 * `RequirementViolated`.
 */
import type {
  Awaitable,
  ClaimsOf,
  CommitResult,
  Flaw,
  Kind,
  Reference,
  Repository,
  ScanOptions,
  Stored,
  Write
} from '@userpoint/core/repository'
import fc from 'fast-check'
import { print, type Room } from './code.ts'
import { fail, Mismatch } from './compare.ts'
import type { Harness, Line, OpenStore, StoreFile } from './harness.ts'
import { connectStore, type Moment, type RemoteStore } from './process/remote-store.ts'
import { type Budget, type Need, ReplayWrong, type Requirement, RequirementViolated } from './requirement.ts'

/** A handle on a store that records its calls. */
export interface Handle {
  readonly repository: Repository
  load(references: ReadonlyArray<Reference>): Promise<ReadonlyArray<Stored | undefined>>
  commit(writes: ReadonlyArray<Write>): Promise<CommitResult['_tag']>
  /** Collects a scan. Calls `visit` with each document and its index; `'stop'` ends the scan early. */
  scan(kind: Kind, options?: ScanOptions, visit?: Visit): Promise<ReadonlyArray<Stored>>
  purge(): Promise<void>
  /** Collects the flaws that a check yields. */
  check(claimsOf: ClaimsOf): Promise<ReadonlyArray<Flaw>>
  /** Closes the handle; a second call does nothing. */
  close(): Promise<void>
}

export type Visit = (stored: Stored, index: number) => Awaitable<'stop' | undefined | void>

/** An open store whose calls are recorded. A missing function of the harness is a failure, not a skip. */
export interface TrialStore {
  readonly handle: Handle
  peer(): Promise<Handle>
  reopen(): Promise<Handle>
  dump(): Promise<ReadonlyArray<StoreFile>>
  /** Returns how a text looks in the files; `undefined`: as it is. */
  looks(text: string): ReadonlyArray<Uint8Array> | 'never readable' | undefined
  /** Makes the store refuse each batch with this text in a body. */
  refuse(text: string): Promise<void>
  /** Blocks commits; returns a handle that fails soon, and `end`. */
  hinder(): Promise<{ readonly handle: Handle; readonly end: () => Promise<void> }>
  /** Opens a handle over a line that can be disturbed. */
  endpoint(): Promise<TrialLine>
  /** Records a line of code for a call that is not on a handle, such as a call of an engine. */
  note(line: () => string): void
  /** Starts another process, which is killed at the end of the trial at the latest. */
  fork(): Promise<TrialProcess>
}

/** A handle over a line, each disturbance of which is recorded. */
export interface TrialLine {
  readonly handle: Handle
  readonly line: Line
}

/** Another process on a store, whose calls are recorded. */
export interface TrialProcess {
  readonly handle: Handle
  /** Returns the number of the last batch that was acknowledged before the kill, as `RemoteStore` does. */
  workUntilKilled(after: number, moment: Moment): Promise<number>
  kill(): Promise<void>
}

export interface Trial {
  /** Returns the part of a count that the budget allows: fewer below one run, never more. */
  part(count: number): number
  /** Opens a new store, and always disposes of it. */
  withStore<A>(use: (store: TrialStore) => Promise<A>): Promise<A>
  /** Asserts `holds` for generated values. Called at most once per requirement, so that a path identifies the case. */
  forAll<A>(runs: number, arbitrary: fc.Arbitrary<A>, holds: (value: A) => Promise<void>): Promise<void>
}

/** A failure with the calls that led to it. */
class Failure extends Error {
  readonly code: string

  constructor(message: string, code: string, cause: unknown) {
    super(message, { cause })
    this.code = code
  }
}

const scanEndsBefore = 200_000

type Script = Array<(room: Room) => string>

const watched = (repository: Repository, name: string, script: Script): Handle => {
  let isOpen = true
  const more = (options: ScanOptions | undefined): string => (options === undefined ? '' : `, ${print(options)}`)
  return {
    repository,
    load: async (references) => {
      script.push((room) => `await ${name}.load(${print(references, room)})`)
      return await repository.load(references)
    },
    commit: async (writes) => {
      let outcome = ''
      script.push((room) => `await ${name}.commit(${print(writes, room)})${outcome}`)
      const { _tag } = await repository.commit(writes)
      outcome = ` // ${_tag}`
      return _tag
    },
    scan: async (kind, options, visit) => {
      const found: Array<Stored> = []
      let stopped = false
      script.push(() => {
        const head = `for await (const _ of ${name}.scan(${print(kind)}${more(options)}))`
        return `${head} ${stopped ? `{ /* break after ${found.length} */ }` : '{}'}`
      })
      for await (const stored of repository.scan(kind, options)) {
        found.push(stored)
        if (found.length > scanEndsBefore) fail('the scan does not end')
        stopped = (await visit?.(stored, found.length - 1)) === 'stop'
        if (stopped) break
      }
      return found
    },
    purge: async () => {
      script.push(() => `await ${name}.purge?.()`)
      await repository.purge?.()
    },
    check: async (claimsOf) => {
      script.push(() => `for await (const _ of ${name}.check?.(claimsOf) ?? []) {}`)
      const flaws: Array<Flaw> = []
      for await (const flaw of repository.check?.(claimsOf) ?? []) flaws.push(flaw)
      return flaws
    },
    close: async () => {
      if (!isOpen) return
      isOpen = false
      script.push(() => `await ${name}.close?.()`)
      await repository.close?.()
    }
  }
}

const missing = (ability: string): never => fail(`the harness has no \`${ability}\`, which the manifest requires`)

const watchedLine = (line: Line, script: Script): Line => ({
  disturb: (fault) => {
    script.push(() => `endpoint.line.disturb(${fault === undefined ? '' : print(fault)})`)
    line.disturb(fault)
  },
  happened: () => line.happened(),
  delay: (milliseconds) => {
    script.push(() => `endpoint.line.delay(${milliseconds})`)
    line.delay(milliseconds)
  }
})

const watchedProcess = (remote: RemoteStore, name: string, script: Script): TrialProcess => ({
  handle: watched(remote.repository, `${name}.repository`, script),
  workUntilKilled: async (after, moment) => {
    let told = ''
    script.push(() => `await ${name}.workUntilKilled(${after}, ${print(moment)})${told}`)
    const last = await remote.workUntilKilled(after, moment)
    told = ` // ${last}`
    return last
  },
  kill: async () => {
    script.push(() => `await ${name}.kill()`)
    await remote.kill()
  }
})

/** The handles and processes of a store, which must be closed before its disposal. */
interface Opened {
  readonly handles: Array<Handle>
  readonly processes: Array<RemoteStore>
}

const closeAll = async (handles: ReadonlyArray<Handle>): Promise<void> => {
  for (const handle of handles) await handle.close()
}

const watchedStore = (open: OpenStore, script: Script, { handles, processes }: Opened): TrialStore => {
  const watchedHandle = (repository: Repository, name: string): Handle => {
    const handle = watched(repository, name, script)
    handles.push(handle)
    return handle
  }
  script.push(
    () => 'const open = await harness.open()',
    () => 'let store = open.repository'
  )
  let peers = 0
  return {
    handle: watchedHandle(open.repository, 'store'),
    peer: async () => {
      if (open.peer === undefined) return missing('peer')
      peers += 1
      const name = peers === 1 ? 'peer' : `peer${peers}`
      script.push(() => `const ${name} = await open.peer()`)
      return watchedHandle(await open.peer(), name)
    },
    reopen: async () => {
      if (open.reopen === undefined) return missing('reopen')
      await closeAll(handles)
      script.push(() => 'store = await open.reopen()')
      return watchedHandle(await open.reopen(), 'store')
    },
    dump: async () => {
      if (open.dump === undefined) return missing('dump')
      script.push(() => 'await open.dump()')
      return [...(await open.dump())]
    },
    looks: (text) => open.looks?.(text),
    refuse: async (text) => {
      if (open.refuse === undefined) return missing('refuse')
      script.push(() => `await open.refuse(${print(text)})`)
      await open.refuse(text)
    },
    hinder: async () => {
      if (open.hinder === undefined) return missing('hinder')
      script.push(() => 'const hindered = await open.hinder()')
      const { repository, end } = await open.hinder()
      return {
        handle: watchedHandle(repository, 'hindered.repository'),
        end: async () => {
          script.push(() => 'await hindered.end()')
          await end()
        }
      }
    },
    endpoint: async () => {
      if (open.endpoint === undefined) return missing('endpoint')
      script.push(() => 'const endpoint = await open.endpoint()')
      const { repository, line } = await open.endpoint()
      return { handle: watchedHandle(repository, 'endpoint.repository'), line: watchedLine(line, script) }
    },
    note: (line) => {
      script.push(line)
    },
    fork: async () => {
      if (open.fork === undefined) return missing('fork')
      const name = `process${processes.length + 1}`
      script.push(() => `const ${name} = await connectStore(await open.fork())`)
      const remote = await connectStore(await open.fork())
      processes.push(remote)
      return watchedProcess(remote, name, script)
    }
  }
}

const giveBack = async (open: OpenStore, { handles, processes }: Opened): Promise<void> => {
  try {
    await Promise.all(processes.map((one) => one.kill()))
    // Only PO-16 tests the closing of handles.
    await closeAll(handles).catch(() => undefined)
  } finally {
    await open.dispose()
  }
}

const longestScript = 40
const widestScript = 10_000

const printed = (script: Script): string => {
  const cut = script.length - longestScript
  const kept = cut <= 0 ? script : [...script.slice(0, 2), () => `// ${cut} calls left out`, ...script.slice(cut + 2)]
  const wide = kept.map((line) => line('wide')).join('\n')
  return wide.length <= widestScript ? wide : kept.map((line) => line('narrow')).join('\n')
}

const inWords = (error: unknown): string => {
  if (error instanceof Mismatch) return error.message
  return error instanceof Error ? `${error.name} was thrown: ${error.message.slice(0, 200)}` : 'something was thrown'
}

const asFailure = (error: unknown, script: Script): Failure =>
  error instanceof Failure ? error : new Failure(inWords(error), printed(script), error)

/** Checks a property, or only the case to replay. */
const checked = async <A>(
  property: fc.IAsyncProperty<A>,
  replay: Budget['replay'],
  parameters: fc.Parameters<A>
): Promise<fc.RunDetails<A>> => {
  if (replay === undefined) return await fc.check(property, parameters)
  let details: fc.RunDetails<A>
  try {
    details = await fc.check(property, { ...parameters, path: replay.path })
  } catch (cause) {
    throw new ReplayWrong(replay, { cause })
  }
  if (details.numRuns === 0) throw new ReplayWrong(replay)
  return details
}

/** The definition of a requirement: its key, sentence, needs and check. */
export interface Definition {
  readonly key: string
  readonly sentence: string
  readonly needs?: ReadonlyArray<Need>
  readonly check: (trial: Trial) => Promise<void>
}

/** Returns the requirement for a definition. */
export const requirement = ({ key, sentence, needs = [], check }: Definition): Requirement => {
  const law = key.slice(0, key.indexOf('.'))
  const run = async (harness: Harness, budget: Budget): Promise<void> => {
    const about = { requirement: { key, law, sentence }, harness: harness.name, seed: budget.seed }
    let open = 0

    const withStore: Trial['withStore'] = async (use) => {
      const script: Script = []
      const opened: Opened = { handles: [], processes: [] }
      const store = await harness.open()
      open += 1
      let outcome: { readonly value: Awaited<ReturnType<typeof use>> } | Failure
      try {
        outcome = { value: await use(watchedStore(store, script, opened)) }
      } catch (error) {
        outcome = asFailure(error, script)
      }
      open -= 1
      try {
        await giveBack(store, opened)
      } catch (error) {
        // A failed disposal is a failure too, but report the first one.
        if (!(outcome instanceof Failure)) outcome = asFailure(error, script)
      }
      if (outcome instanceof Failure) throw outcome
      return outcome.value
    }

    const forAll: Trial['forAll'] = async (runs, arbitrary, holds) => {
      const replay = budget.replay?.key === key ? budget.replay : undefined
      const property = fc.asyncProperty(arbitrary, holds)
      const details = await checked(property, replay, {
        seed: budget.seed,
        numRuns: Math.max(1, Math.round(runs * budget.runs)),
        endOnFailure: !budget.shrink
      })
      if (!details.failed) return
      const failure = asFailure(details.errorInstance, [])
      const path = details.counterexamplePath
      throw new RequirementViolated({
        ...about,
        what: failure.message,
        code: failure.code,
        cause: failure.cause,
        ...(path === null ? {} : { path })
      })
    }

    try {
      await check({ part: (count) => Math.ceil(count * Math.min(1, budget.runs)), withStore, forAll })
      if (open !== 0) fail(`${open} stores are still open at the end`)
    } catch (error) {
      if (error instanceof RequirementViolated || error instanceof ReplayWrong) throw error
      const { message, code, cause } = asFailure(error, [])
      throw new RequirementViolated({ ...about, what: message, code, cause })
    }
  }
  return { key, law, sentence, needs, run }
}
