import { readFileSync } from 'node:fs'
import { documentTypes } from '@userpoint/core/mediarithmics'
import { describe, expect, it } from 'vitest'
import { userpoint } from './program.ts'

const commands = 'import explain export get insider sweep purge check erase receipts suppressions'.split(' ')
const inner = { receipts: ['list', 'show', 'export', 'verify'], suppressions: ['list', 'lift'] }
const insiderCalls = [
  'upsert',
  'delete-attributes',
  'delete-identifiers',
  'update-identifier',
  'delete-user',
  'get-user'
]

describe('help', () => {
  it.each([
    ['--help'],
    ['-h'],
    ['help'],
    ...commands.flatMap((name) => [
      [name, '--help'],
      ['help', name]
    ]),
    ...Object.entries(inner).flatMap(([name, calls]) => calls.map((call) => [name, call, '--help'])),
    ...insiderCalls.flatMap((name) => [
      ['insider', name, '--help'],
      ['insider', 'help', name]
    ])
  ])('is printed for %s %s', async (...args) => {
    const { code, stdout, stderr } = await userpoint(args)
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(stdout).toContain('Usage: userpoint ')
    expect(stdout).toMatch(/\nExamples:\n {2}\S*.*userpoint /)
    for (const line of stdout.split('\n')) expect(line.length).toBeLessThanOrEqual(100)
  })

  it.each([[[]], [['insider']]])('is printed on stderr without a command after %j', async (args) => {
    const { code, stdout, stderr } = await userpoint(args)
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
    expect(stderr).toContain(`Usage: ${['userpoint', ...args].join(' ')} `)
  })

  it.each(['import', 'explain'])('of %s names every document type', async (command) => {
    const { stdout } = await userpoint([command, '--help'])
    for (const type of documentTypes) expect(stdout).toContain(type)
  })
})

it('README.md names every command', async () => {
  const [, listed = ''] = /\nCommands:\n([^]*?)\n\n/.exec((await userpoint(['--help'])).stdout) ?? []
  const names = [...listed.matchAll(/^ {2}([a-z]+)/gm)].map(([, name = '']) => name).filter((name) => name !== 'help')
  expect(names).toContain('import')
  const row = readFileSync(new URL('../../../README.md', import.meta.url), 'utf8')
    .split('\n')
    .find((line) => line.startsWith('| [`@userpoint/cli`]'))
  expect(names.filter((name) => !new RegExp(`\`(userpoint )?${name}\``).test(row ?? ''))).toEqual([])
})

it.each(['--version', '-V'])('prints its version for %s', async (option) => {
  const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as {
    readonly version: string
  }
  expect(await userpoint([option])).toEqual({ code: 0, stdout: `${version}\n`, stderr: '' })
})

describe('wrong usage exits with 2 and a hint', () => {
  const typed = ['import', 'x', '--type', 'USER_PROFILE']
  it.each([
    [['impor'], 'Did you mean import?'],
    [['export', '--jsn'], 'userpoint export --help'],
    [['export', 'people.ndjson'], 'too many arguments'],
    [['import', 'x'], '--type'],
    [['import', '--type', 'USER_PROFILE'], 'FILE'],
    [['import', 'x', '--type', 'USER_PROFILES'], 'USER_POINTS_DELETION'],
    [['import', '-', '-', '--type', 'USER_PROFILE'], 'once'],
    [[...typed, '--type', 'USER_PROFILE'], 'only once'],
    [[...typed, '--store', 'people.db'], 'sqlite:PATH'],
    [[...typed, '--store', 'sqlite:'], 'path'],
    [[...typed, '--store', 'sqlite:people.db '], 'white space'],
    [[...typed, '--store', 'oracle://localhost'], 'sqlite:PATH'],
    [[...typed, '--store', 'postgres://ada:secret@localhost'], 'database is missing'],
    [[...typed, '--store', 'postgres://ada:secret@:x/'], 'Expected an address'],
    [[...typed, '--store', 'postgres://localhost/people', '--driver', 'libsql'], '--driver'],
    [[...typed, '--store', 'mysql://ada:secret@localhost'], 'database is missing'],
    [[...typed, '--store', 'mysql://localhost/people', '--driver', 'libsql'], '--driver'],
    [[...typed, '--framing', 'loose'], 'lenient, strict'],
    [[...typed, '--arrays', 'merge'], '"concat" or "union"'],
    [[...typed, '--default-compartment', 'one'], 'digits'],
    [[...typed, '--max-rejected', '101%'], 'percentage'],
    [[...typed, '--max-rejected', '-1'], 'percentage'],
    [[...typed, '--lines-per-unit', '0'], 'whole number'],
    [[...typed, '--lines-per-unit', '1e3'], 'whole number'],
    [[...typed, '--datamart', ''], 'empty'],
    [[...typed, '--driver', 'mysql'], '@photostructure/sqlite'],
    [[...typed, '--verdicts', '-'], 'file'],
    [['explain', 'x'], '--type'],
    [['explain', '-', '-', '--type', 'USER_PROFILE'], 'once'],
    [['insider', 'upsrt'], 'Did you mean upsert?'],
    [['insider', 'upsert'], 'userpoint insider upsert --help'],
    [['insider', 'upsert', 'a', 'b'], 'too many arguments'],
    [['insider', 'upsert', 'a', '--config', ''], 'empty'],
    [['sweep', 'people.db'], 'too many arguments'],
    [['sweep', '--dryrun'], '--dry-run']
  ])('%j', async (args, hint) => {
    const { code, stdout, stderr } = await userpoint(args)
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
    expect(stderr).toContain(hint)
  })

  it.each([
    ['--datamart', '1'],
    ['--driver', 'node:sqlite']
  ])('%s with a store in memory', async (...option) => {
    const { code, stderr } = await userpoint(['export', '--store', 'memory:', ...option])
    expect(code).toBe(2)
    expect(stderr).toContain(option[0])
  })
})
