/** Words for scenarios: lines of documents, references, and the steps that are made of them. */
import type { FramingMode, JsonObject, UserPointId } from '@userpoint/core'
import type {
  Claimed,
  Command,
  CompartmentId,
  DevicePointId,
  Reference,
  TechnicalId,
  Who
} from '@userpoint/core/command'
import type { IdentitySettings } from '@userpoint/core/insider'
import type { DocumentType } from '@userpoint/core/mediarithmics'
import type { Person } from '../person.ts'
import type {
  CommandsStep,
  ExpectedVerdict,
  FindStep,
  ImportStep,
  LineStep,
  PeopleStep,
  ShownStep,
  SweepStep,
  UserStep,
  UsersStep
} from '../story.ts'

/** A document of these lines, one each. */
export const lines = (...values: ReadonlyArray<unknown>): string =>
  values.map((value) => `${JSON.stringify(value)}\n`).join('')

export const hash = (of: string) => ({ type: 'USER_EMAIL', hash: of })
export const agent = (id: string) => ({ type: 'USER_AGENT', user_agent_id: id })
export const account = (id: string, compartment?: unknown) => ({
  type: 'USER_ACCOUNT',
  user_account_id: id,
  ...(compartment !== undefined && { compartment_id: compartment })
})
export const point = (id: string) => ({ type: 'USER_POINT', user_point_id: id })

/** The merge strategies of an UPSERT. */
const replace = { force_replace: true }
export const shallow = { force_replace: false }
export const deep = { force_replace: false, merge_objects: true }

export const upsert = (who: object, user_profile: object = {}, how: object = replace) => ({
  operation: 'UPSERT',
  ...who,
  ...how,
  user_profile
})
export const drop = (who: object, user_profile?: object) => ({
  operation: 'DELETE',
  ...who,
  ...(user_profile !== undefined && { user_profile })
})

/** Returns the identifier of most lines: an e-mail hash. */
export const mail = (email_hash: string) => ({ email_hash })

export const join = (...identifiers: ReadonlyArray<unknown>) => ({ identifiers })

export const segment = (who: object, segment_id: number | string, more: object = { expiration_duration: 0 }) => ({
  operation: 'UPDATE',
  ...who,
  segment_id,
  ...more
})
export const choose = (who: object, user_choice: object, force_replace = true) => ({
  operation: 'UPSERT',
  ...who,
  force_replace,
  user_choice
})

export const byHash = (of: string): Claimed => ({ _tag: 'EmailHash', hash: of })
export const byAgent = (id: string): Claimed => ({ _tag: 'Agent', id: id as TechnicalId })
export const byDevice = (id: string): Claimed => ({ _tag: 'DevicePoint', id: id as DevicePointId })
export const byAccount = (compartment: string, accountId: string): Claimed => ({
  _tag: 'Account',
  compartment: compartment as CompartmentId,
  accountId
})
export const byName = (name: string, value: string): Claimed => ({ _tag: 'Named', name, value })
export const byId = (id: string): Reference => ({ _tag: 'UserPoint', id: id as UserPointId })
export const anyOf = (
  references: readonly [Reference, ...Reference[]],
  onConflict: 'Reject' | 'First' = 'Reject',
  decisive = false
): Who => ({ _tag: 'AnyOf', references, onConflict, decisive })

export const enter = (hashOf: string, scenario: string): Command => ({
  _tag: 'EnterScenario',
  reference: byHash(hashOf),
  scenario
})
export const leave = (hashOf: string, scenario: string): Command => ({
  _tag: 'LeaveScenario',
  reference: byHash(hashOf),
  scenario
})

type Verdicts = ReadonlyArray<ExpectedVerdict>

/** A document, text or lines, and its verdicts; `options` may name framing, policies and the moment. */
const importing =
  (type: DocumentType) =>
  (
    document: ImportStep['document'] | ReadonlyArray<unknown>,
    verdicts: Verdicts,
    options: Pick<ImportStep, 'at' | 'policies' | 'maxRejected'> & {
      readonly framing?: FramingMode
      readonly job?: ImportStep['expect']['job']
    } = {}
  ): ImportStep => {
    const { job, ...rest } = options
    return {
      _tag: 'Import',
      type,
      document: typeof document === 'string' || document instanceof Uint8Array ? document : lines(...document),
      ...rest,
      expect: { verdicts, ...(job !== undefined && { job }) }
    }
  }

export const profiles = importing('USER_PROFILE')
export const segments = importing('USER_SEGMENT')
export const choices = importing('USER_CHOICE')
export const associations = importing('USER_IDENTIFIERS_ASSOCIATION_DECLARATIONS')
export const identifierDeletions = importing('USER_IDENTIFIERS_DELETION')
export const deviceDeletions = importing('USER_DEVICE_POINTS_DELETION')
export const pointDeletions = importing('USER_POINTS_DELETION')

/** As many of one verdict. */
export const times = (count: number, verdict: ExpectedVerdict): Verdicts => Array<ExpectedVerdict>(count).fill(verdict)

/** Profiles that are stored without a further word: one line each, all applied. */
export const stored = (...values: ReadonlyArray<unknown>): ImportStep =>
  profiles(values, times(values.length, 'Applied'))

/** Identifiers that become one person's, one line each, all applied. */
export const joined = (...values: ReadonlyArray<unknown>): ImportStep =>
  associations(values, times(values.length, 'Applied'))

export const line = (type: DocumentType, value: unknown, expect: ExpectedVerdict): LineStep => ({
  _tag: 'Line',
  type,
  line: value,
  expect
})

export const commands = (list: ReadonlyArray<Command>, expect: Verdicts): CommandsStep => ({
  _tag: 'Commands',
  commands: list,
  expect
})

export const sweep = (
  expect: readonly [seen: number, userPointsDeleted: number, devicePointsDeleted: number],
  options: Pick<SweepStep, 'at' | 'dryRun'> = {}
): SweepStep => {
  const [seen, userPointsDeleted, devicePointsDeleted] = expect
  return { _tag: 'Sweep', ...options, expect: { seen, userPointsDeleted, devicePointsDeleted } }
}

export const people = (expect: ReadonlyArray<Person>, nowhere: ReadonlyArray<Reference> = []): PeopleStep => ({
  _tag: 'People',
  expect,
  nowhere
})

export const finds = (who: Who, expect: FindStep['expect']): FindStep => ({ _tag: 'Find', who, expect })

type Asking = Pick<UsersStep, 'at' | 'policies' | 'settings'>

const onUsers =
  (call: UsersStep['call']) =>
  (
    users: ReadonlyArray<unknown>,
    verdicts: Verdicts,
    options: Asking & { readonly errors?: Errors } = {}
  ): UsersStep => {
    const { errors, ...rest } = options
    return {
      _tag: 'Users',
      call,
      body: { value: { users } },
      ...rest,
      expect: { verdicts, ...(errors !== undefined && { errors }) }
    }
  }

type Errors = Readonly<Record<string, ReadonlyArray<string>>>

export const upsertUsers = onUsers('upsertUsers')
export const deleteAttributes = onUsers('deleteAttributes')

/** A request on several users that is refused as a whole. */
export const refused = (
  call: UsersStep['call'],
  body: UsersStep['body'],
  code: Extract<UsersStep['expect'], { readonly refused: unknown }>['refused'],
  options: Asking = {}
): UsersStep => ({ _tag: 'Users', call, body, ...options, expect: { refused: code } })

const onUser =
  (call: UserStep['call']) =>
  (value: unknown, expect: UserStep['expect'], options: Asking = {}): UserStep => ({
    _tag: 'User',
    call,
    body: { value },
    ...options,
    expect
  })

export const deleteIdentifiers = onUser('deleteIdentifiers')
export const updateIdentifier = onUser('updateIdentifier')
export const deleteUser = onUser('deleteUser')
export const anonymiseUser = onUser('anonymiseUser')

/** Expects the answer of `getUser` with all attributes, or with the requested ones. */
export const shows = (asked: object, expect: ShownStep['expect'], options: Asking = {}): ShownStep => ({
  _tag: 'Shown',
  body: { value: { attributes: ['*'], ...asked } },
  ...options,
  expect
})

/** A user of a request: whom it means, and what is asked. */
export const user = (identifiers: object, rest: object = {}) => ({ identifiers, ...rest })

/** Users of an upsert: whom, and their attributes. */
export const attributed = (identifiers: object, attributes: JsonObject = {}, rest: object = {}) => ({
  identifiers,
  attributes,
  ...rest
})

/** An attribute that identifies besides the vendor's three. */
export const withCard: IdentitySettings['identifiers'] = [
  { name: 'email' },
  { name: 'phone_number' },
  { name: 'uuid' },
  { name: 'card', custom: true }
]

export { mintedDevice, mintedId } from '../engine.ts'
