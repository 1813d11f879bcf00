/**
 * Invented people, and the lines of a CRM, a shop and a newsletter about them. They are the same in each run.
 */
import { createHash } from 'node:crypto'
import { base, en, Faker } from '@faker-js/faker'

const seed = 20_240_304
const howMany = 1_000
const today = '2024-03-04T00:00:00.000Z'

/**
 * @typedef {object} Person
 * @property {string} crmAccount in compartment 1
 * @property {string} shopAccount in compartment 2
 * @property {string} emailHash
 * @property {string} device
 * @property {string} name
 * @property {string} phone
 * @property {string} street
 */

/** @typedef {{ readonly text: string, readonly person?: Person, readonly isWrong?: boolean }} Line */

const faker = new Faker({ locale: [en, base], seed })
faker.setDefaultRefDate(today)

/** @returns {Person} */
const person = (/** @type {unknown} */ _, /** @type {number} */ index) => {
  const number = String(index + 1).padStart(5, '0')
  const firstName = faker.person.firstName()
  const lastName = faker.person.lastName()
  const email = faker.internet.email({ firstName, lastName }).toLowerCase()
  return {
    crmAccount: `crm-${number}`,
    shopAccount: `shop-${number}`,
    emailHash: createHash('sha256').update(email).digest('hex'),
    device: `vec:${faker.string.numeric({ length: 12, allowLeadingZeros: false })}`,
    name: `${firstName} ${lastName}`,
    phone: faker.phone.number({ style: 'international' }),
    street: faker.location.streetAddress()
  }
}

const people = Array.from({ length: howMany }, person)

/** @returns {Line} */
const line = (/** @type {Person} */ about, /** @type {object} */ value) => ({
  text: JSON.stringify(value),
  person: about
})

const association = (/** @type {Person} */ about) =>
  line(about, {
    identifiers: [
      { type: 'USER_ACCOUNT', compartment_id: '1', user_account_id: about.crmAccount },
      { type: 'USER_ACCOUNT', compartment_id: '2', user_account_id: about.shopAccount },
      { type: 'USER_EMAIL', hash: about.emailHash },
      { type: 'USER_AGENT', user_agent_id: about.device }
    ]
  })

/** Lines of the CRM, which is authoritative: its profiles replace the existing ones. */
const crmProfile = (/** @type {Person} */ about) =>
  line(about, {
    operation: 'UPSERT',
    compartment_id: '1',
    user_account_id: about.crmAccount,
    force_replace: true,
    user_profile: {
      name: about.name,
      phone: about.phone,
      address: { street: about.street, city: faker.location.city() },
      sources: ['crm']
    }
  })

/** Lines of the shop, which adds orders: `merge_objects` appends arrays and merges objects. */
const shopOrder = (/** @type {Person} */ about) =>
  line(about, {
    operation: 'UPSERT',
    compartment_id: '2',
    user_account_id: about.shopAccount,
    force_replace: false,
    merge_objects: true,
    user_profile: {
      address: { country: faker.location.countryCode() },
      orders: [{ item: faker.commerce.productName(), price: Number(faker.commerce.price()) }]
    }
  })

/** Lines with a shallow merge: each property replaces the one with its name, and the others stay. */
const shopVisit = (/** @type {Person} */ about) =>
  line(about, {
    operation: 'UPSERT',
    user_agent_id: about.device,
    force_replace: false,
    user_profile: { last_visit: faker.date.recent({ days: 90 }).toISOString().slice(0, 10) }
  })

const newsletter = (/** @type {Person} */ about) =>
  line(about, {
    operation: 'UPSERT',
    email_hash: about.emailHash,
    force_replace: false,
    merge_objects: true,
    user_profile: {
      newsletter: { interests: [faker.commerce.department()], opened: faker.number.int(40) },
      sources: ['newsletter']
    }
  })

/** Typical mistakes of senders; each one is a rejected line. */
const mistakes = {
  'no force_replace': '{"operation":"UPSERT","user_account_id":"crm-1","user_profile":{"city":"Paris"}}',
  'two identifiers':
    '{"operation":"UPSERT","user_account_id":"1","email_hash":"ab","force_replace":true,"user_profile":{}}',
  'no text in an identifier':
    '{"operation":"UPSERT","email_hash":"","force_replace":true,"user_profile":{"city":"Rome"}}',
  'no user agent id':
    '{"operation":"UPSERT","user_agent_id":"cookie","force_replace":true,"user_profile":{"city":"Oslo"}}',
  'cut off': '{"operation":"UPSERT","email_hash":"ab","force_replace":true,"user_profile":{"city":"Par'
}

/**
 * Inserts a mistake at regular intervals.
 *
 * @param {ReadonlyArray<Line>} lines
 * @param {number} every
 * @param {...keyof typeof mistakes} kinds
 */
const withMistakes = (lines, every, ...kinds) =>
  lines.flatMap((each, index) => {
    if ((index + 1) % every !== 0) return [each]
    const kind = /** @type {keyof typeof mistakes} */ (kinds[((index + 1) / every) % kinds.length])
    return [each, { text: mistakes[kind], isWrong: true }]
  })

const some = (/** @type {number} */ count) => faker.helpers.arrayElements(people, count)

const shopLines = faker.helpers.shuffle([...people, ...some(600)].map(shopOrder).concat(some(600).map(shopVisit)))

/**
 * The documents by file name, in import order.
 *
 * @type {Readonly<Record<string, ReadonlyArray<Line>>>}
 */
export const documents = {
  'associations.ndjson': people.map(association),
  'crm.ndjson': withMistakes(people.map(crmProfile), 125, 'no force_replace', 'two identifiers'),
  'shop.ndjson': withMistakes(shopLines, 150, 'no user agent id', 'two identifiers'),
  'newsletter.ndjson': withMistakes(some(800).map(newsletter), 100, 'no text in an identifier', 'cut off')
}

const allLines = Object.values(documents).flat()

/** Returns values that only this person has, to search for in the bytes of a file. */
export const valuesOf = (/** @type {Person} */ about) => ({
  name: about.name,
  phone: about.phone,
  street: about.street,
  'CRM account': about.crmAccount,
  'shop account': about.shopAccount,
  'e-mail hash': about.emailHash,
  device: about.device
})

/** Returns the lines about a person, each with its file. */
export const linesOf = (/** @type {Person} */ about) =>
  Object.entries(documents).flatMap(([file, lines]) =>
    lines.filter((each) => each.person === about).map((each) => ({ file, text: each.text }))
  )

const isSingular = (/** @type {Person} */ about) =>
  Object.values(valuesOf(about)).every((value) =>
    allLines.every((each) => each.person === about || !each.text.includes(value))
  )

/**
 * Returns the first person who has lines in every document and whose values occur in no other person's lines, so that a
 * search for these values is meaningful.
 */
export const findPerson = () => {
  const found = people.find(
    (each) => linesOf(each).length === 6 && linesOf(each).at(-1)?.file === 'newsletter.ndjson' && isSingular(each)
  )
  if (found === undefined) throw new Error('no invented person has lines in every document')
  return found
}
