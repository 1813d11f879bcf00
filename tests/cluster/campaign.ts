/** Imports through three nodes, one of which is harmed at a time. */
import type { startCluster } from '../../scripts/galera/cluster.mjs'
import type { Engine, ExecutionReport } from '@userpoint/core'
import type { DocumentType } from '@userpoint/core/mediarithmics'
import { type Chance, pause } from '../faults/chance.ts'
import { appends, cleanRun, demandSame, type Document, resultOf } from '../faults/story.ts'
import type { Campaign } from '../faults/table.ts'
import type { Harm } from './harms.ts'
import { importOnce, openService, runOnNodes, type Said } from './importers.ts'

/** Short waits, which make outcomes unknown, and one that outlives what happens to a node. */
const answerTimeouts: ReadonlyArray<number> = [700, 3_000, 8_000]

/** After so many milliseconds no further node is harmed, so that all of it ends in time on a slow machine too. */
const longest = 30_000

/** The marks in the store: each line of a document appends its own. */
const marksIn = async (engine: Engine<DocumentType>): Promise<ReadonlyArray<number>> => {
  const marks: number[] = []
  for await (const { point } of engine.userPoints()) {
    for (const { properties } of point.profiles) marks.push(...((properties['seen'] ?? []) as ReadonlyArray<number>))
  }
  return marks.toSorted((a, b) => a - b)
}

const lines = 400

/** Every line is right, so that every verdict leaves a mark. */
const markingDocument = (): Document => ({
  type: 'USER_PROFILE',
  bytes: new TextEncoder().encode(
    Array.from(
      { length: lines },
      (_, n) =>
        `${JSON.stringify({
          operation: 'UPSERT',
          email_hash: `hash-${n % 30}`,
          force_replace: false,
          merge_objects: true,
          user_profile: { seen: [n] }
        })}\n`
    ).join('')
  )
})

/** @throws Error if the store has not what the import said. */
const demandTrue = ({ datamart, told, uncertain, isComplete }: Said, marks: ReadonlyArray<number>): void => {
  const all = Array.from({ length: lines }, (_, n) => n)
  const certain = all.slice(0, told.length)
  const possible = all.slice(0, told.length + uncertain)
  if (String(told) !== String(certain)) throw new Error(`${datamart}: verdicts out of order`)
  if (isComplete && told.length !== lines)
    throw new Error(`${datamart}: a complete import told ${told.length} verdicts`)
  if (String(marks) !== String(certain) && String(marks) !== String(possible)) {
    throw new Error(
      `${datamart}: ${told.length} verdicts were told and ${uncertain} are uncertain, but the store has ${marks.length} lines`
    )
  }
}

type Cluster = Awaited<ReturnType<typeof startCluster>>

/** Harms one node after the other; between them the cluster is whole. */
const harmNodes = async (
  { nodes, whole }: Cluster,
  { harm, mend }: Harm,
  chance: Chance,
  onFault: () => void
): Promise<void> => {
  const first = chance.below(nodes.length)
  const startedAt = performance.now()
  for (const node of [...nodes.slice(first), ...nodes.slice(0, first)]) {
    if (performance.now() - startedAt > longest) return
    await pause(500 + chance.below(500))
    onFault()
    await harm(node)
    await pause(500 + chance.below(1_000))
    await mend(node)
    await whole()
  }
}

/** Executions that three services share out, about the same people: each line must be applied once, and each verdict be kept. */
const runExecutions = async (
  cluster: Cluster,
  harm: Harm,
  isOver: () => boolean,
  { folder, chance, onFailed }: Doing
) => {
  const datamart = `executions ${harm.name}`
  const services = answerTimeouts.map((answerTimeout, first) =>
    openService({ urls: cluster.urls, first, datamart, answerTimeout })
  )
  const documents: Document[] = []
  const reports: ExecutionReport[] = []
  const files: string[] = []
  await Promise.all(
    services.map(async (service) => {
      do {
        const n = documents.length
        const document = appends(400, 40, chance, n * 10_000)
        documents.push(document)
        const verdicts = `${folder}/${datamart.replaceAll(' ', '-')}-${n}.ndjson`
        files[n] = verdicts
        reports[n] = await runOnNodes(service, { id: `document-${n}`, document, verdicts }, onFailed)
      } while (!isOver())
      await service.close()
    })
  )
  return async () => {
    const clean = await cleanRun(documents, folder)
    for (const first of cluster.urls.keys()) {
      const service = openService({ urls: cluster.urls, first, datamart, answerTimeout: 20_000 })
      demandSame(
        await resultOf(await service.engine(), reports, files),
        clean,
        `${harm.name}, through node ${first + 1}`
      )
      await service.close()
    }
  }
}

/** Imports that end where their node fails: their reports must be true. */
const runImports = async (cluster: Cluster, harm: Harm, isOver: () => boolean, { onFailed }: Doing) => {
  const all: Said[] = []
  const document = markingDocument()
  for (let first = 0; !isOver(); first++) {
    const datamart = `import ${harm.name} ${first}`
    const service = openService({ urls: cluster.urls, first, datamart, answerTimeout: 3_000 })
    const said = await importOnce(service, datamart, document)
    await service.close()
    if (said !== undefined) all.push(said)
    if (said?.isComplete === false) onFailed()
    // So that there are not too many to look at.
    await pause(250)
  }
  return async () => {
    for (const [first, said] of all.entries()) {
      const service = openService({ urls: cluster.urls, first, datamart: said.datamart, answerTimeout: 20_000 })
      demandTrue(said, await marksIn(await service.engine()))
      await service.close()
    }
    return all
  }
}

interface Doing {
  readonly folder: string
  readonly chance: Chance
  readonly onFailed: () => void
}

export const nodesCampaign = (cluster: Cluster, harm: Harm, say: (text: string) => void): Campaign => ({
  name: `nodes are ${harm.name}`,
  run: async ({ chance, folder, onFault }) => {
    let isOver = false
    const failed = { executions: 0, imports: 0 }
    const doing = (of: keyof typeof failed): Doing => ({ folder, chance, onFailed: () => void failed[of]++ })
    const harming = harmNodes(cluster, harm, chance, onFault).finally(() => {
      isOver = true
    })
    const [demandExecutions, demandImports] = await Promise.all([
      runExecutions(cluster, harm, () => isOver, doing('executions')),
      runImports(cluster, harm, () => isOver, doing('imports')),
      harming
    ])
    await demandExecutions()
    const imports = await demandImports()
    const uncertain = imports.filter((said) => said.uncertain > 0).length
    say(
      `${harm.name}: ${failed.executions} runs of executions failed and were continued; ` +
        `of ${imports.length} imports ${failed.imports} failed, ${uncertain} with a unit of unknown outcome`
    )
  }
})
