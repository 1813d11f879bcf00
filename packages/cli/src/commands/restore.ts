/** `userpoint restore`: adds the documents of an exported datamart to a store. */
import { createMemoryRepository } from '@userpoint/adapter-memory'
import { createRestore, type Restore, type RestoreVerdict } from '@userpoint/core/maintenance'
import { type Json, StoreFault } from '@userpoint/core/repository'
import { Command, Option } from 'commander'
import { exitCode } from '../exit-code.ts'
import { Failure, reasonOf, wrongUsage } from '../failure.ts'
import { type Input, unpacked, withInputs } from '../input.ts'
import type { Io } from '../io.ts'
import { anyText, once, storeOptions } from '../options.ts'
import type { Output } from '../output.ts'
import { grouped } from '../report-table.ts'
import { receiptsIn } from '../receipt-files.ts'
import { erasureOf, settingsOf } from '../settings.ts'
import { demandKey, type StoreOptions, withRepository } from '../store.ts'
import { readEnd, readStart } from '../transfer-lines.ts'

const documentsPerBatch = 500

interface Counts {
  restored: number
  alreadyThere: number
  refused: number
}

const valueOf = (line: string, number: number): Json => {
  try {
    return JSON.parse(line) as Json
  } catch {
    throw new Failure(`line ${number} is no JSON; all before it is restored`)
  }
}

const textOf = ({ restored, alreadyThere, refused }: Counts): string =>
  `restored ${grouped(restored)} documents; ${grouped(alreadyThere)} were there already; ${grouped(refused)} were refused\n`

const keyNeeded =
  'KEY_NEEDED: the file is of a datamart with a key; give --key-file, or erasure.keyFile in the settings'

const demandNoKey = (hasKey: boolean, verdicts: ReadonlyArray<RestoreVerdict>): void => {
  if (!hasKey && verdicts.some((verdict) => verdict._tag === 'Refused' && verdict.code === 'KEY_NEEDED'))
    throw wrongUsage(keyNeeded)
}

interface Restoring {
  readonly hasKey: boolean
  readonly counts: Counts
  readonly onRefused: (line: number, code: string) => void
}

const fileIsCut = 'the file is cut: its last line is missing; all that it has is restored'

/** Demands that the first line is one of a transfer that this program can read. */
const demandStart = async (lines: AsyncIterator<string>): Promise<void> => {
  const first = await lines.next()
  if (first.done === true) throw new Failure(fileIsCut)
  const start = readStart(valueOf(first.value, 1))
  if (start === 'other')
    throw new Failure('the file is no exported datamart: userpoint export --format datamart makes one')
  if (start === 'newer') throw new Failure('the file is of a newer version of userpoint')
}

/**
 * Reads the first document. It says if its datamart has a key, which a restore then needs: a store in memory shows it.
 *
 * @returns Its line; or the last line, if there is no document.
 */
const readFirst = async (lines: AsyncIterator<string>, hasKey: boolean): Promise<string> => {
  const { done, value } = await lines.next()
  if (done === true) throw new Failure(fileIsCut)
  const restoreSome = await createRestore(createMemoryRepository())
  demandNoKey(hasKey, await restoreSome([valueOf(value, 2)]))
  return value
}

async function* withFirst(first: string, others: AsyncIterable<string>): AsyncGenerator<string, void, undefined> {
  yield first
  yield* others
}

/** Restores the documents of the lines after the first one. */
const restoreLines = async (
  restoreSome: Restore,
  lines: AsyncIterable<string>,
  { hasKey, counts, onRefused }: Restoring
): Promise<void> => {
  let waiting: Json[] = []
  let number = 1
  let documents: number | undefined
  const count = (verdict: RestoreVerdict, line: number): void => {
    if (verdict._tag === 'Restored') counts.restored++
    else if (verdict._tag === 'AlreadyThere') counts.alreadyThere++
    else {
      counts.refused++
      onRefused(line, verdict.code)
    }
  }
  /** The line of the first document that waits. */
  let from = 2
  const flush = async (): Promise<void> => {
    const first = from
    const some = waiting
    from += some.length
    waiting = []
    if (some.length === 0) return
    const verdicts = await restoreSome(some)
    demandNoKey(hasKey, verdicts)
    for (const [at, verdict] of verdicts.entries()) count(verdict, first + at)
  }
  try {
    for await (const line of lines) {
      number++
      if (documents !== undefined) throw new Failure(`line ${number} comes after the end; all before it is restored`)
      const value = valueOf(line, number)
      documents = readEnd(value)
      if (documents !== undefined) continue
      waiting.push(value)
      if (waiting.length === documentsPerBatch) await flush()
    }
  } catch (error) {
    // The file failed, or the store: then nothing waits.
    await flush()
    throw error
  }
  await flush()
  if (documents === undefined) throw new Failure(fileIsCut)
  const seen = number - 2
  if (documents !== seen)
    throw new Failure(`the file has ${grouped(seen)} documents, and says that it has ${grouped(documents)}`)
}

/** Yields the lines of an input. Its errors are failures. */
async function* linesOf({ bytes, title }: Input): AsyncGenerator<string, void, undefined> {
  const decoder = new TextDecoder('utf-8', { fatal: true })
  const decoded = (piece?: Uint8Array): string => {
    try {
      return piece === undefined ? decoder.decode() : decoder.decode(piece, { stream: true })
    } catch {
      throw new Failure(`${title} is no UTF-8`)
    }
  }
  let rest = ''
  try {
    for await (const piece of unpacked(bytes())) {
      const [first = '', ...others] = decoded(piece).split('\n')
      rest += first
      for (const other of others) {
        yield rest
        rest = other
      }
    }
  } catch (error) {
    throw error instanceof Failure ? error : new Failure(`${title} cannot be read: ${reasonOf(error)}`)
  }
  rest += decoded()
  if (rest !== '') yield rest
}

const restore = async (input: Input, flags: RestoreFlags, { io, stdout }: Parts): Promise<number> => {
  const counts: Counts = { restored: 0, alreadyThere: 0, refused: 0 }
  const onRefused = (line: number, code: string): void => void io.stderr.write(`userpoint: line ${line}: ${code}\n`)
  const receipts = flags.receipts === undefined ? [] : await receiptsIn(flags.receipts)
  const erasure = await erasureOf(await settingsOf(flags))
  if (flags.receipts !== undefined && erasure === undefined) await demandKey(flags)
  /** Tells what is done also if the rest fails. */
  const told = async (work: () => Promise<void>): Promise<void> => {
    try {
      await work()
    } catch (error) {
      await stdout.write(textOf(counts))
      if (error instanceof Failure) throw error
      const again = error instanceof StoreFault && error.recovery === 'repair' ? '' : '; run the same again'
      throw new Failure(`the store failed: ${reasonOf(error)}${again}`)
    }
  }
  const hasKey = erasure !== undefined
  const lines = linesOf(input)
  try {
    let first = ''
    // Before the store is opened: a wrong file is told without one.
    await told(async () => {
      await demandStart(lines)
      first = await readFirst(lines, hasKey)
    })
    await withRepository(flags, 'createByCommit', (repository) =>
      told(async () => {
        const restoreSome = await createRestore(repository, { ...(erasure !== undefined && { erasure }), receipts })
        await restoreLines(restoreSome, withFirst(first, lines), { hasKey, counts, onRefused })
      })
    )
  } finally {
    await lines.return()
  }
  await stdout.write(textOf(counts))
  return counts.refused === 0 ? exitCode.done : exitCode.refused
}

interface RestoreFlags extends StoreOptions {
  readonly receipts?: string
}

interface Parts {
  readonly io: Io
  readonly stdout: Output
}

/** @param end Receives the exit code. */
export const restoreCommand = (io: Io, stdout: Output, end: (code: number) => void): Command => {
  const command = new Command('restore')
    .argument('[FILE]', 'what userpoint export --format datamart printed (default: standard input)')
    .summary('add an exported datamart to a store')
    .description(
      'Adds the documents of an exported datamart to a store: people with their ids, times and merges, and executions. It changes ' +
        'nothing that is there, so that it can be run again after a failure. With the key of the datamart, people who were erased ' +
        'since or are suppressed stay away.'
    )
    .addOption(
      new Option(
        '--receipts <FILE>',
        'what userpoint receipts export printed later: people whom it says erased stay away; needs the key'
      ).argParser(once(anyText))
    )
  for (const option of storeOptions()) command.addOption(option)
  return command
    .addHelpText(
      'after',
      `
Exit codes:
  0  everything is there
  1  the file or the store failed
  2  wrong usage
  3  some documents were refused: each is a line on standard error

Examples:
  userpoint restore people.datamart --store sqlite:./people.db
  userpoint export --format datamart --store sqlite:./people.db | \\
    userpoint restore --store postgres://host/people`
    )
    .action(async (path: string | undefined, flags: RestoreFlags) =>
      end(await withInputs([path ?? '-'], io, ([input]) => restore(input as Input, flags, { io, stdout })))
    )
}
