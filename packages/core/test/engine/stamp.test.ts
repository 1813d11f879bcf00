import fc from 'fast-check'
import { describe } from 'vitest'
import { defaultPolicies } from '../../src/command/policies.ts'
import { createRuntime } from '../../src/engine/transaction/runtime.ts'
import { stampedContext } from '../../src/engine/transaction/stamp.ts'
import { law } from '../laws/law.ts'

const runtime = createRuntime({ clock: () => 0, newId: () => '' }, defaultPolicies)
const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/
const index = fc.oneof(fc.integer({ min: 0, max: 5_000 }), fc.integer({ min: 0, max: 2 ** 36 - 1 }))
const seed = fc.uuid({ version: 7 })

const idsOf = (from: string, line: number, count = 2) => {
  const context = stampedContext({ now: 1, seed: from, index: line }, runtime)
  return Array.from({ length: count }, () => context.newUserPointId())
}

describe('the ids of stamped lines', () => {
  law('are UUIDs, the same each time, and no two of a line are one', fc.tuple(seed, index), ([from, line]) => {
    const ids = idsOf(from, line, 8)
    return ids.every((id) => uuid.test(id)) && new Set(ids).size === 8 && String(ids) === String(idsOf(from, line, 8))
  })

  law('[L-32] are in the order of the lines', fc.tuple(seed, index, index), ([from, one, other]) => {
    fc.pre(one !== other)
    return String(idsOf(from, Math.min(one, other))[1]) < String(idsOf(from, Math.max(one, other))[0])
  })

  law(
    '[L-32] are in the order of their seeds, where lines that are later have later seeds',
    fc.tuple(seed, seed, index, index),
    ([a, b, one, other]) => {
      fc.pre(one !== other && a.slice(0, 19) !== b.slice(0, 19))
      const [earlier, later] = a < b ? [a, b] : [b, a]
      return String(idsOf(earlier, Math.min(one, other))[0]) < String(idsOf(later, Math.max(one, other))[0])
    }
  )

  law('differ from seed to seed', fc.tuple(seed, seed, index), ([a, b, line]) => {
    fc.pre(a !== b)
    return idsOf(a, line)[0] !== idsOf(b, line)[0]
  })

  law('of a device point do not tell the user point of the line', fc.tuple(seed, index), ([from, line]) => {
    const context = stampedContext({ now: 1, seed: from, index: line }, runtime)
    const [id, device] = [context.newUserPointId(), context.newDevicePointId()]
    return device !== `udp:${BigInt(`0x${id.replaceAll('-', '')}`)}`
  })
})
