/** The nightly file of a CRM: applied once, even if the job runs twice; its wrong rows go back to the people who wrote them. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createMemoryRepository } from '@userpoint/adapter-memory'
import { createUserpoint } from 'userpoint'
import { CsvRefused, importCsv } from 'userpoint/csv'

const people = createUserpoint({ repository: createMemoryRepository() })

/** Imports the file of one night. `night` names it, so that a second run continues the first, or changes nothing. */
const importNight = (night: string, path: string, errors: string) =>
  importCsv(people, 'USER_PROFILE', path, {
    columns: ['email_hash', 'name', 'born', 'newsletter'],
    line: ({ email_hash, name, born, newsletter }) => ({
      operation: 'UPSERT',
      email_hash,
      force_replace: false,
      // Every cell is text; an invalid date throws, and its row is rejected.
      user_profile: { name, born: new Date(born).toISOString(), newsletter: newsletter === 'yes' }
    }),
    delimiter: ';',
    execution: `crm-${night}`,
    errors,
    // More than that is no typing error: nothing of the file is applied.
    maxRejected: '80%',
    onProgress: ({ reading, lines }) => {
      if (reading === 2 && lines > 0 && lines % 100_000 === 0) console.log(`${lines} rows`)
    }
  })

const folder = await mkdtemp(join(tmpdir(), 'crm-'))
const [path, errors] = [join(folder, 'crm.csv'), join(folder, 'crm-errors.csv')]
await writeFile(
  path,
  'email_hash;name;born;newsletter\r\n9f86d081;Ada;1815-12-10;yes\r\n;Bob;1990-01-01;no\r\n60303ae2;Eve;tomorrow;no\r\n'
)

const report = await importNight('2026-11-29', path, errors)
console.log(report.lines, report.applied, report.rejected) // => 3 1 2
for (const row of (await readFile(errors, 'utf8')).split('\r\n').slice(1, -1)) console.log(row)
// => 3;BAD_FIELD;email_hash: the field has the wrong type or is empty;;Bob;1990-01-01;no
// => 4;NOT_MAPPED;the program could not make a line of the row;60303ae2;Eve;tomorrow;no

const again = await importNight('2026-11-29', path, errors)
console.log('wasFinal' in again && again.wasFinal, again.applied) // => true 1

await writeFile(path, 'email_hash;name\r\n9f86d081;Ada\r\n')
const refused = await importNight('2026-11-30', path, errors).catch((error: unknown) => error)
console.log(refused instanceof CsvRefused && [refused.code, refused.column]) // => [ 'MISSING_COLUMN', 'born' ]
await rm(folder, { recursive: true })
await people.close()
