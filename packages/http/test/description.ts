/** Writes the description of the interface to the file that the argument names, for the check `openapi`. */
import { writeFileSync } from 'node:fs'
import { openApiDocument } from '../src/index.ts'

writeFileSync(process.argv[2] ?? 'openapi.json', JSON.stringify(openApiDocument, null, 2))
