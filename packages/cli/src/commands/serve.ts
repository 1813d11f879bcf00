/** `userpoint serve`: the vendors' HTTP interfaces over a store. */
import { Command, InvalidArgumentError, Option } from 'commander'
import { exitCode } from '../exit-code.ts'
import type { Io } from '../io.ts'
import { anyText, once, storeOptions } from '../options.ts'
import type { ServeFlags } from '../server.ts'

const port = (text: string): number => {
  const n = /^[0-9]{1,5}$/.test(text) ? Number(text) : 65_536
  if (n > 65_535) throw new InvalidArgumentError('It is a number from 0 to 65535; 0 takes any that is free.')
  return n
}

/** @param end Is told the exit code. */
export const serveCommand = (io: Io, end: (code: number) => void): Command => {
  const command = new Command('serve')
    .summary('answer the vendors’ HTTP calls')
    .description(
      'Answers the HTTP calls of mediarithmics (document imports, user points) and of Insider (users). Uploads are ' +
        'applied in the background, and gone on with after whatever ends the server. Logs are lines of JSON on standard ' +
        'output; /docs describes the calls, /metrics has counters.'
    )
  for (const option of storeOptions()) command.addOption(option)
  return command
    .addOption(new Option('--port <N>', 'the port to listen on (default: 8080)').argParser(once(port)))
    .addOption(new Option('--host <ADDRESS>', 'the address to listen on (default: 127.0.0.1)').argParser(once(anyText)))
    .addOption(
      new Option('--token-file <FILE>', 'JSON that names the datamarts, and the SHA-256 of each token').argParser(
        once(anyText)
      )
    )
    .addOption(
      new Option(
        '--spool <FOLDER>',
        'where uploads wait (default: beside the SQLite file, or ./userpoint.spool)'
      ).argParser(once(anyText))
    )
    .addHelpText(
      'after',
      `
A token file:
  { "datamarts": { "1162": { "partner": "mybrand" } },
    "tokens": [{ "datamart": "1162", "sha256": "…" }] }

SIGINT and SIGTERM let requests end, and stop uploads that are being applied after the lines in
flight; the next start goes on with them. The exit code is 0 then.`
    )
    .action(async (flags: ServeFlags) => {
      const { serve } = await import('../server.ts')
      await serve(flags, io)
      end(exitCode.done)
    })
}
