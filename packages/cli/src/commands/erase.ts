/** `userpoint erase`: deletes one person, and may suppress their identifiers. */
import type { Command as CoreCommand } from '@userpoint/core/command'
import type { Verdict } from '@userpoint/core'
import { Command } from 'commander'
import { exitCode } from '../exit-code.ts'
import { engineFailure, Failure, wrongUsage } from '../failure.ts'
import type { Io } from '../io.ts'
import { storeOptions } from '../options.ts'
import type { Output } from '../output.ts'
import { thenPurge } from '../purging.ts'
import { grouped } from '../report-table.ts'
import { demandOne, selectedWho, selectorOptions, type Selectors } from '../selectors.ts'
import { policyOptions } from '../settings-options.ts'
import { demandKey, type StoreOptions, withEngine } from '../store.ts'

interface EraseFlags extends Selectors, StoreOptions {
  readonly suppress?: true
}

/** Runs one command, and then the purge that it owes. Returns its verdict. @throws Failure if it is rejected. */
export const performOne = (
  flags: StoreOptions & Selectors,
  io: Io,
  commandOf: (who: ReturnType<typeof selectedWho>) => CoreCommand
): Promise<Verdict> =>
  withEngine(flags, 'existing', (engine) =>
    thenPurge(engine, io, async () => {
      const done = await engine.execute([commandOf(selectedWho(flags, engine.policies))])
      if (done._tag === 'Left') throw new Failure(engineFailure(done.left))
      const verdict = done.right[0] as Verdict
      if (verdict._tag === 'Rejected') throw wrongUsage(`${verdict.message} (${verdict.code})`)
      return verdict
    })
  )

const suppressedText = (count: number | undefined): string =>
  count === undefined ? '' : `; ${grouped(count)} ${count === 1 ? 'identifier is' : 'identifiers are'} suppressed`

const erase = async (flags: EraseFlags, io: Io, stdout: Output): Promise<void> => {
  demandOne(flags)
  if (flags.suppress) await demandKey(flags)
  const verdict = await performOne(flags, io, (reference) => ({
    _tag: 'DeleteUserPoint',
    reference,
    ...(flags.suppress && { suppress: true })
  }))
  if (verdict._tag !== 'Applied') throw new Failure('no person has this identifier', exitCode.notFound)
  const { effect } = verdict
  await stdout.write(
    effect._tag === 'IdentifiersSuppressed'
      ? `no person has this identifier${suppressedText(effect.identifiers)}\n`
      : `erased one person${suppressedText('suppressed' in effect ? effect.suppressed : undefined)}\n`
  )
}

export const eraseCommand = (io: Io, stdout: Output): Command => {
  const command = new Command('erase')
    .summary('delete one person')
    .description(
      'Deletes one person with everything attached to them, and removes the bytes from the files of the store. With the key of the ' +
        'datamart, it leaves a receipt.'
    )
    .option('--suppress', 'nothing brings the identifiers back, until userpoint suppressions lift does; needs the key')
  for (const option of [...selectorOptions(), ...storeOptions(), ...policyOptions()]) command.addOption(option)
  return command
    .addHelpText(
      'after',
      `
Exit codes:
  0  erased; with --suppress, also if no person had the identifier, which is suppressed
  1  the store failed
  2  wrong usage
  4  no person has the identifier

Examples:
  userpoint erase --account person-107
  userpoint erase --email-hash 9f86d081 --suppress --key-file people.key`
    )
    .action((flags: EraseFlags) => erase(flags, io, stdout))
}
