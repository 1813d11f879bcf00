/** `userpoint explain`: what an import of documents would do, line by line, with nothing written. */
import type { Engine } from '@userpoint/core'
import { Command } from 'commander'
import { type DocumentFlags, policiesOf, type Procedure, takeDocuments, workOnInputs } from '../documents.ts'
import { explainedLine } from '../explained-line.ts'
import { explainedText } from '../explained-text.ts'
import { printable } from '../failure.ts'
import { withInputs } from '../input.ts'
import type { Io } from '../io.ts'
import type { Output } from '../output.ts'
import { ReaderGone, stoppable } from '../stopping.ts'
import { withEngine } from '../store.ts'

const pieceLength = 64 * 1024

const explaining = (engine: Engine, { type, json }: DocumentFlags, io: Io, stdout: Output): Procedure => {
  // One for all documents: the second one sees what the first one would do.
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
    refusal: 'would be rejected as a whole, and nothing of it applied',
    undone: 'not explained',
    heading: (title) => `dry run of ${title}`,
    // Both would be on one terminal.
    showsProgress: io.stdout.isTTY !== true
  }
}

const explainAll = (paths: ReadonlyArray<string>, flags: DocumentFlags, io: Io, stdout: Output): Promise<number> =>
  withInputs(paths, io, (inputs) =>
    withEngine(flags, 'readOnlyOrEmpty', policiesOf(flags), (engine) =>
      stoppable(io, (stop) =>
        workOnInputs(inputs, { procedure: explaining(engine, flags, io, stdout), flags, io, stop, stdout })
      )
    )
  )

/** @param end Is told the exit code. */
export const explainCommand = (io: Io, stdout: Output, end: (code: number) => void): Command =>
  takeDocuments(
    new Command('explain')
      .summary('show what an import would change, and change nothing')
      .description(
        'Shows what an import of the same documents would do now: for each line its verdict and every change it would ' +
          'make, before → after, place by place. Nothing is written: the store is opened only to be read, and one that ' +
          'does not exist is taken for empty and not created. What is shown is personal data.'
      )
  )
    .option('--json', 'print one line of JSON for each command, then the report as another')
    .addHelpText(
      'after',
      `
Of several files, each is explained as if those before it had been imported.

Exit codes:
  0  ran to the end; lines may be rejected
  1  the store, the input or an output failed
  2  wrong usage
  3  a document would be rejected as a whole, and nothing of it applied

Examples:
  userpoint explain erase.ndjson --type USER_POINTS_DELETION
  userpoint explain people.ndjson --type USER_PROFILE | less
  userpoint explain people.ndjson --type USER_PROFILE --json > changes.ndjson`
    )
    .action(async (paths: ReadonlyArray<string>, flags: DocumentFlags) => {
      end(await explainAll(paths, flags, io, stdout))
    })
