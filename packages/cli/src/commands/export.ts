/** `userpoint export`: prints every user point as one line of JSON. */
import { encodeUserPoint } from '@userpoint/core/mediarithmics'
import { Command } from 'commander'
import { Failure, reasonOf } from '../failure.ts'
import { storeOptions } from '../options.ts'
import type { Output } from '../output.ts'
import { type StoreOptions, withEngine } from '../store.ts'

const pieceLength = 64 * 1024

const exportAll = (options: StoreOptions, stdout: Output): Promise<void> =>
  withEngine(options, 'existing', async (engine) => {
    const points = engine.userPoints()[Symbol.asyncIterator]()
    const next = async () => {
      try {
        return await points.next()
      } catch (error) {
        throw new Failure(`the store cannot be read: ${reasonOf(error)}`)
      }
    }
    let text = ''
    for (let point = await next(); !point.done; point = await next()) {
      text += `${JSON.stringify(encodeUserPoint(point.value))}\n`
      if (text.length < pieceLength) continue
      if (!(await stdout.write(text))) {
        await points.return?.()
        return
      }
      text = ''
    }
    if (text !== '') await stdout.write(text)
  })

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
  userpoint export --store sqlite:./people.db --datamart 1000 | head -n 3`
    )
    .action((options: StoreOptions) => exportAll(options, stdout))
  for (const option of storeOptions()) command.addOption(option)
  return command
}
