/** `userpoint check`: looks for damage in a store. */
import type { Flaw } from '@userpoint/core/repository'
import { Command } from 'commander'
import { exitCode } from '../exit-code.ts'
import { Failure, isDamaged, printable, reasonOf } from '../failure.ts'
import { storeOptions } from '../options.ts'
import type { Output } from '../output.ts'
import { grouped } from '../report-table.ts'
import { type StoreOptions, withEngine } from '../store.ts'

interface CheckFlags extends StoreOptions {
  readonly json?: true
}

const claims = (count: number): string => `${grouped(count)} ${count === 1 ? 'claim' : 'claims'}`

const documentOf = ({ kind, id }: { readonly kind?: string; readonly id?: string }): string =>
  id === undefined ? 'no document' : `${kind} ${printable(id)}`

/** Returns the line about a flaw. It has the id of the document, and nothing of its content. */
const textOf = (flaw: Flaw): string => {
  switch (flaw._tag) {
    case 'DamagedStore':
      return `corrupt: the file or table is damaged: ${printable(flaw.detail)}`
    case 'UnreadableDocument':
      return `corrupt: ${documentOf(flaw)}: its body cannot be read`
    case 'MissingClaims':
      return `corrupt: ${documentOf(flaw)}: ${claims(flaw.count)} that it must have do not lead to it`
    case 'StrayClaims':
      return `corrupt: ${claims(flaw.count)} without reason lead to ${documentOf(flaw)}`
  }
}

const codes: Readonly<Record<Flaw['_tag'], string>> = {
  DamagedStore: 'DAMAGED_STORE',
  UnreadableDocument: 'UNREADABLE_DOCUMENT',
  MissingClaims: 'MISSING_CLAIMS',
  StrayClaims: 'STRAY_CLAIMS'
}

const jsonOf = ({ _tag, ...rest }: Flaw): string => JSON.stringify({ code: codes[_tag], ...rest })

/** The flaw of a file in which SQLite finds damage before, or while, it is checked. */
const unreadableFile: Flaw = { _tag: 'DamagedStore', detail: 'SQLite cannot read it' }

const checkStore = async (flags: CheckFlags, stdout: Output): Promise<number> => {
  let flaws = 0
  const tell = (flaw: Flaw): Promise<boolean> => {
    flaws++
    return stdout.write(`${flags.json ? jsonOf(flaw) : textOf(flaw)}\n`)
  }
  try {
    const hasReader = await withEngine(flags, 'readOnly', async (engine) => {
      for await (const flaw of engine.check()) if (!(await tell(flaw))) return false
      return true
    })
    if (!hasReader) return exitCode.failed
  } catch (error) {
    if (!isDamaged(error))
      throw error instanceof Failure ? error : new Failure(`the store cannot be checked: ${reasonOf(error)}`)
    await tell(unreadableFile)
  }
  if (flaws > 0) {
    const places = flaws === 1 ? 'in 1 place' : `in ${grouped(flaws)} places`
    throw new Failure(`the store is corrupt ${places}; restore a backup, or export what can be read`)
  }
  if (!flags.json) await stdout.write('sound: every document can be read, and every claim agrees with its document\n')
  return exitCode.done
}

/** @param end Receives the exit code. */
export const checkCommand = (stdout: Output, end: (code: number) => void): Command => {
  const command = new Command('check')
    .summary('look for damage in a store')
    .description(
      'Checks a store and changes nothing: that every document can be read, that every identifier leads to the person who has ' +
        "it and to no other, and on SQLite the file's own integrity. Prints a line for each flaw, with the id of the document."
    )
  for (const option of storeOptions()) command.addOption(option)
  return command
    .option('--json', 'print each flaw as one line of JSON')
    .addHelpText(
      'after',
      `
Exit codes:
  0  the store is sound
  1  the store is corrupt, or cannot be checked
  2  wrong usage

Examples:
  userpoint check --store sqlite:./people.db
  userpoint check --store sqlite:./people.db --datamart 1000 --json`
    )
    .action(async (flags: CheckFlags) => {
      end(await checkStore(flags, stdout))
    })
}
