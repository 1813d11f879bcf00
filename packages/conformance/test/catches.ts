/**
 * Runs every requirement on every broken store, and compares the result with the table in README.md.
 *
 *     node --conditions=userpoint-source --import ./scripts/typescript.mjs packages/conformance/test/catches.ts [--write]
 *
 * Without `--write` it fails where the table is not what was found. It takes minutes, so that the tests only look at what
 * each broken store names.
 */
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync, writeFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { conformance, requirements, RequirementViolated } from '@userpoint/conformance'
import { brokenStores } from './broken/index.ts'
import { type BrokenStore, harnessOf } from './broken/small-store.ts'

/** The keys of the violated requirements, by the name of the store. */
type Catches = Readonly<Record<string, ReadonlyArray<string>>>

const readme = new URL('../README.md', import.meta.url)

/** The effect of a kill varies, so these rows list only the stores that are always caught. */
const isByChance = (key: string): boolean => key.endsWith('.killed') || key === 'PO-8.processes'

/** Races of real timers, so the table has what one run caught, and another may catch more or less. */
const raced: ReadonlySet<string> = new Set(['L-37.racing', 'L-38.sealers', 'L-42.writers'])

/** Returns the text without the rows that are a matter of luck. */
const steady = (text: string): string =>
  text
    .split('\n')
    .filter((line) => !raced.has(/^\| `([^`]+)`/.exec(line)?.[1] ?? ''))
    .join('\n')

const rowsOf = (catches: Catches): ReadonlyArray<string> =>
  requirements.map(({ key, sentence, needs }) => {
    const caught = brokenStores
      .filter(({ name, breaks }) => (isByChance(key) ? breaks === key : catches[name]?.includes(key)))
      .map(({ name, breaks }) => (breaks === key ? `**${name}**` : name))
    return `| \`${key}\` | ${sentence.replaceAll('|', '\\|')} | ${needs.join(', ')} | ${caught.join(', ')} |`
  })

const withTable = (text: string, catches: Catches): string => {
  const lines = text.split('\n')
  const head = lines.findIndex((line) => line.startsWith('| requirement |'))
  const end = lines.findIndex((line, index) => index > head && !line.startsWith('|'))
  return [...lines.slice(0, head + 2), ...rowsOf(catches), ...lines.slice(end)].join('\n')
}

/** Tries so many of the random cases: they find most of what all of them find. */
const runs = 0.2

/**
 * Runs every requirement on a store, the one that must catch it with all random cases. Returns the keys of those that are violated;
 * throws if one of the port is neither violated nor passes.
 */
const caughtOn = async (store: BrokenStore): Promise<ReadonlyArray<string>> => {
  const harness = harnessOf(store)
  const inFull = conformance(harness, { shrink: false }).find(({ requirement }) => requirement.key === store.breaks)
  // In their order: a store may be broken in that it has what another one has written.
  const tests = conformance(harness, { shrink: false, runs }).map((test) =>
    test.requirement.key === store.breaks ? (inFull ?? test) : test
  )
  const caught: string[] = []
  for (const { requirement, run } of tests) {
    const isOfPort = requirement.law === 'harness' || requirement.law.startsWith('PO-')
    try {
      const outcome = await run()
      if (isOfPort && outcome._tag !== 'Passed') throw new Error(`${store.name}: ${requirement.key} is not run`)
    } catch (error) {
      if (error instanceof RequirementViolated) caught.push(requirement.key)
      else if (isOfPort) throw error
    }
  }
  return caught
}

/** Sends the violations on each store of a share to the parent. */
const runShare = async (share: number, of: number): Promise<void> => {
  for (const [index, store] of brokenStores.entries()) {
    if (index % of !== share) continue
    const caught = await caughtOn(store)
    await new Promise((sent) => process.send?.({ [store.name]: caught }, sent))
  }
}

const runAll = async (): Promise<Catches> => {
  const catches: Record<string, ReadonlyArray<string>> = {}
  const shares = availableParallelism()
  await Promise.all(
    Array.from({ length: shares }, async (_, share) => {
      const child = fork(new URL(import.meta.url), [`--share=${share}`, `--of=${shares}`])
      child.on('message', (found: Catches) => {
        for (const [name, keys] of Object.entries(found)) {
          catches[name] = keys
          process.stderr.write(`${name}: ${keys.length}\n`)
        }
      })
      // It comes after the last message; the exit may come before.
      const [code] = (await once(child, 'close')) as [number]
      if (code !== 0) throw new Error(`a share ended with ${code}`)
    })
  )
  return catches
}

const option = (name: string): number | undefined => {
  const given = process.argv.find((one) => one.startsWith(`--${name}=`))
  return given === undefined ? undefined : Number(given.slice(name.length + 3))
}

const share = option('share')
if (share !== undefined) {
  await runShare(share, option('of') ?? 1)
  process.exit()
} else {
  const catches = await runAll()
  const missed = brokenStores.filter(({ name, breaks }) => !catches[name]?.includes(breaks))
  for (const { name, breaks } of missed) process.stdout.write(`${name} is not caught by ${breaks}\n`)
  const before = readFileSync(readme, 'utf8')
  const after = withTable(before, catches)
  const isSame = steady(before) === steady(after)
  if (process.argv.includes('--write')) writeFileSync(readme, after)
  else if (!isSame) process.stdout.write('the table in packages/conformance/README.md is out of date\n')
  process.exitCode = missed.length > 0 || (!isSame && !process.argv.includes('--write')) ? 1 : 0
}
