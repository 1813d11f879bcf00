/** Contracts with the senders of Insider's calls. All values are invented; no text of a client or a page is copied. */
import type { Contract, Exchange } from './contract.ts'

const collection = "the vendor's public Postman collection, kept in github.com/api-evangelist/insider"
const node = "github.com/useinsider/n8n-nodes-insiderone, the vendor's node for n8n"
const destination = 'github.com/segmentio/action-destinations, destinations/insider and insider-audiences'

const upsert = (users: ReadonlyArray<object>, fields: object = {}): Omit<Exchange, 'reads'> => ({
  method: 'POST',
  path: '/api/user/v1/upsert',
  body: { users, ...fields }
})

/** An upsert that counts so many users as successful, and fails none. */
const succeeds = (users: ReadonlyArray<object>, fields: object = {}): Exchange => ({
  ...upsert(users, fields),
  reads: { data: { successful: { count: users.length } } },
  lacks: ['data.fail.count']
})

/** An upsert of one user that fails with this key. */
const fails = (user: object, key: string, message: string): Exchange => ({
  ...upsert([user]),
  reads: { data: { successful: {}, fail: { count: 1, errors: { [key]: [message] } } } }
})

const profile = (
  identifiers: object,
  attributes: ReadonlyArray<string>,
  reads: object,
  lacks?: ReadonlyArray<string>
): Exchange => ({
  method: 'POST',
  path: '/api/user/v1/profile',
  body: { identifiers, attributes },
  reads: { attributes: reads },
  ...(lacks !== undefined && { lacks: lacks.map((name) => `attributes.${name}`) })
})

const missing: Pick<Exchange, 'status' | 'reads'> = {
  status: 404,
  reads: { error: 'no such user for these identifiers: no data' }
}

const visit = {
  event_name: 'garden_visit',
  timestamp: '2025-03-04T10:00:00Z',
  event_params: { custom: { plot: 'south' } }
}

export const insiderContracts: ReadonlyArray<Contract> = [
  {
    name: 'an e-mail address and a phone number among the attributes are kept',
    source: `${collection}: upsert with e-mail and phone number attributes`,
    exchanges: [
      succeeds([
        {
          identifiers: { uuid: 'c-1' },
          attributes: { name: 'Bea', email: 'c1@example.org', phone_number: '+33639980102' }
        }
      ]),
      profile({ uuid: 'c-1' }, ['*'], { name: 'Bea', email: 'c1@example.org', phone_number: '+33639980102' }),
      profile({ email: 'c1@example.org' }, ['uuid'], { uuid: 'c-1' })
    ]
  },
  {
    name: 'attributes with an event are one success, and stay',
    source: `${collection}: upsert with attributes and a custom event`,
    exchanges: [
      succeeds([{ identifiers: { uuid: 'c-2' }, attributes: { city: 'Lyon' }, events: [visit] }]),
      profile({ uuid: 'c-2' }, ['city'], { city: 'Lyon' })
    ]
  },
  {
    name: 'wrong events fail their user',
    source: `${collection}: invalid event name, and the description of upsert`,
    exchanges: [
      fails(
        { identifiers: { uuid: 'c-3' }, events: [{ ...visit, event_name: 'Garden visit!' }] },
        'users.0.events.0.event_name.*.regexp(^[a-z0-9][a-zA-Z0-9._-]*$)',
        'invalid event name'
      ),
      fails(
        {
          identifiers: { uuid: 'c-3' },
          events: [{ ...visit, event_name: 'purchase', event_params: { event_group_id: 'o-1' } }]
        },
        'users.0.events.0.event_params.*.required',
        'unit_sale_price parameter is required on purchase event'
      )
    ]
  },
  {
    name: 'a user without identity fails with two keys',
    source: `${collection}: the description of upsert`,
    exchanges: [
      fails({ attributes: {} }, 'users.0.identifiers.required', 'either insider_id or idenifiers must be specified'),
      fails({ attributes: {} }, 'users.0.insider_id.required', 'either insider_id or idenifiers must be specified')
    ]
  },
  {
    name: 'a profile begins with its attributes, and says its id as iid',
    source: `${collection}: get user profiles`,
    before: [
      upsert([{ identifiers: { uuid: 'c-4' }, attributes: { name: 'Rita', surname: 'Stone', custom: { code: 'M7' } } }])
    ],
    exchanges: [
      {
        ...profile({ uuid: 'c-4' }, ['name', 'c_code'], { name: 'Rita', c_code: 'M7' }, ['surname']),
        lacks: ['data', 'insider_id', 'attributes.surname']
      }
    ]
  },
  {
    name: 'anonymising takes what is personal, and the uuid still finds the rest',
    source: `${collection}: delete user's PII data using identifier`,
    before: [
      upsert([
        { identifiers: { uuid: 'c-5', email: 'c5@example.org' }, attributes: { name: 'Ann', custom: { shoe: 41 } } }
      ])
    ],
    exchanges: [
      { method: 'POST', path: '/api/user/v1/anonymize', body: { identifiers: { email: 'c5@example.org' } }, reads: {} },
      profile({ uuid: 'c-5' }, ['*'], { c_shoe: 41 }, ['name', 'email']),
      { ...profile({ email: 'c5@example.org' }, ['*'], {}), ...missing },
      { method: 'POST', path: '/api/contact/v1/anonymize', body: { insider_id: '0099887766' }, ...missing }
    ]
  },
  {
    name: 'errors have the shapes of the host',
    source: `${collection}: status and error codes`,
    exchanges: [
      {
        method: 'POST',
        path: '/api/user/v1/nosuchcall',
        body: {},
        status: 404,
        reads: { success: false },
        lacks: ['error_id', 'status']
      },
      {
        method: 'POST',
        path: '/api/user/v1/attribute/delete',
        body: {},
        status: 400,
        reads: { error: 'users must be defined: bad request' }
      }
    ]
  },
  {
    name: 'the credential test and the menus read the columns',
    source: `${node}: credentials test, getAttributeColumns, getCustomArrayAttributes`,
    before: [upsert([{ identifiers: { uuid: 'c-6' }, attributes: { custom: { shades: ['red'] } } }])],
    exchanges: [
      {
        method: 'POST',
        path: '/api/user/v3/metadata/columns',
        body: { table: 'contacts' },
        reads: { 0: { key: 'email', display_name: 'Email' } }
      }
    ]
  },
  {
    name: 'an old insider_id beside a good address reaches the user',
    source: `${node}: upsert.execute.ts sends both`,
    exchanges: [
      succeeds(
        [
          {
            insider_id: 'gone',
            identifiers: { email: 'c7@example.org' },
            attributes: { name: 'Fay' },
            events: [],
            not_append: true
          }
        ],
        {
          skip_hook: false
        }
      ),
      profile({ email: 'c7@example.org' }, ['name'], { name: 'Fay' })
    ]
  },
  {
    name: 'the consent is set under one name and read under another; the quota is there if asked for',
    source: `${node}: resources/userData/GUIDE.md, getProfile.execute.ts`,
    before: [upsert([{ identifiers: { uuid: 'c-8' }, attributes: { gdpr_optin: true } }])],
    exchanges: [
      {
        method: 'POST',
        path: '/api/user/v1/profile',
        body: { identifiers: { uuid: 'c-8' }, attributes: ['gdpr'], quota: true },
        reads: { attributes: { gdpr: true }, quota: { total: 1_000 } }
      }
    ]
  },
  {
    name: 'name, address and phone stand both as identifiers and attributes, with a custom identifier',
    source: `${destination}: insider-helpers.ts`,
    exchanges: [
      succeeds(
        [
          {
            identifiers: {
              uuid: 'c-9',
              email: 'c9@example.org',
              phone_number: '+33639980104',
              custom: { segment_anonymous_id: 'anon-9' }
            },
            attributes: {
              email: 'c9@example.org',
              phone_number: '+33639980104',
              city: 'Lyon',
              custom: { plan: 'pro' }
            },
            not_append: true
          }
        ],
        { platform: 'segment' }
      ),
      profile({ custom: { segment_anonymous_id: 'anon-9' } }, ['uuid', 'c_plan'], { uuid: 'c-9', c_plan: 'pro' })
    ]
  },
  {
    name: 'not_append stands beside the users, and overwrites their lists',
    source: `${destination}: insider-audiences, append_arrays`,
    before: [upsert([{ identifiers: { uuid: 'c-10' }, attributes: { custom: { audiences: ['vip'] } } }])],
    exchanges: [
      succeeds([{ identifiers: { uuid: 'c-10' }, attributes: { custom: { audiences: ['gold'] } } }], {
        not_append: true,
        platform: 'segment'
      }),
      profile({ uuid: 'c-10' }, ['c_audiences'], { c_audiences: ['gold'] })
    ]
  },
  {
    name: 'leaving an audience is a partial deletion, and is answered {}',
    source: `${destination}: insider-audiences, delete branch`,
    before: [upsert([{ identifiers: { uuid: 'c-11' }, attributes: { custom: { audiences: ['vip', 'gold'] } } }])],
    exchanges: [
      {
        method: 'POST',
        path: '/api/user/v1/attribute/delete',
        body: {
          users: [{ identifiers: { uuid: 'c-11' }, custom: { partial: { audiences: ['vip'] } } }],
          not_append: true,
          platform: 'segment'
        },
        reads: {},
        lacks: ['data']
      },
      profile({ uuid: 'c-11' }, ['c_audiences'], { c_audiences: ['gold'] })
    ]
  },
  {
    name: 'a template sends empty texts for what it does not know',
    source: 'a public webhook template of Lytics for the vendor',
    exchanges: [
      succeeds([
        {
          insider_id: '',
          identifiers: { email: 'c12@example.org', phone_number: '' },
          attributes: { email: 'c12@example.org', phone_number: '', name: 'Ly', custom: { status: '' } },
          not_append: true
        }
      ]),
      profile({ email: 'c12@example.org' }, ['name', 'phone_number'], { name: 'Ly' }, ['phone_number'])
    ]
  },
  {
    name: 'nulls among identifiers and attributes',
    source: 'a public Airflow bridge to the vendor',
    exchanges: [
      succeeds([
        { identifiers: { uuid: 'c-13', email: null }, attributes: { custom: { watching: null, permitted: true } } },
        { identifiers: { uuid: null, email: 'c13@example.org' }, attributes: { custom: { watching: 'x' } } }
      ]),
      profile({ email: 'c13@example.org' }, ['c_watching'], { c_watching: 'x' })
    ]
  },
  {
    name: 'an empty map is written as a list',
    source: 'github.com/KaracaTech/useinsider-sdk-php: CustomerService',
    exchanges: [
      succeeds([{ identifiers: { email: 'c14@example.org' }, attributes: [] }]),
      profile({ email: 'c14@example.org' }, ['email'], { email: 'c14@example.org' })
    ]
  },
  {
    name: 'deleting by a custom identifier, and once more',
    source: 'public deletion scripts in JavaScript and Python',
    before: [upsert([{ identifiers: { custom: { code: 'Z-1' } }, attributes: {} }])],
    exchanges: [
      {
        method: 'POST',
        path: '/api/user/v1/delete',
        body: { identifiers: { custom: { code: 'Z-1' } } },
        reads: {},
        lacks: ['data']
      },
      {
        method: 'POST',
        path: '/api/user/v1/delete',
        body: { identifiers: { custom: { code: 'Z-1' } } },
        reads: {},
        lacks: ['data']
      },
      { ...profile({ custom: { code: 'Z-1' } }, ['*'], {}), ...missing }
    ]
  }
]

/** Calls that are not answered as their senders expect; docs/http.md lists each with the reason. */
export const insiderRefusals: ReadonlyArray<Contract & { readonly documented: string }> = [
  {
    name: 'a user with nothing but events',
    source: `${destination}: insider-audiences, track branch`,
    documented: 'an upsert of a user with `events` and no `attributes`',
    exchanges: [
      fails(
        { identifiers: { uuid: 'r-1' }, events: [visit] },
        'users.0.events.events_not_supported',
        'events are not kept by this library'
      )
    ]
  },
  {
    name: 'events of a profile',
    source: `${collection}: get user profiles`,
    documented: 'a profile with `events`',
    before: [upsert([{ identifiers: { uuid: 'r-2' }, attributes: {}, events: [visit] }])],
    exchanges: [
      {
        method: 'POST',
        path: '/api/user/v1/profile',
        body: {
          identifiers: { uuid: 'r-2' },
          attributes: ['name'],
          events: { wanted: [{ event_name: 'garden_visit', params: ['plot'] }] }
        },
        reads: {
          events: {},
          warnings: { 'events.events_not_supported': ['events are not kept by this library (B-30)'] }
        },
        lacks: ['events.garden_visit']
      }
    ]
  },
  {
    name: 'the names of events',
    source: `${node}: getEventNames`,
    documented: 'the columns of the table `events`',
    exchanges: [{ method: 'POST', path: '/api/user/v3/metadata/columns', body: { table: 'events' }, reads: [] }]
  },
  {
    name: 'a profile without a question',
    source: 'a public Express proxy of a till',
    documented: 'a profile that asks for neither `attributes` nor `events`',
    before: [upsert([{ identifiers: { uuid: 'r-4' }, attributes: {} }])],
    exchanges: [
      {
        method: 'POST',
        path: '/api/user/v1/profile',
        body: { identifiers: { uuid: 'r-4' } },
        status: 400,
        reads: {},
        lacks: ['attributes']
      }
    ]
  },
  {
    name: 'a raw export',
    source: `${collection}: export raw data`,
    documented: '`POST /api/raw/v1/export`',
    exchanges: [
      {
        method: 'POST',
        path: '/api/raw/v1/export',
        body: { segment: { segment_id: 7 }, format: 'json' },
        status: 404,
        reads: { success: false }
      }
    ]
  }
]
