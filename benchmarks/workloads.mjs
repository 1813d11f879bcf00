/** The inputs: NDJSON documents of about 300 bytes a line, the same bytes for the same name and number of lines. */
import { createHash } from 'node:crypto'
import { closeSync, existsSync, openSync, renameSync, writeSync } from 'node:fs'
import { join } from 'node:path'

/**
 * A workload. `fresh`: every line is a new person. `update`: every line is a person that is there. `skewed`: few people,
 * many lines. `erase`: every line deletes a person that is there.
 *
 * @typedef {'fresh' | 'update' | 'skewed' | 'erase'} Workload
 */

export const workloads = /** @type {const} */ (['fresh', 'update', 'skewed', 'erase'])

/** Returns `true` if a workload starts from the store that `fresh` leaves. */
export const startsFull = (/** @type {Workload} */ workload) => workload === 'update' || workload === 'erase'

/** The document type of its lines. */
export const documentType = (/** @type {Workload} */ workload) =>
  workload === 'erase' ? 'USER_POINTS_DELETION' : 'USER_PROFILE'

const cities = ['Paris', 'Lyon', 'Marseille', 'Toulouse', 'Nantes', 'Strasbourg', 'Bordeaux', 'Lille']
const names = ['Ada', 'Grace', 'Alan', 'Edsger', 'Barbara', 'Donald', 'Frances', 'Niklaus', 'Radia', 'Tony']

const hashOf = (/** @type {number} */ person) => createHash('sha256').update(`person ${person}`).digest('hex')

/**
 * A line that merges a few properties into a person's profile.
 *
 * @param {number} person
 * @param {number} turn Which line of this person it is, so that each says something new.
 */
export const profileLine = (person, turn) => ({
  operation: 'UPSERT',
  email_hash: hashOf(person),
  force_replace: false,
  merge_objects: true,
  user_profile: {
    first_name: names[person % names.length] ?? '',
    city: cities[(person + turn) % cities.length] ?? '',
    opt_in: (person + turn) % 3 === 0,
    score: (person * 31 + turn * 7) % 1_000,
    address: { street: `${person % 200} rue de la Paix`, zip: String(75_000 + (person % 20)) },
    orders: { count: turn, last_ts: 1_700_000_000_000 + person + turn, amount: ((person + turn) % 9_999) / 100 }
  }
})

const eraseLine = (/** @type {number} */ person) => ({ type: 'USER_EMAIL', hash: hashOf(person) })

/** Returns a generator of numbers from 0 to 1, the same in every run (mulberry32). */
const createRandom = (/** @type {number} */ seed) => {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296
  }
}

/** Yields all people in a shuffled order. */
const shuffled = (/** @type {number} */ count) => {
  const random = createRandom(1)
  const people = Uint32Array.from({ length: count }, (_, i) => i)
  for (let i = count - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1))
    const other = people[j] ?? 0
    people[j] = people[i] ?? 0
    people[i] = other
  }
  return people
}

/** Returns people by Zipf's law: the second is half as frequent as the first, the third a third, and so on. */
const createZipf = (/** @type {number} */ people) => {
  const random = createRandom(2)
  const sums = new Float64Array(people)
  let sum = 0
  for (let i = 0; i < people; i++) sums[i] = sum += 1 / (i + 1)
  return () => {
    const wanted = random() * sum
    let [low, high] = [0, people - 1]
    while (low < high) {
      const middle = (low + high) >>> 1
      if ((sums[middle] ?? 0) < wanted) low = middle + 1
      else high = middle
    }
    return low
  }
}

/** The average number of lines for each person in `skewed`. */
const linesPerPerson = 100

/** @returns {(at: number) => object} The line at a position. */
const linesOf = (/** @type {Workload} */ workload, /** @type {number} */ count) => {
  switch (workload) {
    case 'fresh':
      return (at) => profileLine(at, 0)
    case 'update': {
      const people = shuffled(count)
      return (at) => profileLine(people[at] ?? 0, 1)
    }
    case 'skewed': {
      const next = createZipf(Math.ceil(count / linesPerPerson))
      return (at) => profileLine(next(), at)
    }
    case 'erase': {
      const people = shuffled(count)
      return (at) => eraseLine(people[at] ?? 0)
    }
  }
}

/**
 * Returns the file of a workload; writes it if it is missing.
 *
 * @param {string} folder
 * @param {Workload} workload
 * @param {number} count
 */
export const workloadFile = (folder, workload, count) => {
  const path = join(folder, `${workload}-${count}.ndjson`)
  if (existsSync(path)) return path
  const lineAt = linesOf(workload, count)
  const file = openSync(`${path}.part`, 'w')
  let text = ''
  for (let at = 0; at < count; at++) {
    text += `${JSON.stringify(lineAt(at))}\n`
    if (text.length > 1_000_000 || at === count - 1) {
      writeSync(file, text)
      text = ''
    }
  }
  closeSync(file)
  renameSync(`${path}.part`, path)
  return path
}
