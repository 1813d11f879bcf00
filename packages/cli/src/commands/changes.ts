/** `userpoint changes`: prints the changes of people as NDJSON, to a consumer that the store remembers. */
import type { Engine } from '@userpoint/core'
import { FeedFault } from '@userpoint/core/feed'
import { type DocumentType, encodeChange } from '@userpoint/core/mediarithmics'
import { WrongCall } from '@userpoint/core/repository'
import { Command, Option } from 'commander'
import { exitCode } from '../exit-code.ts'
import { Failure, reasonOf, wrongUsage } from '../failure.ts'
import type { Io } from '../io.ts'
import { anyText, once, storeOptions } from '../options.ts'
import type { Output } from '../output.ts'
import { grouped } from '../report-table.ts'
import { Stopped, stoppable } from '../stopping.ts'
import { type StoreOptions, withEngine } from '../store.ts'

interface ChangesFlags extends StoreOptions {
  readonly consumer: string
  readonly follow?: true
  readonly forget?: true
  readonly webhook?: string
}

const secretVariable = 'USERPOINT_WEBHOOK_SECRET'

const feedOff =
  'the feed of changes is off: give the --config of the programs that write, with "feed": { "state": "on" } (FEED_OFF)'

type Changes = Engine<DocumentType>['changes']

const begin = (engine: Pick<Engine<DocumentType>, 'changes'>, options: Parameters<Changes>[0]): ReturnType<Changes> => {
  try {
    return engine.changes(options)
  } catch (error) {
    throw error instanceof TypeError ? wrongUsage(`--consumer: ${error.message}`) : error
  }
}

type Told = ReturnType<Changes>

const printAll = async (changes: Told, stdout: Output): Promise<void> => {
  for await (const change of changes) {
    // Once the line is with the reader, so that one that goes away loses nothing.
    if (!(await stdout.write(`${JSON.stringify(encodeChange(change))}\n`))) return
    await change.acknowledge()
  }
}

const sendAll = async (changes: Told, url: string, { signal, stdout }: Sending): Promise<void> => {
  const secret = process.env[secretVariable]
  if (secret === undefined) throw wrongUsage(`--webhook needs the secret of the receiver in ${secretVariable}`)
  const { sendChanges, WebhookFailed } = await import('@userpoint/http/webhooks')
  try {
    const sent = await sendChanges(changes, { url, secret, signal })
    await stdout.write(`${grouped(sent)} ${sent === 1 ? 'change' : 'changes'} sent\n`)
  } catch (error) {
    if (error instanceof WrongCall) throw wrongUsage(`--webhook: ${error.message}`)
    throw error instanceof WebhookFailed ? new Failure(`${error.message} (${error.code})`) : error
  }
}

interface Sending {
  readonly signal: AbortSignal
  readonly stdout: Output
}

const print = (flags: ChangesFlags, io: Io, stdout: Output): Promise<void> =>
  stoppable(io, (stop) =>
    withEngine(flags, 'existing', async (engine, { feed }) => {
      if (flags.forget) {
        const forgotten = await engine.forgetConsumer(flags.consumer)
        if (forgotten._tag === 'Left') throw new Failure(`the store failed: ${reasonOf(forgotten.left.cause)}`)
        if (!forgotten.right) throw new Failure('the consumer is unknown', exitCode.notFound)
        await stdout.write('forgotten\n')
        return
      }
      // A reader whose settings differ from those of the writers would wait for ever, and look as if there were no changes.
      if (feed.state === 'off') throw wrongUsage(feedOff)
      const { consumer, webhook } = flags
      const atEnd = flags.follow ? 'wait' : 'stop'
      try {
        const { signal } = stop
        const changes = begin(engine, { consumer, atEnd, signal })
        await (webhook === undefined ? printAll(changes, stdout) : sendAll(changes, webhook, { signal, stdout }))
      } catch (error) {
        if (error instanceof FeedFault) throw new Failure(`${error.message} (${error.code})`)
        throw error instanceof Failure ? error : new Failure(`the changes cannot be read: ${reasonOf(error)}`)
      }
      const { reason } = stop.signal
      if (reason instanceof Stopped && !flags.follow) throw new Failure(`stopped by ${reason.signal}`, reason.exitCode)
    })
  )

export const changesCommand = (io: Io, stdout: Output): Command => {
  const command = new Command('changes')
    .summary('print what changed as NDJSON')
    .description(
      'Prints the changes of people on standard output, one JSON object a line: first everybody, then each change in the ' +
        'order of the commits. The store remembers what the consumer has. Its settings, and those of all programs that write, ' +
        'must say `"feed": { "state": "on" }`.'
    )
    .requiredOption('--consumer <name>', 'the name under which the store remembers what was printed', once(anyText))
    .option('--follow', 'wait for more at the end')
    .option(
      '--webhook <URL>',
      `send the changes to a receiver; ${secretVariable} has the secret that it shares`,
      once(anyText)
    )
    .addOption(new Option('--forget', 'forget the consumer').conflicts(['follow', 'webhook']))
    .addHelpText(
      'after',
      `
Exit codes:
  0  printed; with --follow, also after a stop signal
  1  the store or an output failed, changes were dropped before the consumer had them, or the receiver took a change
     in no attempt (WEBHOOK_FAILED) or wants no more (WEBHOOK_GONE)
  2  wrong usage, or the settings have the feed off (FEED_OFF)
  4  --forget: the consumer is unknown

Examples:
  userpoint changes --config people.json --consumer mail
  userpoint changes --config people.json --consumer search --follow | ./index.sh
  USERPOINT_WEBHOOK_SECRET=whsec_… userpoint changes --config people.json --consumer crm --follow --webhook https://crm.example/hook`
    )
    .action((flags: ChangesFlags) => print(flags, io, stdout))
  for (const option of storeOptions()) command.addOption(option)
  return command
}
