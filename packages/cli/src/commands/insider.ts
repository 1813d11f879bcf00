/** `userpoint insider`: applies one request body of Insider's dialect to a store. */
import type { EngineError, Rejection } from '@userpoint/core'
import { createInsider, type Insider, type RequestRejected } from '@userpoint/core/insider'
import { Command } from 'commander'
import { exitCode } from '../exit-code.ts'
import { engineFailure, Failure, reasonOf } from '../failure.ts'
import { type Input, readUpTo, withInputs } from '../input.ts'
import type { Io } from '../io.ts'
import { storeOptions } from '../options.ts'
import type { Output } from '../output.ts'
import { thenPurge } from '../purging.ts'
import { policyOptions } from '../settings-options.ts'
import { stoppable } from '../stopping.ts'
import { type StoreOptions, withEngine } from '../store.ts'
import type { Access } from '../store-place.ts'
import { usersLine, usersText } from '../users-report.ts'
import { verdictFields } from '../verdict-line.ts'
import { verdictText, warningTexts } from '../verdict-text.ts'

interface InsiderFlags extends StoreOptions {
  readonly json?: true
}

/** The answer to a call, as text and as JSON. */
interface Answer {
  readonly _tag: 'Answer'
  readonly text: string
  readonly json: string
}

/** The largest body of a request, in bytes: the vendor's limit (B-19). */
const maxRequestBytes = 5_000_000

interface TooLarge {
  readonly _tag: 'TooLarge'
  readonly code: 'BODY_TOO_LARGE'
  readonly message: string
}

const tooLarge: TooLarge = {
  _tag: 'TooLarge',
  code: 'BODY_TOO_LARGE',
  message: 'request body is bigger than maximum allowed size 5,000,000 bytes'
}

type Refused = RequestRejected | Rejection | TooLarge

type Ended = Answer | Refused | EngineError | { readonly _tag: 'NotFound' }

interface Call {
  readonly name: string
  readonly summary: string
  readonly description: string
  /** An example body. */
  readonly example: string
  readonly access: Access
  readonly run: (insider: Insider, body: Uint8Array, heading: string) => Promise<Ended>
}

const onUsers =
  (method: 'deleteAttributes' | 'upsertUsers'): Call['run'] =>
  async (insider, body, heading) => {
    const result = await insider[method](body)
    if (result._tag === 'Left') return result.left
    return { _tag: 'Answer', text: await usersText(result.right, heading), json: usersLine(result.right) }
  }

const onOne =
  (method: 'deleteIdentifiers' | 'updateIdentifier' | 'deleteUser' | 'anonymiseUser'): Call['run'] =>
  async (insider, body, heading) => {
    const result = await insider[method](body)
    if (result._tag === 'Left') return result.left
    const verdict = result.right
    if (verdict._tag === 'Rejected') return verdict
    const text = [verdictText(verdict), ...warningTexts(verdict)].join('\n  ')
    return { _tag: 'Answer', text: `${heading}: ${text}`, json: JSON.stringify(verdictFields(verdict)) }
  }

const getUser: Call['run'] = async (insider, body) => {
  const result = await insider.getUser(body)
  if (result._tag === 'Left') return result.left
  if (result.right === undefined) return { _tag: 'NotFound' }
  return { _tag: 'Answer', text: JSON.stringify(result.right, null, 2), json: JSON.stringify(result.right) }
}

const calls: ReadonlyArray<Call> = [
  {
    name: 'upsert',
    summary: 'create users, or change their attributes',
    description:
      'Creates users, or changes their attributes and adds missing identifiers. Arrays append unless a user has ' +
      '"append": false. The first user that is applied creates a missing store.',
    example: '{"users":[{"identifiers":{"email":"ada@example.org"},"attributes":{"city":"Paris"}}]}',
    access: 'createByCommit',
    run: onUsers('upsertUsers')
  },
  {
    name: 'delete-attributes',
    summary: 'delete attributes, or values of array attributes',
    description:
      'Deletes attributes (whole), or values of array attributes (partial), of existing users. Never creates a ' +
      'user, and never merges two.',
    example: '{"users":[{"identifiers":{"email":"ada@example.org"},"whole":["city"]}]}',
    access: 'existing',
    run: onUsers('deleteAttributes')
  },
  {
    name: 'delete-identifiers',
    summary: 'delete identifiers of one user, but not the last one',
    description: 'Deletes the given identifiers, which must belong to one user. Never deletes the last one.',
    example: '{"identifiers":{"phone_number":"+33123456789"}}',
    access: 'existing',
    run: onOne('deleteIdentifiers')
  },
  {
    name: 'update-identifier',
    summary: 'give one user a new value for one identifier',
    description: 'Replaces the value of one identifier of a user. No other user may have the new value.',
    example: '{"old_identifier":{"email":"ada@example.org"},"new_identifier":{"email":"ada@example.com"}}',
    access: 'existing',
    run: onOne('updateIdentifier')
  },
  {
    name: 'delete-user',
    summary: 'delete one user with everything attached to them',
    description: 'Deletes one user with everything attached to them, profiles of every compartment included.',
    example: '{"identifiers":{"email":"ada@example.org"}}',
    access: 'existing',
    run: onOne('deleteUser')
  },
  {
    name: 'anonymise-user',
    summary: 'delete the personal attributes and identifiers of one user',
    description:
      'Deletes the personal attributes and identifiers of one user, the last identifier included. The user stays, with ' +
      'everything else. The settings say what is personal.',
    example: '{"identifiers":{"email":"ada@example.org"}}',
    access: 'existing',
    run: onOne('anonymiseUser')
  },
  {
    name: 'get-user',
    summary: 'print one user as JSON',
    description:
      'Prints the attributes of one user that the body asks for, * for all, and the id as iid. Exits with code 4 if the ' +
      'user does not exist.',
    example: '{"identifiers":{"email":"ada@example.org"},"attributes":["*"]}',
    access: 'readOnly',
    run: getUser
  }
]

const extents: Readonly<Record<EngineError['_tag'], string>> = {
  Contention: 'the request is not applied',
  StoreFailed: 'the request is not applied',
  Indeterminate: 'the request may or may not be applied'
}

const refusalFields = ({ code, message, ...where }: Refused): object => ({
  verdict: 'rejected',
  code,
  ...('path' in where && { path: where.path }),
  message
})

const refusalText = (refused: Refused): string => {
  const verdict = refused._tag === 'Rejected' ? verdictText(refused) : `rejected: ${refused.message} (${refused.code})`
  return `${verdict}; the request is not applied`
}

const readBody = async (input: Input): Promise<Uint8Array> => {
  try {
    // One byte more shows that the body is too large, so read no further.
    return await readUpTo(input, maxRequestBytes)
  } catch (error) {
    throw new Failure(`${input.title}: the input cannot be read: ${reasonOf(error)}`)
  }
}

const endOf = async (call: Call, input: Input, flags: InsiderFlags, io: Io): Promise<Ended> => {
  const body = await readBody(input)
  if (body.length > maxRequestBytes) return tooLarge
  return withEngine(flags, call.access, (engine, { identity: settings }) => {
    // A request is one batch, so it is finished, including its purge, even after a signal.
    const run = () => call.run(createInsider({ engine, settings }), body, `${input.title}: ${call.name}`)
    return call.access === 'readOnly' ? stoppable(io, run) : thenPurge(engine, io, run)
  })
}

const applyTo = async (call: Call, input: Input, flags: InsiderFlags, io: Io, stdout: Output): Promise<number> => {
  const { json } = flags
  const ended = await endOf(call, input, flags, io)
  switch (ended._tag) {
    case 'Answer':
      await stdout.write(`${json ? ended.json : ended.text}\n`)
      return exitCode.done
    case 'NotFound':
      throw new Failure('no such user', exitCode.notFound)
    case 'RequestRejected':
    case 'Rejected':
    case 'TooLarge':
      if (json) await stdout.write(`${JSON.stringify(refusalFields(ended))}\n`)
      throw new Failure(`${input.title}: ${refusalText(ended)}`, exitCode.refused)
    default:
      throw new Failure(`${input.title}: ${engineFailure(ended)}; ${extents[ended._tag]}`)
  }
}

const exitCodes = (name: string): string =>
  [
    'Exit codes:',
    '  0  ran to the end; users may have failed',
    '  1  the store, the input or an output failed',
    '  2  wrong usage, or wrong settings',
    '  3  the request was rejected as a whole and not applied',
    ...(name === 'get-user' ? ['  4  no such user'] : [])
  ].join('\n')

const callCommand = (call: Call, io: Io, stdout: Output, end: (code: number) => void): Command => {
  const command = new Command(call.name)
    .summary(call.summary)
    .description(call.description)
    .argument('<FILE>', 'the request body, a JSON object; - is standard input')
  for (const option of [...storeOptions(), ...policyOptions()]) command.addOption(option)
  return command
    .option('--json', 'print the outcome as one line of JSON')
    .addHelpText(
      'after',
      `
A body, of at most 5,000,000 bytes${call.example.startsWith('{"users"') ? ' and 1,000 users' : ''}:
  ${call.example}

${exitCodes(call.name)}

Examples:
  userpoint insider ${call.name} body.json
  userpoint insider ${call.name} - --config userpoint.json --json < body.json`
    )
    .action(async (path: string, flags: InsiderFlags) => {
      end(await withInputs([path], io, ([input]) => applyTo(call, input as Input, flags, io, stdout)))
    })
}

/** @param end Receives the exit code. */
export const insiderCommand = (io: Io, stdout: Output, end: (code: number) => void): Command => {
  const command = new Command('insider')
    .summary("apply a request of Insider's dialect to a store")
    .description(
      "Applies the body of one of Insider's requests to a store. Users are user points: their default attributes are the " +
        'properties of the profile in the default compartment, without an account.'
    )
    .helpCommand('help [COMMAND]', 'show the help of a command')
    .addHelpText(
      'after',
      `
Examples:
  userpoint insider upsert users.json
  userpoint insider delete-attributes erase.json
  userpoint insider help delete-attributes`
    )
  for (const call of calls) command.addCommand(callCommand(call, io, stdout, end))
  return command
}
