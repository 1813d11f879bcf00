import { createMemoryRepository } from '@userpoint/adapter-memory'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { law } from '../../core/test/laws/law.ts'
import { sha256Of } from '../src/index.ts'
import { asking, type Asking, token } from './asking.ts'
import { dataOf } from './uploading.ts'

const declare = (at: Asking, ...identifiers: ReadonlyArray<object>) =>
  at.on('POST', 'user_identifiers_association_declarations', { identifiers })

const account = { type: 'USER_ACCOUNT', compartment_id: '5', user_account_id: 'crm-1' }

/** A user point with one identifier of each type. */
const person = async () => {
  const at = asking({ clock: () => 1_764_450_000_000 })
  const devices = ['vec:12', 'net:9:abc', 'tv:7'].map((user_agent_id) => ({ type: 'USER_AGENT', user_agent_id }))
  await declare(at, { type: 'USER_EMAIL', hash: 'a' }, account, ...devices)
  const id = String(dataOf(await at.on('GET', 'user_points/email_hash=a')).user_point_id)
  return { at, id }
}

describe('the identifiers of a user point', () => {
  it('are the user point itself, and all that lead to it, with their times', async () => {
    const { at, id } = await person()
    const creation_ts = 1_764_450_000_000
    const listed = await at.on('GET', `user_points/${id}/user_identifiers`)
    expect(listed.json.data).toEqual([
      { type: 'USER_POINT', user_point_id: id, creation_ts },
      { ...account, creation_ts },
      { type: 'USER_EMAIL', hash: 'a', providers: [], creation_ts },
      {
        type: 'USER_DEVICE_POINT',
        id: expect.stringMatching(/^udp:/),
        creation_ts,
        technical_identifiers: expect.arrayContaining([
          { type: 'MUM_ID', user_agent_id: 'vec:12', creation_ts },
          { type: 'NETWORK_DEVICE_ID', user_agent_id: 'net:9:abc', registry_id: '9', creation_ts },
          { user_agent_id: 'tv:7', creation_ts }
        ])
      }
    ])
  })

  it('have those of Insider’s calls among them', async () => {
    const at = asking()
    await at.call('POST', 'upsert', { users: [{ identifiers: { email: 'a@b.c' }, attributes: { name: 'A' } }] })
    const iid = (
      (await at.call('POST', 'profile', { identifiers: { email: 'a@b.c' }, attributes: ['*'] })).json.attributes as {
        iid: string
      }
    ).iid
    expect((await at.on('GET', `user_identifiers/${iid}`)).json.data).toContainEqual(
      expect.objectContaining({ type: 'NAMED', name: 'email', value: 'a@b.c', creation_ts: expect.any(Number) })
    )
  })
})

describe('older paths', () => {
  it('read the same as the newer ones, with a comma or a slash in the selector', async () => {
    const { at, id } = await person()
    await at.on('PUT', `user_points/${id}/user_segments/segment_id=12`, { expiration_duration: 0 })
    for (const selector of [
      id,
      'email_hash=a',
      'compartment_id=5,user_account_id=crm-1',
      'compartment_id=5/user_account_id=crm-1'
    ]) {
      for (const kind of ['user_identifiers', 'user_segments']) {
        const older = await at.on('GET', `${kind}/${selector}`)
        expect([selector, older.status]).toEqual([selector, 200])
        expect(older.json).toEqual((await at.on('GET', `user_points/${selector}/${kind}`)).json)
      }
      expect((await at.on('GET', `user_timelines/${selector}/user_activities`)).json).toMatchObject({
        data: [],
        count: 0
      })
      const item = await at.on('GET', `user_points/${selector}/user_segments/segment_id=12`)
      expect(dataOf(item)).toMatchObject({ segment_id: '12' })
    }
  })

  it('give one profile: the account’s, else the one without an account, else the first', async () => {
    const { at, id } = await person()
    const profile = async (selector: string) => {
      const { status, json } = await at.on('GET', `user_profiles/${selector}`)
      return status === 200 ? (json.data as { n: number }).n : status
    }
    expect(await profile(id)).toBe(404)
    await at.on('PUT', `user_points/${id}/user_profiles/compartment_id=5/user_account_id=crm-1`, { n: 1 })
    expect(await profile('email_hash=a')).toBe(1)
    await at.on('PUT', `user_points/${id}/user_profiles/compartment_id=0`, { n: 2 })
    expect(await profile('email_hash=a')).toBe(2)
    expect(await profile('compartment_id=5/user_account_id=crm-1')).toBe(1)
  })

  it('report a missing user point in the vendor’s words', async () => {
    const at = asking()
    for (const path of [
      'user_points/email_hash=x',
      'user_identifiers/email_hash=x',
      'user_segments/x',
      'user_profiles/x',
      'user_timelines/x/user_activities'
    ]) {
      const { status, json } = await at.on('GET', path)
      expect([path, status, json.error]).toEqual([path, 404, 'Resource Not Found'])
    }
  })
})

describe('a PUT', () => {
  law(
    'that succeeds is what the same path reads, and the answer has it',
    fc.record({
      item: fc.constantFrom(
        'user_profiles/compartment_id=5',
        'user_profiles/compartment_id=005',
        'user_profiles/compartment_id=5/user_account_id=x',
        'user_profiles/user_account_id=x',
        'user_segments/segment_id=12',
        'user_segments/segment_technical_name=vip',
        'user_scenarios/scenario_id=s',
        'user_choices/processing_id=p'
      ),
      body: fc.dictionary(
        fc.constantFrom(
          '$compartment_id',
          '$user_account_id',
          '$processing_id',
          '$choice_ts',
          'expiration_duration',
          'expiration_ts',
          'segment_id',
          'segment_technical_name',
          'scenario_id',
          'user_point_id',
          'datamart_id',
          'email_hash',
          'user_account_id',
          'operation',
          'n'
        ),
        fc.oneof(
          fc.constantFrom(
            '5',
            5,
            '005',
            '0',
            0,
            'x',
            '12',
            12,
            'vip',
            's',
            'p',
            '1162',
            1162,
            '7',
            'a',
            'UPDATE',
            'DELETE',
            null,
            1
          ),
          fc.string({ maxLength: 3 })
        )
      )
    }),
    async ({ item, body }) => {
      const { at } = await person()
      const path = `user_points/email_hash=a/${item}`
      const put = await at.on('PUT', path, body)
      const read = await at.on('GET', path)
      // A rejected body leaves nothing behind.
      if (put.status !== 200) return put.status === 400 && read.status === 404
      const isOver = 'expiration_ts' in body && read.status === 404
      if (isOver) return true
      const written = dataOf(read)
      const named = item.startsWith('user_profiles') ? ['n'] : ['n', 'segment_id', 'scenario_id', '$processing_id']
      return (
        JSON.stringify(written) === JSON.stringify(dataOf(put)) &&
        named
          .filter((name) => Object.hasOwn(body, name) && Object.hasOwn(written, name) && body[name] !== null)
          .every((name) => String(written[name]) === String(body[name]))
      )
    },
    400
  )

  it('whose body contradicts its path is rejected, and changes nothing', async () => {
    const { at, id } = await person()
    const on = 'user_points/email_hash=a'
    for (const [item, body] of [
      ['user_profiles/compartment_id=5', { $compartment_id: 6 }],
      ['user_profiles/compartment_id=5', { $user_account_id: 'x' }],
      ['user_profiles/user_account_id=x', { $compartment_id: '5' }],
      ['user_segments/segment_id=12', { segment_id: '13', expiration_duration: 0 }],
      ['user_segments/segment_id=12', { segment_technical_name: 'vip', expiration_duration: 0 }],
      ['user_segments/segment_id=12', { email_hash: 'b', expiration_duration: 0 }],
      ['user_segments/segment_id=12', { user_account_id: 'crm-1', expiration_duration: 0 }],
      ['user_segments/segment_id=12', { operation: 'DELETE', expiration_duration: 0 }],
      ['user_scenarios/scenario_id=1', { scenario_id: '2' }],
      ['user_scenarios/scenario_id=1', { user_point_id: 'somebody' }],
      ['user_scenarios/scenario_id=1', { datamart_id: '7' }],
      ['user_choices/processing_id=1', { $processing_id: '2', $choice_ts: 1 }]
    ] as const) {
      const refused = await at.on('PUT', `${on}/${item}`, body)
      expect([item, body, refused.status, refused.json.error_code]).toEqual([item, body, 400, 'BAD_REQUEST'])
      expect((await at.on('GET', `${on}/${item}`)).status).toBe(404)
    }
    const scenario = await at.on('PUT', `${on}/user_scenarios/scenario_id=1`, {
      datamart_id: '1162',
      user_point_id: id,
      scenario_id: '1',
      email_hash: 'a'
    })
    expect(scenario.json).toMatchObject({ status: 'ok', data: { scenario_id: '1' }, verdict: 'applied' })
  })
})

describe('declarations', () => {
  it('[A-01] associate identifiers, and say so', async () => {
    const at = asking()
    expect((await declare(at, { type: 'USER_EMAIL', hash: 'a' }, account)).json).toEqual({
      status: 'ok',
      data: { verdict: 'applied' }
    })
    expect((await declare(at, account, { type: 'USER_EMAIL', hash: 'a' })).json).toMatchObject({
      data: { verdict: 'no_op' }
    })
    const refused = await declare(at, { type: 'USER_POINT', user_point_id: 'secret' })
    expect([refused.status, refused.json.error_code, refused.text.includes('secret')]).toEqual([400, 'REJECTED', false])
    expect((await at.on('POST', 'user_identifiers_association_declarations', {})).json.error_code).toBe('REJECTED')
  })

  it('of an activity apply its identifiers, and say that the activity is not kept', async () => {
    const at = asking()
    const sent = await at.on('POST', 'user_activities', {
      $type: 'APP_VISIT',
      $ts: 1_764_450_000_000,
      $email_hash: { $hash: 'a', $email: 'secret@example.org' },
      $user_account_id: 'crm-1',
      $compartment_id: '5',
      $user_identifiers: [{ $type: 'USER_AGENT', $user_agent_id: 'vec:12' }],
      $events: [{ $event_name: 'open' }]
    })
    expect(sent.json).toEqual({
      status: 'ok',
      data: false,
      verdict: 'applied',
      warnings: [{ code: 'ACTIVITY_NOT_KEPT', message: expect.any(String) }]
    })
    const ids = await Promise.all(
      ['email_hash=a', 'compartment_id=5/user_account_id=crm-1', 'user_agent_id=vec:12'].map(
        async (selector) => dataOf(await at.on('GET', `user_points/${selector}`)).user_point_id
      )
    )
    expect(new Set(ids).size).toBe(1)
    for (const activity of [
      {},
      { $events: [] },
      { $user_identifiers: ['x'] },
      { $email_hash: {} },
      { $user_agent_id: 'x' }
    ])
      expect((await at.on('POST', 'user_activities', activity)).json).toMatchObject({ error_code: 'REJECTED' })
  })
})

describe('a datamart', () => {
  it('is the one that the token opens', async () => {
    const at = asking()
    const list = await at.ask('GET', '/v1/datamarts?organisation_id=1', { headers: { authorization: token } })
    expect(list.json).toMatchObject({ status: 'ok', data: [{ id: '1162' }], count: 1, total: 1 })
    expect((await at.ask('GET', '/v1/datamarts/1162', { headers: { authorization: token } })).json.data).toEqual({
      id: '1162'
    })
    expect((await at.ask('GET', '/v1/datamarts')).status).toBe(401)
    expect((await at.ask('GET', '/v1/datamarts/7', { headers: { authorization: token } })).status).toBe(403)
    expect((await at.on('GET', 'user_agent_identifier_realm_selections')).json).toMatchObject({ data: [], count: 0 })
  })

  it('has the compartments that its policies name', async () => {
    const policies = { defaultCompartment: '1000', knownCompartments: ['20', '1000'] } as never
    const at = asking({
      datamarts: { '1162': { repository: createMemoryRepository(), policies } },
      tokens: [{ sha256: sha256Of(token), datamart: '1162' }]
    })
    expect((await at.on('GET', 'user_account_compartments')).json.data).toEqual([
      { id: '1000', default: true },
      { id: '20', default: false }
    ])
  })
})
