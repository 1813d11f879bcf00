/** `userpoint receipts`: lists, exports and verifies the receipts of erasures. */
import { createPrivateKey, createPublicKey, type KeyObject, sign, verify } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import type { Readable } from 'node:stream'
import type { StoreFailed } from '@userpoint/core'
import { type ExportFlaw, type KeptReceipt, type ReceiptHead, verifyExport } from '@userpoint/core/receipts'
import { Command, Option } from 'commander'
import { exitCode } from '../exit-code.ts'
import { Failure, printable, reasonOf, unreadable, wrongUsage } from '../failure.ts'
import type { Io } from '../io.ts'
import { anyText, once, storeOptions } from '../options.ts'
import type { Output } from '../output.ts'
import { digest, flawText, headIn, linesIn } from '../receipt-files.ts'
import { grouped } from '../report-table.ts'
import { type StoreOptions, withReceipts } from '../store.ts'

const lineOf = ({ entry, sealed }: KeptReceipt): object => {
  const { _tag, ...rest } = entry
  return { kind: _tag === 'Erasure' ? 'erasure' : 'purge', number: sealed?.number ?? null, ...rest }
}

const valueOf = <A>(
  outcome: { readonly _tag: 'Left'; readonly left: StoreFailed } | { readonly _tag: 'Right'; readonly right: A }
): A => {
  if (outcome._tag === 'Left') throw new Failure(`the store failed: ${reasonOf(outcome.left.cause)}`)
  return outcome.right
}

const list = (flags: StoreOptions, stdout: Output): Promise<void> =>
  withReceipts(flags, 'readOnly', async (receipts) => {
    try {
      for await (const kept of receipts.all()) {
        if (!(await stdout.write(`${JSON.stringify(lineOf(kept))}\n`))) return
      }
    } catch (error) {
      throw unreadable(error)
    }
  })

const isNamed = ({ entry, sealed }: KeptReceipt, name: string): boolean =>
  entry.id === name || (sealed !== undefined && String(sealed.number) === name)

const show = (name: string, flags: StoreOptions, stdout: Output): Promise<void> =>
  withReceipts(flags, 'readOnly', async (receipts) => {
    const found = async (): Promise<KeptReceipt | undefined> => {
      for await (const kept of receipts.all()) if (isNamed(kept, name)) return kept
      return undefined
    }
    const kept = await found().catch((error: unknown) => {
      throw unreadable(error)
    })
    if (kept === undefined) throw new Failure('no receipt has this number or id', exitCode.notFound)
    await stdout.write(`${JSON.stringify({ ...lineOf(kept), hash: kept.sealed?.hash ?? null }, null, 2)}\n`)
  })

/** Returns the key in a PEM file. The message does not repeat what the file holds. */
const keyIn = async (path: string, read: (pem: string) => KeyObject): Promise<KeyObject> => {
  let pem: string
  try {
    pem = await readFile(path, 'utf8')
  } catch (error) {
    throw new Failure(`the key ${printable(path)} cannot be read: ${reasonOf(error)}`)
  }
  try {
    const key = read(pem)
    if (key.asymmetricKeyType === 'ed25519') return key
  } catch {
    // The same message: it is no such key.
  }
  throw wrongUsage(`the key ${printable(path)} must be an Ed25519 key as PEM`)
}

interface ExportFlags extends StoreOptions {
  readonly signWith?: string
}

const exportAll = async (flags: ExportFlags, stdout: Output): Promise<void> => {
  const key = flags.signWith === undefined ? undefined : await keyIn(flags.signWith, createPrivateKey)
  await withReceipts(flags, 'existing', async (receipts) => {
    valueOf(await receipts.seal())
    const lines = receipts.export({
      clock: Date.now,
      ...(key !== undefined && { sign: (text: string) => sign(null, Buffer.from(text), key).toString('base64') })
    })
    try {
      for await (const line of lines) if (!(await stdout.write(`${line}\n`))) return
    } catch (error) {
      throw unreadable(error)
    }
  })
}

interface VerifyFlags extends StoreOptions {
  readonly publicKey?: string
  readonly earlier?: string
}

interface Verified {
  readonly head?: ReceiptHead
  readonly flaw: ExportFlaw | undefined
  /** Of a store. What an export says of it, no signature covers. */
  readonly unsealed?: number
}

const verifyFile = async (
  source: string | Readable,
  { publicKey }: VerifyFlags,
  earlier: ReceiptHead | undefined
): Promise<Verified> => {
  const key = publicKey === undefined ? undefined : await keyIn(publicKey, createPublicKey)
  return verifyExport(linesIn(source), {
    digest,
    ...(key !== undefined && {
      verify: (text: string, signature: string) =>
        verify(null, Buffer.from(text), key, Buffer.from(signature, 'base64'))
    }),
    ...(earlier !== undefined && { earlier })
  })
}

const verifyAll = async (path: string | undefined, flags: VerifyFlags, io: Io, stdout: Output): Promise<void> => {
  if (path === undefined && flags.publicKey !== undefined)
    throw wrongUsage('--public-key needs the file of an export; a store has no signatures')
  const earlier = flags.earlier === undefined ? undefined : await headIn(flags.earlier)
  const {
    head,
    flaw,
    unsealed = 0
  }: Verified = path === undefined
    ? await withReceipts(flags, 'readOnly', async (receipts) => valueOf(await receipts.verify(earlier)))
    : await verifyFile(path === '-' ? io.stdin : path, flags, earlier)
  if (flaw !== undefined) throw new Failure(`the receipts are flawed: ${flawText(flaw)}`)
  const waiting = unsealed === 0 ? '' : `; ${grouped(unsealed)} are not sealed, and not proven`
  await stdout.write(`whole: ${grouped(head?.entries ?? 0)} receipts, head ${head?.hash ?? ''}${waiting}\n`)
}

const listCommand = (stdout: Output): Command => {
  const command = new Command('list')
    .summary('print all receipts as NDJSON')
    .description(
      'Prints all receipts, one line of JSON each: those of the chain in its order, then those that are not sealed.'
    )
  for (const option of storeOptions()) command.addOption(option)
  return command
    .addHelpText('after', '\nExamples:\n  userpoint receipts list --key-file people.key')
    .action((flags: StoreOptions) => list(flags, stdout))
}

const showCommand = (stdout: Output): Command => {
  const command = new Command('show')
    .summary('print one receipt')
    .description('Prints one receipt as indented JSON. Exits with code 4 if no receipt has this number or id.')
    .argument('<RECEIPT>', 'its number in the chain, or its id')
  for (const option of storeOptions()) command.addOption(option)
  return command
    .addHelpText('after', '\nExamples:\n  userpoint receipts show 17 --key-file people.key')
    .action((name: string, flags: StoreOptions) => show(name, flags, stdout))
}

const exportCommand = (stdout: Output): Command => {
  const command = new Command('export')
    .summary('print the chain for others to verify')
    .description('Seals what waits, and prints the chain: one line for each receipt, and last its head.')
    .addOption(
      new Option(
        '--sign-with <FILE>',
        'the Ed25519 private key as PEM that signs the head (default: no signature)'
      ).argParser(once(anyText))
    )
  for (const option of storeOptions()) command.addOption(option)
  return command
    .addHelpText(
      'after',
      '\nExamples:\n  userpoint receipts export --key-file people.key --sign-with private.pem > receipts.ndjson'
    )
    .action((flags: ExportFlags) => exportAll(flags, stdout))
}

const verifyCommand = (io: Io, stdout: Output): Command => {
  const command = new Command('verify')
    .summary('verify the receipts of a store, or an export')
    .description(
      'Verifies the chain of an export, which needs no store and no key but the public one; without a file, that of the store. Any ' +
        'receipt that was altered, dropped, inserted or moved is found.'
    )
    .argument('[FILE]', 'an export; - is standard input')
    .addOption(
      new Option('--public-key <FILE>', 'the Ed25519 public key as PEM: the head must have its signature').argParser(
        once(anyText)
      )
    )
    .addOption(
      new Option('--earlier <FILE>', 'an earlier export, which the chain must go on from').argParser(once(anyText))
    )
  for (const option of storeOptions()) command.addOption(option)
  return command
    .addHelpText(
      'after',
      `
Exit codes:
  0  whole
  1  flawed, or something cannot be read
  2  wrong usage

Examples:
  userpoint receipts verify receipts.ndjson --public-key public.pem --earlier january.ndjson`
    )
    .action((path: string | undefined, flags: VerifyFlags) => verifyAll(path, flags, io, stdout))
}

export const receiptsCommand = (io: Io, stdout: Output): Command =>
  new Command('receipts')
    .summary('list, export and verify the receipts of erasures')
    .description(
      'Lists, exports and verifies the receipts that erasures leave. All but the verification of an export need the key of the datamart.'
    )
    .helpCommand('help [COMMAND]', 'show the help of a command')
    .addCommand(listCommand(stdout))
    .addCommand(showCommand(stdout))
    .addCommand(exportCommand(stdout))
    .addCommand(verifyCommand(io, stdout))
    .addHelpText(
      'after',
      `
Examples:
  userpoint receipts list --key-file people.key
  userpoint receipts export --key-file people.key --sign-with private.pem > receipts.ndjson
  userpoint receipts verify receipts.ndjson --public-key public.pem --earlier january.ndjson`
    )
