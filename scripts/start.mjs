/**
 * The demonstration behind `npm start`: invented people are imported into a fresh SQLite file, one of them is shown, erased
 * and looked for. Each claim is checked; if one fails, so does the demonstration.
 *
 * Usage: node scripts/start.mjs
 */
import { spawn } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { exitWith, Failed, root } from './process.mjs'
import { documents, findPerson, linesOf, valuesOf } from './start/people.mjs'

const width = 98
const program = join(root, 'packages', 'cli', 'dist', 'main.js')
const folder = mkdtempSync(join(tmpdir(), 'userpoint-demo-'))
const database = 'userpoint.db'

// `npm start | head`
process.stdout.on('error', () => process.exit(0))

const print = (/** @type {string} */ text = '') => process.stdout.write(`${text}\n`)

const indented = (/** @type {string} */ text, by = '  ') => text.trimEnd().replace(/^(?=.)/gm, by)

/** Wraps text to the terminal's width, after a comma or a space if possible. */
const folded = (/** @type {string} */ text, room = width - 6) =>
  text.match(new RegExp(`.{1,${room}}$|.{1,${room - 1}}[, ]|.{1,${room}}`, 'gu'))?.join('\n') ?? ''

/** Formats a command line; a long one is wrapped, but never between an option and its value. */
const commandLine = (/** @type {ReadonlyArray<string>} */ args) =>
  folded(`$ userpoint ${args.join(' ')}`.replace(/ (--\S+) (?!-)/g, ' $1\u00a0'))
    .replaceAll('\u00a0', ' ')
    .replaceAll(' \n', ' \\\n    ')

let chapters = 0
const chapter = (/** @type {string} */ title) => {
  chapters += 1
  print(`\n── ${chapters}. ${title} ${'─'.repeat(Math.max(0, width - title.length - 7))}\n`)
}

const claim = (/** @type {boolean} */ holds, /** @type {string} */ what) => {
  if (!holds) throw new Failed(`userpoint: the demonstration failed: ${what}; its files are in ${folder}`)
}

/**
 * Shows a command line and runs it; its progress goes to the terminal, if there is one.
 *
 * @param {ReadonlyArray<string>} args
 * @returns {Promise<{ code: number | null, text: string }>} what it printed
 */
const userpoint = (args) =>
  new Promise((resolve, reject) => {
    print(indented(commandLine(args)))
    const stderr = args[0] === 'import' ? 'inherit' : 'pipe'
    const child = spawn(process.execPath, [program, ...args], { cwd: folder, stdio: ['ignore', 'pipe', stderr] })
    let text = ''
    for (const stream of [child.stdout, child.stderr]) {
      stream?.setEncoding('utf8').on('data', (part) => {
        text += part
      })
    }
    child.on('error', reject)
    child.on('close', (code) => resolve({ code, text }))
  })

const mustUserpoint = async (/** @type {ReadonlyArray<string>} */ ...args) => {
  const { code, text } = await userpoint(args)
  claim(code === 0, `the command ended with ${code}`)
  return text
}

const write = (/** @type {string} */ name, /** @type {ReadonlyArray<string>} */ lines) =>
  writeFileSync(join(folder, name), `${lines.join('\n')}\n`)

const verdictsIn = (/** @type {string} */ name) =>
  readFileSync(join(folder, name), 'utf8')
    .trimEnd()
    .split('\n')
    .map((text) => JSON.parse(text))

const occurrences = (/** @type {Buffer} */ bytes, /** @type {string} */ value) => {
  let count = 0
  for (let at = bytes.indexOf(value); at !== -1; at = bytes.indexOf(value, at + 1)) count += 1
  return count
}

/** Counts each value in the bytes of the database: the file, its log, and the log's index. */
const countInBytes = (/** @type {Readonly<Record<string, string>>} */ values) => {
  const paths = ['', '-wal', '-shm'].map((end) => join(folder, database + end)).filter((path) => existsSync(path))
  const bytes = Buffer.concat(paths.map((path) => readFileSync(path)))
  return new Map(Object.entries(values).map(([name, value]) => [name, occurrences(bytes, value)]))
}

const showDocuments = () => {
  const meanings = /** @type {Record<string, string>} */ ({
    'associations.ndjson': 'accounts, e-mail hashes and devices of the same person',
    'crm.ndjson': 'profiles that replace the existing ones (force_replace)',
    'shop.ndjson': 'orders, merged deeply, and visits, merged shallowly',
    'newsletter.ndjson': 'interests, merged deeply'
  })
  for (const [name, lines] of Object.entries(documents)) {
    write(
      name,
      lines.map((line) => line.text)
    )
    print(`  ${name.padEnd(20)} ${lines.length.toLocaleString('en-US').padStart(6)} lines   ${meanings[name]}`)
  }
}

const importDocuments = async () => {
  const wrong = Object.values(documents)
    .flat()
    .filter((line) => line.isWrong).length
  print(
    indented(
      await mustUserpoint('import', 'associations.ndjson', '--type', 'USER_IDENTIFIERS_ASSOCIATION_DECLARATIONS')
    )
  )
  print()
  const profiles = ['crm.ndjson', 'shop.ndjson', 'newsletter.ndjson']
  print(indented(await mustUserpoint('import', ...profiles, '--type', 'USER_PROFILE', '--verdicts', 'verdicts.ndjson')))
  const rejected = verdictsIn('verdicts.ndjson').filter(({ verdict }) => verdict === 'rejected')
  claim(rejected.length === wrong, `${wrong} lines are wrong, but ${rejected.length} were rejected`)
  print(`\n  ${wrong} lines were wrong on purpose, and exactly these were rejected. The verdict on the first one:\n`)
  print(indented(folded(JSON.stringify(rejected[0])), '    '))
}

const chosen = findPerson()

/** @returns {Promise<string>} the person's JSON */
const showPerson = async () => {
  for (const { file, text } of linesOf(chosen)) print(`  ${file}\n${indented(folded(text), '    ')}`)
  print()
  const text = await mustUserpoint('get', '--account', `1:${chosen.crmAccount}`)
  print(indented(text, '    '))
  return text
}

const erasePerson = async () => {
  write('erase.ndjson', [JSON.stringify({ type: 'USER_EMAIL', hash: chosen.emailHash })])
  print(`  erase.ndjson\n    ${readFileSync(join(folder, 'erase.ndjson'), 'utf8')}`)
  print(
    indented(
      await mustUserpoint('import', 'erase.ndjson', '--type', 'USER_POINTS_DELETION', '--verdicts', 'erased.ndjson')
    )
  )
  const verdicts = verdictsIn('erased.ndjson')
  print(`\n  The verdict:\n\n    ${JSON.stringify(verdicts[0])}`)
  claim(verdicts.length === 1 && verdicts[0].verdict === 'applied', 'the person was not erased')
}

/** Returns every identifier of the person as an option of `userpoint get`. */
const selectorsOf = (/** @type {string} */ json) => {
  const stored = JSON.parse(json)
  const ofIdentifier = (/** @type {Record<string, string>} */ each) => {
    if (each.type === 'USER_ACCOUNT') return [['--account', `${each.compartment_id}:${each.user_account_id}`]]
    if (each.type === 'USER_EMAIL') return [['--email-hash', each.hash]]
    return [
      ['--user-agent', each.user_agent_id],
      ['--user-agent', each.device_point_id]
    ]
  }
  return /** @type {ReadonlyArray<[string, string]>} */ ([
    ...stored.identifiers.flatMap(ofIdentifier),
    ['--user-point', stored.user_point_id]
  ])
}

/** Returns the ids that the store gave to the person. */
const mintedFor = (/** @type {string} */ json) => {
  const { user_point_id, identifiers } = JSON.parse(json)
  const { device_point_id } = identifiers.find((/** @type {{ type: string }} */ each) => each.type === 'USER_AGENT')
  return { 'device point': device_point_id, 'user point': user_point_id }
}

const lookForPerson = async (/** @type {string} */ json) => {
  for (const selector of selectorsOf(json)) {
    const { code, text } = await userpoint(['get', ...selector])
    print(`${indented(text, '      ')} (exit code ${code})`)
    claim(code === 4, `${selector[0]} ended with ${code}`)
  }
}

const showBytes = (
  /** @type {Readonly<Record<string, string>>} */ values,
  /** @type {ReadonlyMap<string, number>} */ before
) => {
  const after = countInBytes(values)
  print(`  ${'value'.padEnd(14)} ${''.padEnd(64)} ${'before'.padStart(6)}  ${'after'.padStart(6)}`)
  for (const [name, value] of Object.entries(values)) {
    const counts = [before.get(name) ?? 0, after.get(name) ?? 0]
    print(`  ${name.padEnd(14)} ${value.padEnd(64)} ${counts.map((count) => String(count).padStart(6)).join('  ')}`)
    claim(counts[0] !== 0, `the ${name} was not found before the deletion, so the search proves nothing`)
    claim(counts[1] === 0, `the ${name} is still in the bytes of the database`)
  }
}

const showWhatNext = () => {
  print(`  Everything is in ${folder}; delete it when you are done. From this checkout:\n`)
  print(`  STORE="sqlite:${join(folder, database)}"`)
  print('  npm run --silent userpoint -- get --account 1:crm-00001 --store "$STORE"')
  print('  npm run --silent userpoint -- export --store "$STORE" | head -n 3')
  print('  npm run --silent userpoint -- import --help\n')
}

exitWith(async () => {
  chapter('Documents of a CRM, a shop and a newsletter')
  showDocuments()

  chapter('Import them: one verdict for each line')
  await importDocuments()

  chapter(`${chosen.name}: ${linesOf(chosen).length} lines, one person`)
  const json = await showPerson()
  const values = { ...valuesOf(chosen), ...mintedFor(json) }
  const before = countInBytes(values)

  chapter('Erase the person: one line with one identifier')
  await erasePerson()

  chapter('No former identifier leads to a person')
  await lookForPerson(json)

  chapter('The bytes of the database file and its log hold no value of the person')
  showBytes(values, before)

  chapter('What to try next')
  showWhatNext()
})
