import { describe, expect, it } from 'vitest'
import { encodeUserPoint } from '../../../src/dialects/mediarithmics/user-point.ts'
import { byId, byName, choice, scenario, segment, wholePerson } from '../../decide/whole-person.ts'

describe('what is attached to a user point, as JSON', () => {
  it('is shown where there is any', () => {
    expect(encodeUserPoint(wholePerson('p1'))).toEqual({ user_point_id: 'p1', identifiers: [], profiles: [] })
    expect(
      encodeUserPoint(
        wholePerson('p1', {
          named: [['email', 'a@x.y']],
          segments: [segment(byId('s'), { expiresAt: 9, dataBag: [1] }), segment(byName('s'))],
          scenarios: [scenario('welcome')],
          choices: [choice('ads', { accepted: true })]
        })
      )
    ).toStrictEqual({
      user_point_id: 'p1',
      identifiers: [{ type: 'NAMED', name: 'email', value: 'a@x.y' }],
      profiles: [],
      segments: [
        { segment_id: 's', creation_ts: 100, last_modified_ts: 100, expiration_ts: 9, data_bag: [1] },
        { segment_technical_name: 's', creation_ts: 100, last_modified_ts: 100 }
      ],
      scenarios: [{ scenario_id: 'welcome', creation_ts: 100 }],
      choices: [{ $processing_id: 'ads', $choice_ts: 50, $creation_ts: 100, $last_modified_ts: 100, accepted: true }]
    })
  })

  it('no property of a choice passes for what the system says of it', () => {
    const properties = { $creation_ts: 1, $last_modified_ts: 1, $choice_ts: 1, $processing_id: 'x', $other: 1 }
    expect(encodeUserPoint(wholePerson('p1', { choices: [choice('ads', properties)] }))['choices']).toEqual([
      { $processing_id: 'ads', $choice_ts: 50, $creation_ts: 100, $last_modified_ts: 100, $other: 1 }
    ])
  })
})
