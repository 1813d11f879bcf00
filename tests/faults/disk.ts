/** Full disks: the store, the verdict file, the spool of uploads, and the purge run out of space. */
import { execFileSync } from 'node:child_process'
import { mkdirSync, rmSync } from 'node:fs'
import { DatabaseSync } from '@photostructure/sqlite'
import { createSqliteRepository } from '@userpoint/adapter-sqlite'
import type { ExecutionReport } from '@userpoint/core'
import type { Repository } from '@userpoint/core/repository'
import { createFileSpool } from '@userpoint/http/node'
import { appends, cleanRun, demandSame, engineOver, erasures, resultOf, runToEnd } from './story.ts'
import type { Campaign, Surroundings } from './table.ts'

/** A small file system in memory, which can grow. */
interface SmallDisk {
  readonly folder: string
  readonly grow: (kilobytes: number) => void
  readonly remove: () => void
}

const mountDisk = (folder: string, kilobytes: number): SmallDisk => {
  mkdirSync(folder)
  let size = kilobytes
  const mount = (...options: ReadonlyArray<string>): void =>
    void execFileSync('mount', ['-t', 'tmpfs', '-o', [...options, `size=${size}k`].join(','), 'tmpfs', folder], {
      stdio: 'ignore'
    })
  mount()
  return {
    folder,
    grow: (more) => {
      size += more
      mount('remount')
    },
    remove: () => void execFileSync('umount', ['-l', folder], { stdio: 'ignore' })
  }
}

const canMount = (folder: string): boolean => {
  try {
    mountDisk(folder, 64).remove()
    return true
  } catch {
    return false
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

const withDisk = async (
  { folder }: Surroundings,
  kilobytes: number,
  use: (disk: SmallDisk) => Promise<void>
): Promise<void> => {
  const disk = mountDisk(`${folder}/disk`, kilobytes)
  try {
    await use(disk)
  } finally {
    disk.remove()
  }
}

const codeIn = (value: unknown, depth = 0): string => {
  if (typeof value !== 'object' || value === null || depth > 6) return ''
  const { code, message, errcode } = value as { code?: string; message?: string; errcode?: number }
  const inner = ['cause', 'error', 'thrown'].map((name) => codeIn((value as Record<string, unknown>)[name], depth + 1))
  return [code, errcode, message, ...inner].filter((each) => each !== undefined).join(' ')
}

/** @throws Error if a run failed for another reason than a full disk. */
const demandFull = (failed: unknown): void => {
  const code = codeIn(failed)
  if (!/ENOSPC|full|SQLITE_FULL|\b13\b|disk I\/O|IOERR/i.test(code))
    throw new RangeError(`failed, but not because of the disk: ${code}`)
}

const openDatabase = (path: string): { readonly repository: Repository; readonly close: () => void } => {
  const database = new DatabaseSync(path)
  try {
    return { repository: createSqliteRepository(database), close: () => database.close() }
  } catch (error) {
    database.close()
    throw error
  }
}

const onStore: Campaign = {
  name: 'no space left for the store',
  run: (surroundings) =>
    withDisk(surroundings, 64, async (disk) => {
      const { chance, folder, onFault } = surroundings
      const documents = [appends(1_500, 150, chance), erasures(20)]
      const clean = await cleanRun(documents, folder)
      const files = documents.map((_, n) => `${folder}/store-${n}.ndjson`)
      const reports: ExecutionReport[] = []
      let opened: ReturnType<typeof openDatabase> | undefined
      const reopen = async () => {
        opened?.close()
        opened = undefined
        opened = openDatabase(`${disk.folder}/people.db`)
        return engineOver(opened.repository)
      }
      for (const [n, document] of documents.entries()) {
        const run = { id: `document-${n}`, document, verdicts: files[n] ?? '' }
        const report = await runToEnd(reopen, run, (failed) => {
          demandFull(failed)
          onFault()
          disk.grow(512)
        })
        reports.push(report)
      }
      demandSame(await resultOf(await reopen(), reports, files), clean, 'store')
      opened?.close()
    })
}

const onVerdicts: Campaign = {
  name: 'no space left for the verdict file',
  run: (surroundings) =>
    withDisk(surroundings, 4, async (disk) => {
      const { chance, folder, onFault } = surroundings
      const documents = [appends(3_000, 60, chance)]
      const clean = await cleanRun(documents, folder)
      const { repository, close } = openDatabase(':memory:')
      const files = [`${disk.folder}/verdicts.ndjson`]
      const reports: ExecutionReport[] = []
      for (const document of documents) {
        const run = { id: 'document', document, verdicts: files[0] ?? '' }
        const report = await runToEnd(
          async () => engineOver(repository),
          run,
          (failed) => {
            demandFull(failed)
            onFault()
            disk.grow(4)
          }
        )
        reports.push(report)
      }
      demandSame(await resultOf(engineOver(repository), reports, files), clean, 'verdict file')
      close()
    })
}

const onSpool: Campaign = {
  name: 'no space left for the spool',
  run: (surroundings) =>
    withDisk(surroundings, 16, async (disk) => {
      const { chance, folder, onFault } = surroundings
      const document = appends(1_500, 60, chance)
      const clean = await cleanRun([document], folder)
      const spool = createFileSpool(`${disk.folder}/spool`)
      const key = ['1162', 'uploads', 'one']
      async function* body(): AsyncGenerator<Uint8Array> {
        for (let at = 0; at < document.bytes.length; at += 4_096) yield document.bytes.subarray(at, at + 4_096)
      }
      for (let isKept = false; !isKept; ) {
        try {
          await spool.write(key, body())
          isKept = true
        } catch (error) {
          demandFull(error)
          onFault()
          // An upload that was not kept is not there, not even a part of it.
          if ((await spool.contents(key.slice(0, 2))).length > 0) throw new Error('a part of an upload was kept')
          disk.grow(12)
        }
      }
      const { repository, close } = openDatabase(':memory:')
      const verdicts = `${folder}/spool.ndjson`
      const run = { id: 'document', document, verdicts, input: () => spool.read(key) }
      const report = await runToEnd(async () => engineOver(repository), run)
      demandSame(await resultOf(engineOver(repository), [report], [verdicts]), clean, 'spool')
      close()
    })
}

const onPurge: Campaign = {
  name: 'no space left for the purge',
  run: (surroundings) =>
    withDisk(surroundings, 16_384, async (disk) => {
      const { chance, folder, onFault } = surroundings
      const documents = [appends(2_000, 300, chance), erasures(60)]
      const clean = await cleanRun(documents, folder)
      const { repository, close } = openDatabase(`${disk.folder}/people.db`)
      const engine = engineOver(repository)
      const files = documents.map((_, n) => `${folder}/purge-${n}.ndjson`)
      const reports: ExecutionReport[] = []
      for (const [n, document] of documents.entries()) {
        reports.push(await runToEnd(async () => engine, { id: `document-${n}`, document, verdicts: files[n] ?? '' }))
      }
      const owed = async (): Promise<number> => {
        const told = await engine.purgeOwed()
        return told._tag === 'Right' ? told.right.batches : -1
      }
      const before = await owed()
      if (before < 1) throw new Error('nothing is owed after deletions')
      // Other files take what was free.
      const ballast = `${disk.folder}/ballast`
      execFileSync('sh', ['-c', `dd if=/dev/zero of=${ballast} bs=4k count=8000 2>/dev/null || true`])
      for (let isPaid = false; !isPaid; ) {
        const purged = await engine.purge()
        if (purged._tag === 'Right') {
          isPaid = purged.right._tag === 'Purged'
          if (!isPaid) throw new Error(`a purge that is owed ended in ${purged.right._tag}`)
        } else {
          demandFull(purged.left)
          onFault()
          disk.grow(32)
          if ((await owed()) !== before) throw new Error('a purge that failed paid')
        }
      }
      if ((await owed()) !== 0) throw new Error('a purge did not pay')
      demandSame(await resultOf(engine, reports, files), clean, 'purge')
      close()
    })
}

const full = (): Error =>
  Object.assign(new Error('ENOSPC: no space left on device'), { code: 'ENOSPC', applied: false })

/** Without a file system of its own: each commit and each purge fails now and then, as on a full disk. */
const injected: Campaign = {
  name: 'no space left for store and purge (injected errors)',
  run: async ({ chance, folder, onFault }) => {
    const documents = [appends(1_500, 150, chance), erasures(20)]
    const clean = await cleanRun(documents, folder)
    const { repository, close } = openDatabase(':memory:')
    const failing = (): void => {
      if (chance.below(4) > 0) return
      onFault()
      throw full()
    }
    const sick: Repository = {
      ...repository,
      commit: (writes) => {
        failing()
        return repository.commit(writes)
      },
      purge: () => {
        failing()
        return repository.purge?.()
      }
    }
    const files = documents.map((_, n) => `${folder}/injected-${n}.ndjson`)
    const reports: ExecutionReport[] = []
    for (const [n, document] of documents.entries()) {
      const run = { id: `document-${n}`, document, verdicts: files[n] ?? '', linesPerUnit: 100 }
      reports.push(await runToEnd(async () => engineOver(sick), run, demandFull))
    }
    while ((await engineOver(sick).purge())._tag === 'Left') continue
    demandSame(await resultOf(engineOver(repository), reports, files), clean, 'injected')
    close()
  }
}

/** Returns the campaigns that are possible here. */
export const diskCampaigns = (say: (text: string) => void): ReadonlyArray<Campaign> => {
  if (canMount(`/tmp/userpoint-faults-${process.pid}`)) return [onStore, onVerdicts, onSpool, onPurge]
  say('SKIPPED: REAL FULL DISKS, because only root on Linux may mount a tmpfs; errors are injected instead.')
  return [injected]
}
