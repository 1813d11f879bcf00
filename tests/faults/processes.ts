/** Two processes write the same people into one SQLite file, and each is killed again and again. */
import { type ChildProcess, fork } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { DatabaseSync } from '@photostructure/sqlite'
import { createSqliteRepository } from '@userpoint/adapter-sqlite'
import { type Chance, pause, within } from './chance.ts'
import { appends, bound, cleanRun, engineOver, peopleIn } from './story.ts'
import type { Campaign } from './table.ts'

const importer = fileURLToPath(new URL('importer.ts', import.meta.url))

interface Ended {
  readonly status: string
  readonly counts: string
}

/** Runs the importer, and kills it after a while if asked to. Returns its last message; `undefined`: it was killed. */
const runChild = async (args: ReadonlyArray<string>, killAfter: number | undefined): Promise<Ended | undefined> => {
  const child: ChildProcess = fork(importer, [...args], { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] })
  let ended: Ended | undefined
  child.on('message', (message: Ended | 'started') => {
    if (message !== 'started') ended = message
    else if (killAfter !== undefined) void pause(killAfter).then(() => child.kill('SIGKILL'))
  })
  // It comes after the last message; the exit may come before.
  const closed = new Promise<void>((resolve) => child.once('close', () => resolve()))
  try {
    await within(bound, closed)
  } finally {
    child.kill('SIGKILL')
  }
  return ended
}

const runKilled = async (
  args: ReadonlyArray<string>,
  kills: number,
  chance: Chance,
  onFault: () => void
): Promise<Ended> => {
  for (let killed = 0; ; ) {
    const ended = await runChild(args, killed < kills ? 5 + chance.below(250) : undefined)
    if (ended?.status === 'Completed') return ended
    if (ended !== undefined) continue
    killed++
    onFault()
  }
}

export const processCampaign: Campaign = {
  name: 'two processes on one SQLite file, killed',
  run: async ({ chance, folder, onFault }) => {
    const documents = [appends(1_500, 40, chance), appends(1_500, 40, chance, 10_000)]
    const clean = await cleanRun(documents, folder)
    const file = `${folder}/shared.db`
    const made = new DatabaseSync(file)
    createSqliteRepository(made)
    made.close()
    const ended = await Promise.all(
      documents.map(({ bytes }, n) => {
        writeFileSync(`${folder}/document-${n}`, bytes)
        const args = [file, `document-${n}`, `${folder}/document-${n}`, `${folder}/verdicts-${n}`]
        return runKilled(args, 8, chance, onFault)
      })
    )
    const database = new DatabaseSync(file)
    const people = await peopleIn(engineOver(createSqliteRepository(database)))
    database.close()
    const verdicts = documents.map((_, n) => readFileSync(`${folder}/verdicts-${n}`, 'utf8')).join('\n')
    const counts = ended.map((each) => each.counts).join('\n')
    if (people !== clean.people) throw new Error('two processes: the people differ from those of the clean run')
    if (counts !== clean.counts) throw new Error('two processes: the counts differ from those of the clean run')
    if (verdicts !== clean.verdicts) throw new Error('two processes: the verdicts differ from those of the clean run')
  }
}
