/** Contracts with the senders of mediarithmics' calls. All values are invented; no text of a client or a page is copied. */
import type { Contract, Exchange } from './contract.ts'

const webInterface = "github.com/MEDIARITHMICS/mediarithmics-navigator, the vendor's web interface"
const sdk = 'github.com/MEDIARITHMICS/plugins-nodejs-sdk, which is @mediarithmics/plugins-nodejs-sdk on npm'
const phones = 'github.com/warchimede/Mics-KMM'
const dart = 'github.com/Dogeek/mediarithmics-dart-sdk'

const base = '/v1/datamarts/1162'

const associate = (...identifiers: ReadonlyArray<object>): Omit<Exchange, 'reads'> => ({
  method: 'POST',
  path: `${base}/user_identifiers_association_declarations`,
  body: { identifiers }
})

const email = (hash: string) => ({ type: 'USER_EMAIL', hash })
const account = (id: string) => ({ type: 'USER_ACCOUNT', compartment_id: '1000', user_account_id: id })
const device = (id: string) => ({ type: 'USER_AGENT', user_agent_id: id })

const put = (path: string, body: object): Omit<Exchange, 'reads'> => ({ method: 'PUT', path: `${base}/${path}`, body })

const get = (path: string, reads: object, status = 200): Exchange => ({
  method: 'GET',
  path: `${base}/${path}`,
  body: undefined,
  status,
  reads
})

const missing = { status: 'error', error: 'Resource Not Found' }

export const mediarithmicsContracts: ReadonlyArray<Contract> = [
  {
    name: 'the page of a missing person is empty by these words alone',
    source: `${webInterface}: UserDataService, getProfile and getIdentifiers`,
    exchanges: [get('user_profiles/no-such-id', missing, 404), get('user_identifiers/email_hash=gone', missing, 404)]
  },
  {
    name: 'older paths of a person, with a slash between compartment and account',
    source: `${webInterface}: UserDataService, and its Cypress commands`,
    before: [
      associate(account('m-1'), email('m1')),
      put('user_points/email_hash=m1/user_profiles/compartment_id=1000', { mood: 'calm' })
    ],
    exchanges: [
      get('user_profiles/compartment_id=1000/user_account_id=m-1', { data: { mood: 'calm' } }),
      get('user_identifiers/compartment_id=1000/user_account_id=m-1', { count: 3 }),
      get('user_points/compartment_id=1000/user_account_id=m-1/user_choices', { data: [], count: 0 }),
      get('user_timelines/email_hash=m1/user_activities', { data: [], count: 0 })
    ]
  },
  {
    name: 'a scenario that is put is read as the answer',
    source: `${webInterface}: the scenario service`,
    before: [associate(email('m2'))],
    exchanges: [
      {
        ...put('user_points/email_hash=m2/user_scenarios/scenario_id=12', {
          datamart_id: '1162',
          scenario_id: '12',
          active: true
        }),
        reads: { status: 'ok', data: { scenario_id: '12' } }
      }
    ]
  },
  {
    name: 'a plug-in lists datamarts and compartments',
    source: `${sdk}: BasePlugin`,
    exchanges: [
      {
        method: 'GET',
        path: '/v1/datamarts?organisation_id=1',
        body: undefined,
        reads: { data: [{ id: '1162' }], count: 1 }
      },
      get('user_account_compartments', { data: [{ id: '1000', default: true }], count: 1 })
    ]
  },
  {
    name: 'identifiers are typed, each with the time at which it came',
    source: `${sdk}: UserIdentifierInterface`,
    before: [associate(account('m-3'), email('m3'), device('vec:3'))],
    exchanges: [
      get('user_points/email_hash=m3/user_identifiers', {
        data: [
          { type: 'USER_POINT', creation_ts: 1_764_450_000_000 },
          { type: 'USER_ACCOUNT', creation_ts: 1_764_450_000_000 },
          { type: 'USER_EMAIL', hash: 'm3', providers: [], creation_ts: 1_764_450_000_000 },
          {
            type: 'USER_DEVICE_POINT',
            creation_ts: 1_764_450_000_000,
            technical_identifiers: [{ type: 'MUM_ID', user_agent_id: 'vec:3' }]
          }
        ]
      })
    ]
  },
  {
    name: 'after a login, a phone and an account are one person',
    source: `${phones}: associateUserIdentifiers and getSegmentsForUserAccount`,
    before: [
      associate(device('mob:and:raw:m-4'), account('m-4')),
      put('user_points/user_agent_id=mob:and:raw:m-4/user_segments/segment_id=61', { expiration_duration: 0 })
    ],
    exchanges: [get('user_segments/compartment_id=1000/user_account_id=m-4', { data: [{ segment_id: '61' }] })]
  },
  {
    name: 'an activity answers with a flag, which is false: it is not kept',
    source: `${dart}: UserActivityResource; ${phones}: post`,
    exchanges: [
      {
        method: 'POST',
        path: `${base}/user_activities`,
        body: { $type: 'APP_VISIT', $email_hash: { $hash: 'm5' }, $events: [{ $event_name: '$app_open' }] },
        reads: { status: 'ok', data: false, warnings: [{ code: 'ACTIVITY_NOT_KEPT' }] }
      },
      get('user_points/email_hash=m5', { status: 'ok' })
    ]
  }
]

/** Calls that are not answered as their senders expect; docs/http.md lists each with the reason. */
export const mediarithmicsRefusals: ReadonlyArray<Contract & { readonly documented: string }> = [
  {
    name: 'a document import for activities',
    source: `${webInterface}: the form of an import`,
    documented: 'a document import of the type `USER_ACTIVITY`',
    exchanges: [
      {
        method: 'POST',
        path: `${base}/document_imports`,
        body: { document_type: 'USER_ACTIVITY', mime_type: 'APPLICATION_X_NDJSON', encoding: 'utf-8', name: 'n' },
        status: 400,
        reads: { status: 'error', error_code: 'BAD_REQUEST' }
      }
    ]
  }
]
