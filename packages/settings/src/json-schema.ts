/** The schema of settings as JSON Schema, for editors. */
import * as z from 'zod'
import { schema } from './schema.ts'

/** Returns the JSON Schema of a file of settings: draft 7, which every editor knows. */
export const jsonSchema = (): object => ({
  ...z.toJSONSchema(schema, {
    io: 'input',
    target: 'draft-7',
    // What a program may not change, a person who edits the file may.
    override: ({ jsonSchema: part }) => {
      delete part.readOnly
    }
  }),
  title: 'Settings of a datamart of userpoint'
})
