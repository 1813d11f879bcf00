/**
 * Kills imports with SIGKILL at random moments, and resumes each with the same command until it ends. Then compares the
 * result with that of a clean run: the export, the reports and the bytes of the verdict files. The lines are deep merges that
 * append to arrays, so a line that is lost or applied twice is visible.
 *
 * Usage: node scripts/kill-import.mjs [--kills 200] [--lines 100000] [--seed 1] [--store URL] [--keep]
 *
 * `--store` is an empty PostgreSQL database to use instead of SQLite files. `--keep` keeps the files.
 */
import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { createReadStream, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { parseArgs } from 'node:util'
import { ensureBuilt, ensureInstalled } from './installation.mjs'
import { exitWith, Failed, root, say } from './process.mjs'

const { values: flags } = parseArgs({
  options: {
    kills: { type: 'string', default: '200' },
    lines: { type: 'string', default: '100000' },
    seed: { type: 'string', default: '1' },
    store: { type: 'string' },
    keep: { type: 'boolean', default: false }
  }
})

const wholeNumber = (/** @type {string} */ text, /** @type {string} */ name) => {
  if (!/^[0-9]{1,9}$/.test(text)) throw new Failed(`userpoint: --${name} needs a whole number`, 2)
  return Number(text)
}

/** Returns a generator of numbers from 0 to 1, deterministic for a seed. */
const createRandom = (/** @type {number} */ seed) => {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296
  }
}

/** @typedef {{ readonly name: string, readonly type: string, readonly text: string, readonly lines: number }} Document */

const cities = ['Paris', 'Lyon', 'Zürich', '東京', 'São Paulo', '']

/** Returns documents that depend on each other: people are merged, get profiles, are merged again, and some are erased. */
const makeDocuments = (/** @type {number} */ lines, /** @type {() => number} */ random) => {
  const people = Math.max(10, Math.floor(lines / 8))
  const whole = (/** @type {number} */ below) => Math.floor(random() * below)
  // A few people have many lines.
  const somePerson = () => Math.floor(people * random() ** 2)
  const email = (/** @type {number} */ n) => `hash-${n}`
  const account = (/** @type {number} */ n) => ({
    type: 'USER_ACCOUNT',
    compartment_id: 1,
    user_account_id: `crm-${n}`
  })
  const wrong = ['{"operation":"UPSERT"}', '{"operation":', '[]', '{"type":"USER_AGENT","user_agent_id":""}', '{}']

  const document = (
    /** @type {string} */ name,
    /** @type {string} */ type,
    /** @type {number} */ share,
    /** @type {(i: number) => unknown} */ line
  ) => {
    const count = Math.max(1, Math.floor(lines * share))
    let text = ''
    for (let i = 0; i < count; i++) {
      const die = random()
      if (die < 0.02) text += `${wrong[whole(wrong.length)]}\n`
      else if (die < 0.03) text += `${JSON.stringify(line(i), undefined, 2)}\n\n`
      else text += `${JSON.stringify(line(i))}\n`
    }
    return { name, type, text, lines: count }
  }

  const more = (/** @type {string} */ name) =>
    document(name, 'USER_PROFILE', 0.15, (i) => ({
      operation: 'UPSERT',
      email_hash: email(somePerson()),
      force_replace: false,
      merge_objects: true,
      user_profile: { visits: { again: [i] } }
    }))

  const documents = [
    document('joined', 'USER_IDENTIFIERS_ASSOCIATION_DECLARATIONS', 0.15, () => {
      const n = somePerson()
      const device = { type: 'USER_AGENT', user_agent_id: `vec:${1_000 + n * 3 + whole(3)}` }
      return { identifiers: [{ type: 'USER_EMAIL', hash: email(n) }, ...(random() < 0.5 ? [account(n)] : [device])] }
    }),
    document('described', 'USER_PROFILE', 0.5, (i) => ({
      operation: random() < 0.02 ? 'DELETE' : 'UPSERT',
      email_hash: email(somePerson()),
      force_replace: false,
      merge_objects: true,
      user_profile: {
        city: cities[whole(cities.length)],
        visits: { seen: [i], last: i },
        notes: 'n'.repeat(whole(120))
      }
    })),
    document('named', 'USER_IDENTIFIERS_ASSOCIATION_DECLARATIONS', 0.1, (i) => ({
      identifiers: [
        { type: 'USER_EMAIL', hash: email(somePerson()) },
        { type: 'USER_AGENT', user_agent_id: `vec:${900_000_000 + i}` }
      ]
    })),
    document('forgotten', 'USER_IDENTIFIERS_DELETION', 0.05, () => account(somePerson())),
    document('erased', 'USER_POINTS_DELETION', 0.05, () => ({ type: 'USER_EMAIL', hash: email(somePerson()) })),
    more('again')
  ]
  return { documents, more }
}

const program = join(root, 'packages', 'cli', 'dist', 'main.js')

/** Starts the program and collects its output. */
const start = (/** @type {ReadonlyArray<string>} */ args, /** @type {string} */ cwd) => {
  const child = spawn(process.execPath, [program, ...args], { cwd, stdio: ['ignore', 'pipe', 'pipe'] })
  /** @type {Array<Buffer>} */
  const printed = []
  let errors = ''
  child.stdout.on('data', (part) => printed.push(part))
  child.stderr.setEncoding('utf8').on('data', (part) => {
    errors += part
  })
  /** @type {Promise<{ code: number | null, signal: NodeJS.Signals | null, text: string, errors: string }>} */
  const ended = new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (code, signal) => resolve({ code, signal, text: Buffer.concat(printed).toString(), errors }))
  })
  return { child, ended }
}

/** Returns the state of a file, to detect writes to it. */
const stamp = (/** @type {string} */ path) => {
  const status = statSync(path, { throwIfNoEntry: false })
  return status === undefined ? '' : `${status.size} ${status.mtimeMs}`
}

const pause = (/** @type {number} */ milliseconds) => new Promise((wake) => setTimeout(wake, milliseconds))

/** Waits until the file changes or the process ends. */
const changed = async (/** @type {string} */ path, /** @type {Promise<unknown>} */ ended) => {
  const before = stamp(path)
  let isOver = false
  void ended.then(() => {
    isOver = true
  })
  while (!isOver && stamp(path) === before) await pause(2)
}

const linesPerUnit = '50'

const storeArgs = (/** @type {string} */ side) =>
  flags.store === undefined ? ['--store', `sqlite:${side}.db`] : ['--store', flags.store, '--datamart', side]

const importArgs = (/** @type {Document} */ { name, type }, /** @type {string} */ side) => [
  'import',
  `${name}.ndjson`,
  '--type',
  type,
  ...storeArgs(side),
  '--execution',
  name,
  '--json',
  '--verdicts',
  `${side}-${name}.ndjson`,
  '--lines-per-unit',
  linesPerUnit
]

const finished = (/** @type {Awaited<ReturnType<typeof start>['ended']>} */ { code, signal, text, errors }) => {
  if (code !== 0) throw new Failed(`userpoint: an import ended with ${signal ?? code}: ${errors}`)
  const report = JSON.parse(text)
  delete report.seconds
  // The result does not depend on which run finished it.
  delete report.execution
  return JSON.stringify(report)
}

/** Returns a line of the export without the values that differ between runs: generated ids and times. */
const canonical = (/** @type {string} */ line) => {
  /** @type {Map<string, number>} */
  const devices = new Map()
  const { user_point_id: _, ...person } = JSON.parse(line, (key, value) => {
    if (key === '$creation_ts' || key === '$last_modified_ts') return 0
    if (key !== 'device_point_id') return value
    if (!devices.has(value)) devices.set(value, devices.size)
    return devices.get(value)
  })
  return JSON.stringify(person)
}

/** Returns a digest of all user points in a store, and their number. */
const exported = async (/** @type {string} */ folder, /** @type {string} */ side) => {
  const { child, ended } = start(['export', ...storeArgs(side)], folder)
  const people = []
  for await (const line of createInterface({ input: child.stdout })) people.push(canonical(line))
  const { code, errors } = await ended
  if (code !== 0) throw new Failed(`userpoint: the export failed: ${errors}`)
  const hash = createHash('sha256')
  for (const person of people.sort()) hash.update(`${person}\n`)
  return `${people.length} user points, ${hash.digest('hex')}`
}

const digestOf = async (/** @type {string} */ path) => {
  const hash = createHash('sha256')
  let length = 0
  for await (const part of createReadStream(path)) {
    hash.update(part)
    length += part.length
  }
  return `${length} bytes, ${hash.digest('hex')}`
}

/** Returns the result of a side in a comparable form. */
const outcomeOf = async (
  /** @type {string} */ folder,
  /** @type {string} */ side,
  /** @type {ReadonlyArray<Document>} */ documents,
  /** @type {ReadonlyArray<string>} */ reports
) => {
  const outcome = [`people: ${await exported(folder, side)}`]
  for (const [i, { name }] of documents.entries()) {
    outcome.push(`report ${name}: ${reports[i]}`)
    outcome.push(`verdicts ${name}: ${await digestOf(join(folder, `${side}-${name}.ndjson`))}`)
  }
  return outcome
}

/** Imports a document with up to `kills` kills; returns how many happened before it ended. */
const killAndResume = async (
  /** @type {string} */ folder,
  /** @type {Document} */ document,
  /** @type {number} */ kills,
  /** @type {{ startup: number, working: number, random: () => number }} */ { startup, working, random }
) => {
  for (let killed = 0; ; ) {
    const { child, ended } = start(importArgs(document, 'killed'), folder)
    if (killed < kills) {
      // One kill in four may come during startup; the others come while lines are committed.
      if (random() < 0.25) await Promise.race([pause(random() * startup), ended])
      else {
        await changed(join(folder, `killed-${document.name}.ndjson`), ended)
        await Promise.race([pause(random() * working), ended])
      }
      child.kill('SIGKILL')
    }
    const end = await ended
    if (end.signal !== 'SIGKILL') return { killed, report: finished(end) }
    killed++
  }
}

const main = async () => {
  const kills = wholeNumber(flags.kills, 'kills')
  const lines = wholeNumber(flags.lines, 'lines')
  const random = createRandom(wholeNumber(flags.seed, 'seed'))
  await ensureInstalled()
  await ensureBuilt()
  const folder = mkdtempSync(join(tmpdir(), 'userpoint-kill-'))
  try {
    const { documents, more } = makeDocuments(lines, random)
    const write = (/** @type {Document} */ { name, text }) => writeFileSync(join(folder, `${name}.ndjson`), text)
    for (const document of documents) write(document)

    const beforeStart = performance.now()
    await start(['--version'], folder).ended
    const startup = performance.now() - beforeStart

    say(`userpoint: a clean run of ${documents.length} documents, ${lines.toLocaleString('en-US')} lines`)
    const importCleanly = async (/** @type {Document} */ document) =>
      finished(await start(importArgs(document, 'clean'), folder).ended)
    const expectedReports = []
    const beforeClean = performance.now()
    for (const document of documents) expectedReports.push(await importCleanly(document))
    const working = Math.max(100, performance.now() - beforeClean - startup * documents.length)

    say(`userpoint: the same, with ${kills} kills`)
    const plan = { startup, working: working / Math.max(1, kills), random }
    const reports = []
    let [done, killed] = [0, 0]
    // If a document ends before its share of kills, the following documents get the rest.
    for (let i = 0; i < documents.length || killed < kills; i++) {
      const document = documents[i] ?? more(`more-${i}`)
      if (i === documents.length) {
        write(document)
        documents.push(document)
        expectedReports.push(await importCleanly(document))
      }
      done += document.lines
      const share = Math.min(kills, Math.round((kills * done) / lines)) - killed
      const ended = await killAndResume(folder, document, share, plan)
      reports.push(ended.report)
      killed += ended.killed
      say(`userpoint: ${document.name}: killed ${ended.killed} times`)
    }

    const expected = await outcomeOf(folder, 'clean', documents, expectedReports)
    const found = await outcomeOf(folder, 'killed', documents, reports)
    process.stdout.write(`${found.join('\n')}\nkilled ${killed} times\n`)
    const differences = expected.filter((line, i) => line !== found[i])
    if (differences.length > 0) {
      throw new Failed(`userpoint: the result differs from a clean run:\n${differences.join('\n')}`)
    }
    process.stdout.write('the same as one clean run\n')
  } finally {
    if (flags.keep) say(`userpoint: the files are in ${folder}`)
    else rmSync(folder, { recursive: true, force: true })
  }
}

exitWith(main)
