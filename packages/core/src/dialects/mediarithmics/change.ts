/** Encodes changes of the feed in the vendor's field names, as people are. */
import type { JsonObject } from '../../domain/json.ts'
import type { Subject } from '../../domain/user-point.ts'
import { encodeUserPoint } from './user-point.ts'

const afterColon = (text: string): readonly [before: string, after: string] => {
  const at = text.indexOf(':')
  return [text.slice(0, at), text.slice(at + 1)]
}

/**
 * Returns the identifier of a claim as {@link encodeUserPoint} has it; the id of an absorbed user point as
 * `{ type: 'USER_POINT', user_point_id }`.
 */
const encodeClaim = (claim: string): JsonObject => {
  const [sort, rest] = afterColon(claim)
  switch (sort) {
    case 'account': {
      const [compartment, account] = afterColon(rest)
      return { type: 'USER_ACCOUNT', compartment_id: compartment, user_account_id: account }
    }
    case 'email_hash':
      return { type: 'USER_EMAIL', hash: rest }
    case 'agent':
      return { type: 'USER_AGENT', user_agent_id: rest }
    case 'named': {
      const [length, named] = afterColon(rest)
      return { type: 'NAMED', name: named.slice(0, Number(length)), value: named.slice(Number(length) + 1) }
    }
    default:
      return { type: 'USER_POINT', user_point_id: rest }
  }
}

/** The parts of a change that are told. */
interface Told {
  readonly _tag: string
  readonly id: string
  readonly userPoint: Subject['id']
  readonly version: number
  readonly at: number
  readonly origin: { readonly _tag: string; readonly id?: string; readonly type?: string } | undefined
  readonly line: number | undefined
  readonly paths: ReadonlyArray<ReadonlyArray<string>>
  readonly taken: ReadonlyArray<string>
  readonly given: ReadonlyArray<string>
  readonly merged: ReadonlyArray<{ readonly id: string; readonly version: number }>
  readonly now: { readonly version: number; readonly point: Subject['point'] } | undefined
}

/**
 * Returns a change of the feed as JSON. Lists that are empty are left out, and so is `person` if the user point is gone.
 *
 * @param change A change of an engine's `changes`.
 */
export const encodeChange = (change: Told): JsonObject => {
  const { _tag, id, userPoint, version, at, origin, line, paths, taken, given, merged, now } = change
  return {
    change_id: id,
    what: _tag.toLowerCase(),
    user_point_id: userPoint,
    version,
    ts: at,
    ...(origin?._tag === 'Execution' && { execution: origin.id as string }),
    ...(origin?._tag === 'Document' && { document: origin.type as string }),
    ...(origin?._tag === 'Request' && { request: origin.id as string }),
    ...(line !== undefined && { line }),
    ...(paths.length > 0 && { paths }),
    ...(taken.length > 0 && { identifiers_taken: taken.map(encodeClaim) }),
    ...(given.length > 0 && { identifiers_given_back: given.map(encodeClaim) }),
    ...(merged.length > 0 && { merged: merged.map((each) => ({ user_point_id: each.id, version: each.version })) }),
    ...(now !== undefined && { person: encodeUserPoint({ id: userPoint, point: now.point }) })
  }
}
