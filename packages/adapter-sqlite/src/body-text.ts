/** Bodies to and from the texts that they are kept as. */
import type { JsonObject, Stored, Write } from '@userpoint/core/repository'
import type { TextDocument, TextWrite } from './documents.ts'

/** The document that a text is. */
export const storedAs = ({ kind, id, version, body }: TextDocument): Stored => ({
  kind,
  id,
  version,
  body: JSON.parse(body) as JsonObject
})

/** The same for each; what is one document is made of its text once, since many references may lead to one large one. */
export const storedEach = (documents: ReadonlyArray<TextDocument | undefined>): ReadonlyArray<Stored | undefined> => {
  const made = new Map<TextDocument, Stored>()
  return documents.map((document) => {
    if (document === undefined) return undefined
    const known = made.get(document)
    if (known !== undefined) return known
    const stored = storedAs(document)
    made.set(document, stored)
    return stored
  })
}

/** The writes with their bodies as texts, each made when it is asked for, so that they are never all there at once. */
export function* textWrites(writes: ReadonlyArray<Write>): Generator<TextWrite, void, undefined> {
  for (const { kind, id, expected, body, claim, release } of writes) {
    yield { kind, id, expected, body: body && JSON.stringify(body), claim, release }
  }
}
