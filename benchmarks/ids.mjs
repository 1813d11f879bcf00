/**
 * Time-ordered ids (UUIDv7) that ask the system for chance once for many. The usual packages ask for each, which can take
 * longer than all else that is done for a line.
 */
import { randomBytes } from 'node:crypto'

const digitsPerId = 15
let chance = ''
let used = 0
let lastAt = 0
let inMillisecond = 0

const variants = ['8', '9', 'a', 'b']

export const newId = () => {
  if (used + digitsPerId > chance.length) {
    chance = randomBytes(8_192).toString('hex')
    used = 0
  }
  const now = Date.now()
  if (now > lastAt) {
    lastAt = now
    inMillisecond = 0
  } else if (++inMillisecond > 0xfff) {
    // The next millisecond is begun early rather than the order lost.
    lastAt++
    inMillisecond = 0
  }
  const time = lastAt.toString(16).padStart(12, '0')
  const order = inMillisecond.toString(16).padStart(3, '0')
  const variant = variants[used % 4]
  const random = chance.slice(used, used + digitsPerId)
  used += digitsPerId
  return `${time.slice(0, 8)}-${time.slice(8)}-7${order}-${variant}${random.slice(0, 3)}-${random.slice(3)}`
}
