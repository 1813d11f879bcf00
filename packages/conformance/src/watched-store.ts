/** A store of a trial: every call on it is recorded, and every failure of its harness is told apart. */
import type { Flaw, Repository, ScanOptions, Stored } from '@userpoint/core/repository'
import { print } from './code.ts'
import { fail } from './compare.ts'
import type { Guard } from './failure.ts'
import type { Line, OpenStore } from './harness.ts'
import { connectStore, type Moment, ProcessEnded, type RemoteStore } from './process/remote-store.ts'
import type { Script } from './script.ts'
import type { Handle, TrialProcess, TrialStore } from './trial-store.ts'

const scanEndsBefore = 200_000

/** The handles and processes of a store, which must be closed before its disposal. */
export interface Opened {
  readonly handles: Array<Handle>
  readonly processes: Array<RemoteStore>
}

/** The record of a store, and whether its trial has ended. */
export interface Watch {
  readonly script: Script
  readonly guard: Guard
  readonly opened: Opened
  /** Throws once the trial has ended, so that nothing of it goes on. */
  readonly demandTime: () => void
}

const watched = (repository: Repository, name: string, { script, demandTime }: Watch): Handle => {
  let isOpen = true
  const more = (options: ScanOptions | undefined): string => (options === undefined ? '' : `, ${print(options)}`)
  return {
    repository,
    load: async (references) => {
      demandTime()
      return await script.run(
        (room) => `await ${name}.load(${print(references, room)})`,
        async () => await repository.load(references)
      )
    },
    commit: async (writes) => {
      demandTime()
      return await script.run(
        (room) => `await ${name}.commit(${print(writes, room)})`,
        async () => (await repository.commit(writes))._tag,
        (outcome) => outcome
      )
    },
    scan: async (kind, options, visit) => {
      demandTime()
      const found: Array<Stored> = []
      let stopped = false
      const line = (): string => {
        const head = `for await (const _ of ${name}.scan(${print(kind)}${more(options)}))`
        return `${head} ${stopped ? `{ /* break after ${found.length} */ }` : '{}'}`
      }
      return await script.run(line, async () => {
        for await (const stored of repository.scan(kind, options)) {
          demandTime()
          found.push(stored)
          if (found.length > scanEndsBefore) fail('the scan does not end')
          stopped = (await visit?.(stored, found.length - 1)) === 'stop'
          if (stopped) break
        }
        return found
      })
    },
    purge: async () => {
      demandTime()
      await script.run(
        () => `await ${name}.purge?.()`,
        async () => await repository.purge?.()
      )
    },
    check: async (claimsOf) => {
      demandTime()
      return await script.run(
        () => `for await (const _ of ${name}.check?.(claimsOf) ?? []) {}`,
        async () => {
          const flaws: Array<Flaw> = []
          for await (const flaw of repository.check?.(claimsOf) ?? []) flaws.push(flaw)
          return flaws
        }
      )
    },
    close: async () => {
      if (!isOpen) return
      isOpen = false
      await script.run(
        () => `await ${name}.close?.()`,
        async () => await repository.close?.()
      )
    }
  }
}

const missing = (ability: string): never => fail(`the harness has no \`${ability}\`, which the manifest requires`)

const watchedLine = (line: Line, { script }: Watch): Line => ({
  disturb: (fault) => {
    script.note(() => `endpoint.line.disturb(${fault === undefined ? '' : print(fault)})`)
    line.disturb(fault)
  },
  happened: () => line.happened(),
  delay: (milliseconds) => {
    script.note(() => `endpoint.line.delay(${milliseconds})`)
    line.delay(milliseconds)
  }
})

const watchedProcess = (remote: RemoteStore, name: string, watch: Watch): TrialProcess => ({
  handle: watched(remote.repository, `${name}.repository`, watch),
  workUntilKilled: async (after: number, moment: Moment) => {
    watch.demandTime()
    return await watch.script.run(
      () => `await ${name}.workUntilKilled(${after}, ${print(moment)})`,
      () => remote.workUntilKilled(after, moment),
      String
    )
  },
  kill: async () => {
    await watch.script.run(() => `await ${name}.kill()`, remote.kill)
  }
})

export const closeAll = async (handles: ReadonlyArray<Handle>): Promise<void> => {
  for (const handle of handles) await handle.close()
}

/** Starts another process on the store. That the first one does not serve it is a failure of the harness; after it, of the store. */
const forked = async (fork: NonNullable<OpenStore['fork']>, { guard, opened }: Watch): Promise<RemoteStore> => {
  const remote = await guard.call('open.fork', async () => {
    const child = await fork()
    return await connectStore(child).catch((error: unknown) => {
      if (error instanceof ProcessEnded && opened.processes.length > 0) return error
      throw error
    })
  })
  if (remote instanceof ProcessEnded) throw remote
  opened.processes.push(remote)
  return remote
}

/** Returns a store whose calls are recorded. */
export const watchedStore = (open: OpenStore, watch: Watch): TrialStore => {
  const { script, guard, opened, demandTime } = watch
  const { handles, processes } = opened
  const watchedHandle = (repository: Repository, name: string): Handle => {
    const handle = watched(repository, name, watch)
    handles.push(handle)
    return handle
  }
  /** Returns an optional function of the harness, which is to be called on `open`, and records the call. */
  const asked = <Ability extends keyof OpenStore>(
    ability: Ability,
    line: () => string
  ): NonNullable<OpenStore[Ability]> => {
    demandTime()
    const call = open[ability] ?? missing(ability)
    script.note(line)
    return call
  }
  script.note(() => 'const open = await harness.open()')
  script.note(() => 'let store = open.repository')
  let peers = 0
  return {
    handle: watchedHandle(open.repository, 'store'),
    peer: async () => {
      const name = peers === 0 ? 'peer' : `peer${peers + 1}`
      const peer = asked('peer', () => `const ${name} = await open.peer()`)
      peers += 1
      return watchedHandle(await guard.open('open.peer', () => peer.call(open)), name)
    },
    reopen: async () => {
      if (open.reopen === undefined) return missing('reopen')
      await closeAll(handles)
      const reopen = asked('reopen', () => 'store = await open.reopen()')
      return watchedHandle(await guard.open('open.reopen', () => reopen.call(open)), 'store')
    },
    dump: async () => {
      const dump = asked('dump', () => 'await open.dump()')
      return [...(await guard.call('open.dump', () => dump.call(open)))]
    },
    looks: (text) => open.looks?.(text),
    refuse: async (text) => {
      const refuse = asked('refuse', () => `await open.refuse(${print(text)})`)
      await guard.call('open.refuse', () => refuse.call(open, text))
    },
    hinder: async () => {
      const hinder = asked('hinder', () => 'const hindered = await open.hinder()')
      const { repository, end } = await guard.call('open.hinder', () => hinder.call(open))
      return {
        handle: watchedHandle(repository, 'hindered.repository'),
        end: async () => {
          script.note(() => 'await hindered.end()')
          await guard.call('hindered.end', end)
        }
      }
    },
    endpoint: async () => {
      const endpoint = asked('endpoint', () => 'const endpoint = await open.endpoint()')
      const { repository, line } = await guard.call('open.endpoint', () => endpoint.call(open))
      return { handle: watchedHandle(repository, 'endpoint.repository'), line: watchedLine(line, watch) }
    },
    note: (line) => {
      demandTime()
      script.note(line)
    },
    fork: async () => {
      const name = `process${processes.length + 1}`
      const fork = asked('fork', () => `const ${name} = await connectStore(await open.fork())`)
      return watchedProcess(await forked(() => fork.call(open), watch), name, watch)
    }
  }
}
