/** `userpoint export`: prints every user point as one line of JSON. */
import { encodeUserPoint } from '@userpoint/core/mediarithmics'
import { transferredFrom } from '@userpoint/core/maintenance'
import { Command, Option } from 'commander'
import { unreadable } from '../failure.ts'
import { oneOf, once, storeOptions } from '../options.ts'
import type { Output } from '../output.ts'
import { erasureOf, settingsOf } from '../settings.ts'
import { type StoreOptions, withEngine, withRepository } from '../store.ts'
import { endOf, startOfTransfer } from '../transfer-lines.ts'

const pieceLength = 64 * 1024

interface ExportFlags extends StoreOptions {
  readonly format?: 'people' | 'datamart'
}

/** Writes lines in pieces. Returns `false` if the reader has gone. */
const writeLines = async (lines: AsyncIterable<string>, stdout: Output): Promise<boolean> => {
  const each = lines[Symbol.asyncIterator]()
  const next = async () => {
    try {
      return await each.next()
    } catch (error) {
      throw unreadable(error)
    }
  }
  let text = ''
  for (let line = await next(); line.done !== true; line = await next()) {
    text += `${line.value}\n`
    if (text.length < pieceLength) continue
    if (!(await stdout.write(text))) {
      await each.return?.()
      return false
    }
    text = ''
  }
  return text === '' || stdout.write(text)
}

async function* mapped<A>(values: AsyncIterable<A>, lineOf: (value: A) => object): AsyncGenerator<string> {
  for await (const value of values) yield JSON.stringify(lineOf(value))
}

const exportPeople = (flags: ExportFlags, stdout: Output): Promise<unknown> =>
  withEngine(flags, 'existing', (engine) => writeLines(mapped(engine.userPoints(), encodeUserPoint), stdout))

const exportDatamart = async (flags: ExportFlags, stdout: Output): Promise<unknown> => {
  const erasure = await erasureOf(await settingsOf(flags))
  return withRepository(flags, 'existing', (repository) => {
    async function* lines(): AsyncGenerator<string> {
      yield JSON.stringify(startOfTransfer)
      let documents = 0
      for await (const each of transferredFrom(repository, erasure)) {
        yield JSON.stringify(each)
        documents++
      }
      yield JSON.stringify(endOf(documents))
    }
    return writeLines(lines(), stdout)
  })
}

const exportAll = async (flags: ExportFlags, stdout: Output): Promise<void> => {
  await (flags.format === 'datamart' ? exportDatamart(flags, stdout) : exportPeople(flags, stdout))
}

export const exportCommand = (stdout: Output): Command => {
  const command = new Command('export')
    .summary('print every user point as NDJSON')
    .description(
      'Prints every user point of a store on standard output, ordered by id: one JSON object a line, with identifiers ' +
        'and profiles.'
    )
    .addHelpText(
      'after',
      `
Examples:
  userpoint export > people.ndjson
  userpoint export --store sqlite:./people.db --datamart 1000 | head -n 3
  userpoint export --format datamart --store sqlite:./people.db | \\
    userpoint restore --store postgres://host/people`
    )
    .addOption(
      new Option(
        '--format <FORMAT>',
        'people: one user point a line; datamart: everything, for userpoint restore (default: people)'
      ).argParser(once(oneOf(['people', 'datamart'] as const)))
    )
    .action((flags: ExportFlags) => exportAll(flags, stdout))
  for (const option of storeOptions()) command.addOption(option)
  return command
}
