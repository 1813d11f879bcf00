/** `userpoint explain`: shows what an import would do, line by line, and writes nothing. */
import type { Engine } from '@userpoint/core'
import type { DocumentType } from '@userpoint/core/mediarithmics'
import { Command } from 'commander'
import { type DocumentFlags, type Procedure, takeDocuments, workOnInputs } from '../documents.ts'
import { explainedLine } from '../explained-line.ts'
import { explainedText } from '../explained-text.ts'
import { printable } from '../failure.ts'
import { withInputs } from '../input.ts'
import type { Io } from '../io.ts'
import type { Output } from '../output.ts'
import { ReaderGone, stoppable } from '../stopping.ts'
import { withEngine } from '../store.ts'

const pieceLength = 64 * 1024

const explaining = (engine: Engine<DocumentType>, { type, json }: DocumentFlags, io: Io, stdout: Output): Procedure => {
  // All documents share one trial: the second one sees the changes of the first.
  const trial = engine.createTrial()
  let shownFile: string | undefined

  const write = async (text: string): Promise<void> => {
    if (!(await stdout.write(text))) throw new ReaderGone()
  }

  const headingOf = (file: string | undefined): string => {
    if (file === shownFile || file === undefined) return ''
    shownFile = file
    return `${file === '-' ? 'standard input' : printable(file)}:\n`
  }

  return {
    run: ({ read, options, file, onLines }) =>
      engine.explainDocument(type, read, {
        ...options,
        trial,
        onExplained: (lines) =>
          onLines(lines.length, async () => {
            let text = json ? '' : headingOf(file)
            for (const line of lines) {
              text += json ? `${explainedLine(line, file)}\n` : explainedText(line)
              if (text.length < pieceLength) continue
              await write(text)
              text = ''
            }
            await write(text)
          })
      }),
    done: 'explained',
    refusal: 'would be rejected as a whole, with no line applied',
    undone: 'not explained',
    heading: (title) => `dry run of ${title}`,
    // The progress bar would mix with the output on one terminal.
    showsProgress: io.stdout.isTTY !== true
  }
}

const explainAll = (paths: ReadonlyArray<string>, flags: DocumentFlags, io: Io, stdout: Output): Promise<number> =>
  withInputs(paths, io, (inputs) =>
    withEngine(flags, 'readOnlyOrEmpty', (engine, settings) =>
      stoppable(io, (stop) =>
        workOnInputs(inputs, { procedure: explaining(engine, flags, io, stdout), flags, settings, io, stop, stdout })
      )
    )
  )

/** @param end Receives the exit code. */
export const explainCommand = (io: Io, stdout: Output, end: (code: number) => void): Command =>
  takeDocuments(
    new Command('explain')
      .summary('show what an import would change, and change nothing')
      .description(
        'Shows what an import of the same documents would do now: the verdict on each line, and each change as ' +
          'before → after. Writes nothing: the store is opened read-only, and a missing store counts as empty and is ' +
          'not created. The output contains personal data.'
      )
  )
    .option('--json', 'print one line of JSON for each command, then the report as another')
    .addHelpText(
      'after',
      `
With several files, each is explained as if the previous ones had been imported.

Exit codes:
  0  ran to the end; lines may be rejected
  1  the store, the input or an output failed
  2  wrong usage
  3  a document would be rejected as a whole, with no line applied

Examples:
  userpoint explain erase.ndjson --type USER_POINTS_DELETION
  userpoint explain people.ndjson --type USER_PROFILE | less
  userpoint explain people.ndjson --type USER_PROFILE --json > changes.ndjson`
    )
    .action(async (paths: ReadonlyArray<string>, flags: DocumentFlags) => {
      end(await explainAll(paths, flags, io, stdout))
    })
