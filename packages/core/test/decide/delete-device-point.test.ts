import { describe, expect, it } from 'vitest'
import { account, agent, device, given, person, userPoint } from './given.ts'

const ada = person('p1', {
  accounts: [['1', 'ada']],
  devices: { 'udp:1': ['vec:1', 'net:9:a'], 'udp:2': ['vec:2'] }
})

describe('DeleteDevicePoint', () => {
  it.each([agent('vec:1'), agent('net:9:a'), device('udp:1')])(
    'removes the device point that %j leads to, with all its technical ids; the user point stays',
    (reference) => {
      const world = given(ada)
      const { verdict } = world.when({ _tag: 'DeleteDevicePoint', device: reference })
      expect(verdict).toEqual({
        _tag: 'Applied',
        effect: { _tag: 'DevicePointDeleted', userPoint: 'p1', technicalIds: 2 }
      })
      for (const gone of [agent('vec:1'), agent('net:9:a'), device('udp:1')]) expect(world.find(gone)).toBeUndefined()
      expect(world.get(account('1', 'ada')).devicePoints).toEqual(ada.point.devicePoints.slice(1))
    }
  )

  it('[A-16] keeps a user point that has nothing else', () => {
    const world = given(person('p1', { devices: { 'udp:1': ['vec:1'] } }))
    world.when({ _tag: 'DeleteDevicePoint', device: agent('vec:1') })
    expect(world.get(userPoint('p1')).devicePoints).toEqual([])
  })

  it('[A-09] what is not there is a no-op, and a second line for the same device point is too', () => {
    const world = given(ada)
    const notFound = { verdict: { _tag: 'NoOp', reason: 'NOT_FOUND' }, changes: [] }
    expect(world.when({ _tag: 'DeleteDevicePoint', device: agent('vec:3') })).toEqual(notFound)
    expect(world.when({ _tag: 'DeleteDevicePoint', device: device('udp:3') })).toEqual(notFound)
    world.when({ _tag: 'DeleteDevicePoint', device: agent('vec:1') })
    expect(world.when({ _tag: 'DeleteDevicePoint', device: agent('net:9:a') })).toEqual(notFound)
    expect(world.when({ _tag: 'DeleteDevicePoint', device: device('udp:1') })).toEqual(notFound)
  })
})
