import { createMemoryRepository } from '@userpoint/adapter-memory'
import { createUserpoint } from 'userpoint'
import { importCsv } from 'userpoint/csv'

const people = createUserpoint({ repository: createMemoryRepository() })
importCsv(people, 'USER_PROFILE', 'hash,city\nh,Paris\n,Lyon\n', {
  columns: ['hash', 'city'],
  line: ({ hash, city }) => ({ operation: 'UPSERT', email_hash: hash, force_replace: true, user_profile: { city } })
}).then(
  ({ applied, rejected }) => console.log(`${applied} applied, ${rejected} rejected`),
  (error: unknown) => {
    throw error
  }
)
