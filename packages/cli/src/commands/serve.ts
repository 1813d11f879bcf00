/** `userpoint serve`: serves the vendors' HTTP interfaces over a store. */
import { Command, InvalidArgumentError, Option } from 'commander'
import { exitCode } from '../exit-code.ts'
import type { Io } from '../io.ts'
import { anyText, once, storeOptions } from '../options.ts'
import { maxRejectedOption, policyOptions } from '../settings-options.ts'
import type { ServeFlags } from '../server.ts'

const port = (text: string): number => {
  const n = /^[0-9]{1,5}$/.test(text) ? Number(text) : 65_536
  if (n > 65_535) throw new InvalidArgumentError('Expected a number from 0 to 65535; 0 picks a free port.')
  return n
}

const seconds = (text: string): number => {
  const n = /^[0-9]{1,4}$/.test(text) ? Number(text) : 0
  if (n < 1 || n > 3_600) throw new InvalidArgumentError('Expected whole seconds from 1 to 3600.')
  return n
}

/** @param end Receives the exit code. */
export const serveCommand = (io: Io, end: (code: number) => void): Command => {
  const command = new Command('serve')
    .summary('answer the vendors’ HTTP calls')
    .description(
      'Answers the HTTP calls of mediarithmics (document imports, user points) and of Insider (users). Uploads are ' +
        'applied in the background; after a restart, the server continues unfinished ones. Logs are lines of JSON on ' +
        'standard output. /docs describes the calls, and /metrics has counters.'
    )
  const shared = storeOptions().filter((option) => option.long !== '--config')
  for (const option of [...shared, ...policyOptions(), maxRejectedOption()]) command.addOption(option)
  return command
    .addOption(new Option('--port <N>', 'the port to listen on (default: 8080)').argParser(once(port)))
    .addOption(new Option('--host <ADDRESS>', 'the address to listen on (default: 127.0.0.1)').argParser(once(anyText)))
    .addOption(
      new Option(
        '--config <FILE...>',
        'the settings of each datamart as JSON, its tokens among them; other options override all files'
      )
    )
    .addOption(
      new Option(
        '--spool <PLACE>',
        'where uploads wait: a folder of this server alone, or store: to share them with the other servers on the ' +
          'store (default: a folder beside the SQLite file, or ./userpoint.spool)'
      ).argParser(once(anyText))
    )
    .addOption(
      new Option(
        '--stop-timeout <SECONDS>',
        'after a stop signal the process ends within this time, even if work waits (default: 25)'
      ).argParser(once(seconds))
    )
    .addHelpText(
      'after',
      `
Settings of a datamart, with the SHA-256 of each token that opens it:
  { "datamart": "1162", "partner": "mybrand", "tokens": [{ "sha256": "…" }] }

After SIGINT or SIGTERM the server answers open requests, and stops uploads after their current
batch; the next start continues them. The exit code is then 0.`
    )
    .action(async (flags: ServeFlags) => {
      const { serve } = await import('../server.ts')
      await serve(flags, io)
      end(exitCode.done)
    })
}
