/** The options that select one user point, and what they find. */
import type { Engine, Policies, Subject } from '@userpoint/core'
import type { Who } from '@userpoint/core/command'
import { decodeLine, type DocumentType } from '@userpoint/core/mediarithmics'
import { Option } from 'commander'
import { exitCode } from './exit-code.ts'
import { Failure, reasonOf, wrongUsage } from './failure.ts'
import { anyText, once } from './options.ts'

/** The options as they were given. */
export interface Selectors {
  readonly account?: string
  readonly emailHash?: string
  readonly userAgent?: string
  readonly userPoint?: string
}

/** Parses `COMPARTMENT:ID` or `ID`; only digits before the first colon are a compartment. */
const accountLine = (text: string): object => {
  const [, compartment, id] = /^([0-9]+):(.*)$/s.exec(text) ?? []
  return {
    type: 'USER_ACCOUNT',
    user_account_id: id ?? text,
    ...(compartment !== undefined && { compartment_id: compartment })
  }
}

interface Selector {
  readonly option: string
  /** The name of the identifier in messages. */
  readonly name: string
  /** The same identifier as a typed object of a document. */
  readonly line: object
}

const selected = ({ account, emailHash, userAgent, userPoint }: Selectors): ReadonlyArray<Selector> => [
  ...(account === undefined ? [] : [{ option: '--account', name: 'account', line: accountLine(account) }]),
  ...(emailHash === undefined
    ? []
    : [{ option: '--email-hash', name: 'e-mail hash', line: { type: 'USER_EMAIL', hash: emailHash } }]),
  ...(userAgent === undefined
    ? []
    : [{ option: '--user-agent', name: 'user agent id', line: { type: 'USER_AGENT', user_agent_id: userAgent } }]),
  ...(userPoint === undefined
    ? []
    : [{ option: '--user-point', name: 'id', line: { type: 'USER_POINT', user_point_id: userPoint } }])
]

const selectorNames = '--account, --email-hash, --user-agent or --user-point'

const onlyOne = (selectors: ReadonlyArray<Selector>): Selector => {
  const [selector, ...others] = selectors
  if (selector === undefined) throw wrongUsage(`no user point selected; give ${selectorNames}`)
  if (others.length > 0) throw wrongUsage(`give only one of ${selectorNames}`)
  return selector
}

const referenceOf = ({ option, line }: Selector, policies: Policies): Who => {
  // A deletion accepts every kind of reference, so its decoder reads the selector exactly as a document's line.
  const decoded = decodeLine('USER_POINTS_DELETION', line, policies)
  if (decoded._tag === 'Left') {
    throw wrongUsage(`${option} is invalid: ${decoded.left.message} (${decoded.left.code})`)
  }
  const { command } = decoded.right
  if (command._tag !== 'DeleteUserPoint') throw new TypeError(`unexpected command ${command._tag}`)
  return command.reference
}

/** Throws unless the options select one user point; it needs no store. */
export const demandOne = (options: Selectors): void => void onlyOne(selected(options))

/** Returns the reference that the options give. */
export const selectedWho = (options: Selectors, policies: Policies): Who =>
  referenceOf(onlyOne(selected(options)), policies)

/** Returns the user point that the options select. An unknown identifier is a failure. */
export const selectOne = async (options: Selectors, engine: Engine<DocumentType>): Promise<Subject> => {
  const selector = onlyOne(selected(options))
  const found = await engine.find(referenceOf(selector, engine.policies))
  if (found._tag === 'Left') {
    const { left } = found
    throw new Failure(left._tag === 'Rejected' ? left.message : `the store cannot be read: ${reasonOf(left.cause)}`)
  }
  if (found.right === undefined) throw new Failure(`no user point has this ${selector.name}`, exitCode.notFound)
  return found.right
}

/** Returns the options. */
export const selectorOptions = (): ReadonlyArray<Option> => [
  new Option('--account <[COMPARTMENT:]ID>', 'an account; digits before the first colon are its compartment').argParser(
    once(anyText)
  ),
  new Option('--email-hash <HASH>', 'the hash of an e-mail address').argParser(once(anyText)),
  new Option('--user-agent <ID>', 'a technical id, or a device point id (udp:…)').argParser(once(anyText)),
  new Option('--user-point <ID>', 'the id of the user point itself').argParser(once(anyText))
]
