/** The destinations of Segment for Insider, unchanged, in Segment's own framework, against this handler. */
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { createMemoryRepository } from '@userpoint/adapter-memory'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type Handler, sha256Of } from '../../src/index.ts'
import { type Asked, asking, token } from '../asking.ts'
import { serve, type Serving } from './serving.ts'

/** A rule of Segment's: which events an action gets, and where its fields are in them. */
interface Subscription {
  readonly subscribe: string
  readonly partnerAction: string
  readonly mapping: object
}

interface Definition {
  readonly name: string
  readonly presets: ReadonlyArray<Subscription>
  readonly actions: Readonly<Record<string, { readonly fields: object; readonly defaultSubscription?: string }>>
}

interface Settings {
  readonly account_name: string
  readonly ucd_key: string
  readonly subscriptions: ReadonlyArray<Subscription>
}

/** The parts of Segment's framework that deliver events. */
interface Framework {
  readonly Destination: new (
    definition: Definition
  ) => {
    readonly onEvent: (event: object, settings: Settings) => Promise<unknown>
    readonly onBatch: (events: ReadonlyArray<object>, settings: Settings) => Promise<unknown>
  }
  readonly defaultValues: (fields: object) => object
}

interface Fetch {
  Request: new (url: string, of: object) => object
  default: (request: { readonly url: string }) => Promise<unknown>
}

const vendor = 'https://unification.useinsider.com'
const require = createRequire(import.meta.url)
const framework = require('@segment/actions-core') as Framework

/** A destination. Its name is a label only, and today's `fast-uri` refuses a label with spaces, which the framework makes an id of. */
const definitionOf = (name: string): Definition => {
  const path = `@segment/action-destinations/dist/destinations/${name}/index.js`
  return { ...(require(path) as { readonly default: Definition }).default, name }
}

const insider = definitionOf('insider')
const audiences = definitionOf('insider-audiences')

let serving: Serving
let handler: Handler
let call: (path: string, body: unknown) => Promise<Asked>
/** The addresses of the requests that were sent. */
let sent: Array<string>

beforeAll(async () => {
  serving = await serve((request) => handler(request))
  // The package does not export this file, which every request of the framework goes through.
  const fetch = require(join(dirname(require.resolve('@segment/actions-core')), 'fetch.js')) as Fetch
  const { default: unchanged } = fetch
  fetch.default = async (request) => {
    sent.push(request.url)
    return await unchanged(new fetch.Request(request.url.replace(vendor, serving.origin), request) as { url: string })
  }
}, 60_000)

afterAll(() => serving.close())

beforeEach(() => {
  sent = []
  const asked = asking({
    datamarts: {
      '1162': {
        repository: createMemoryRepository(),
        partner: 'mybrand',
        identity: {
          identifiers: [
            { name: 'uuid' },
            { name: 'email' },
            { name: 'phone_number' },
            { name: 'segment_anonymous_id', custom: true },
            { name: 'card', custom: true }
          ]
        }
      }
    },
    tokens: [{ sha256: sha256Of(token), datamart: '1162' }]
  })
  handler = asked.handler
  call = (path, body) => asked.call('POST', path, body)
})

const settings = (subscriptions: ReadonlyArray<Subscription>, key = token): Settings => ({
  account_name: 'mybrand',
  ucd_key: key,
  subscriptions
})

/** The subscription of an action with the fields where the destination looks for them, unless a mapping says otherwise. */
const action = (name: string, mapping: object = {}): Settings => {
  const { fields, defaultSubscription = '' } = insider.actions[name] as Definition['actions'][string]
  return settings([
    {
      subscribe: defaultSubscription,
      partnerAction: name,
      mapping: { ...framework.defaultValues(fields), ...mapping }
    }
  ])
}

const identify = (userId: string, traits: object, more: object = {}): object => ({
  type: 'identify',
  messageId: `message-${userId}`,
  timestamp: '2026-03-01T10:00:00.000Z',
  userId,
  traits,
  ...more
})

const read = async (identifiers: object, attributes: ReadonlyArray<string>): Promise<unknown> => {
  const { status, json } = await call('profile', { identifiers, attributes })
  return status === 200 ? json['attributes'] : status
}

describe('the destination for users', () => {
  const destination = new framework.Destination(insider)

  it('identifies a user by every identifier that it sends', async () => {
    const traits = {
      email: 's1@example.org',
      phone: '+33639980201',
      first_name: 'Sea',
      last_name: 'Gull',
      age: 30,
      address: { city: 'Lyon', country: 'FR' }
    }
    await destination.onEvent(identify('s-1', traits, { anonymousId: 'anon-s-1' }), settings(insider.presets))
    expect(sent).toEqual([`${vendor}/api/user/v1/upsert`])
    const wanted = ['uuid', 'email', 'phone_number', 'name', 'surname', 'age', 'city', 'country']
    const kept = {
      uuid: 's-1',
      email: 's1@example.org',
      phone_number: '+33639980201',
      name: 'Sea',
      surname: 'Gull',
      age: 30,
      city: 'Lyon',
      country: 'FR'
    }
    for (const identifiers of [
      { uuid: 's-1' },
      { email: 's1@example.org' },
      { phone_number: '+33639980201' },
      { custom: { segment_anonymous_id: 'anon-s-1' } }
    ]) {
      expect(await read(identifiers, wanted)).toMatchObject(kept)
    }
  })

  it('makes one person of an anonymous user who then signs in', async () => {
    const custom = { custom: { '@path': '$.traits.custom' } }
    const anonymous = identify('', { custom: { plan: 'free' } }, { userId: undefined, anonymousId: 'anon-s-2' })
    await destination.onEvent(anonymous, action('updateUserProfile', custom))
    await destination.onEvent(
      identify('s-2', { first_name: 'Kai' }, { anonymousId: 'anon-s-2' }),
      action('updateUserProfile', custom)
    )
    expect(await read({ uuid: 's-2' }, ['name', 'c_plan'])).toMatchObject({ name: 'Kai', c_plan: 'free' })
  })

  it('sends a batch as one call, and keeps all of its users', async () => {
    const mapping = { custom_identifiers: { card: { '@path': '$.traits.card' } } }
    const users = [1, 2, 3].map((n) => identify(`b-${n}`, { first_name: `User ${n}`, card: `card-${n}` }))
    await destination.onBatch(users, action('updateUserProfile', mapping))
    expect(sent).toEqual([`${vendor}/api/user/v1/upsert`])
    for (const n of [1, 2, 3]) {
      expect(await read({ custom: { card: `card-${n}` } }, ['name', 'uuid'])).toMatchObject({
        name: `User ${n}`,
        uuid: `b-${n}`
      })
    }
  })

  it('appends to lists or overwrites them, as its option says', async () => {
    const likes = (append: boolean) =>
      action('updateUserProfile', { append_arrays: append, custom: { '@path': '$.traits.custom' } })
    await destination.onEvent(identify('s-3', { custom: { likes: ['sea'] } }), likes(false))
    await destination.onEvent(identify('s-3', { custom: { likes: ['sun'] } }), likes(true))
    expect(await read({ uuid: 's-3' }, ['c_likes'])).toMatchObject({ c_likes: ['sea', 'sun'] })
    await destination.onEvent(identify('s-3', { custom: { likes: ['air'] } }), likes(false))
    expect(await read({ uuid: 's-3' }, ['c_likes'])).toMatchObject({ c_likes: ['air'] })
  })

  it('delivers an order: its attributes are kept, and its event is not', async () => {
    const order = {
      type: 'track',
      event: 'Order Completed',
      messageId: 'm-o',
      timestamp: '2026-03-01T10:00:00.000Z',
      userId: 's-4',
      properties: { order_id: 'o-1', currency: 'EUR', products: [{ product_id: 'p-1', name: 'Shell', price: 3 }] },
      context: { traits: { email: 's4@example.org', name: 'Ann' } }
    }
    await destination.onEvent(order, action('orderCompletedEvent'))
    expect(sent).toEqual([`${vendor}/api/user/v1/upsert`])
    expect(await read({ uuid: 's-4' }, ['*'])).toMatchObject({ email: 's4@example.org' })
  })

  it('hears that its key is wrong', async () => {
    const wrong = destination.onEvent(identify('s-5', { first_name: 'No' }), settings(insider.presets, 'wrong'))
    await expect(wrong).rejects.toMatchObject({ response: { status: 403 } })
    expect(await read({ uuid: 's-5' }, ['name'])).toBe(404)
  })
})

describe('the destination for audiences', () => {
  const destination = new framework.Destination(audiences)

  const member = (user: string, audience: string, isMember: boolean): object =>
    identify(
      user,
      { [audience]: isMember, email: `${user}@example.org` },
      {
        context: { personas: { computation_class: 'audience', computation_key: audience } }
      }
    )

  it('adds a user to audiences, and takes one away', async () => {
    const to = settings(
      audiences.presets.map((each) => ({ ...each, mapping: { ...each.mapping, append_arrays: true } }))
    )
    await destination.onEvent(member('a-1', 'vip', true), to)
    await destination.onEvent(member('a-1', 'gold', true), to)
    expect(await read({ uuid: 'a-1' }, ['c_segment_audience_name'])).toMatchObject({
      c_segment_audience_name: ['vip', 'gold']
    })
    await destination.onEvent(member('a-1', 'vip', false), to)
    expect(sent.at(-1)).toBe(`${vendor}/api/user/v1/attribute/delete`)
    expect(await read({ email: 'a-1@example.org' }, ['c_segment_audience_name'])).toMatchObject({
      c_segment_audience_name: ['gold']
    })
  })

  it('keeps a computed trait', async () => {
    const trait = identify(
      'a-2',
      { spent: 12.5 },
      {
        context: { personas: { computation_class: 'trait', computation_key: 'spent' } }
      }
    )
    await destination.onEvent(trait, settings(audiences.presets))
    expect(await read({ uuid: 'a-2' }, ['c_segment_io_spent'])).toMatchObject({ c_segment_io_spent: 12.5 })
  })

  it('creates no user by an event of an audience, because events are not kept', async () => {
    const entered = {
      type: 'track',
      event: 'Audience Entered',
      messageId: 'm-e',
      timestamp: '2026-03-01T10:00:00.000Z',
      userId: 'a-3',
      properties: { vip: true },
      context: { personas: { computation_class: 'audience', computation_key: 'vip' } }
    }
    await destination.onEvent(entered, settings(audiences.presets))
    expect(sent).toEqual([`${vendor}/api/user/v1/upsert`])
    expect(await read({ uuid: 'a-3' }, ['*'])).toBe(404)
  })
})
