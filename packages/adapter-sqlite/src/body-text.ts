/** Converts bodies to and from their stored texts. */
import type { JsonObject, Stored, Write } from '@userpoint/core/repository'
import type { TextDocument, TextWrite } from './documents.ts'

/** Returns the document of a stored text. */
export const storedAs = ({ kind, id, version, body }: TextDocument): Stored => ({
  kind,
  id,
  version,
  body: JSON.parse(body) as JsonObject
})

/** Returns the document of each text. It parses each text once, because many references may lead to one large document. */
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

/** Yields the writes with their bodies as texts, one by one, so that the texts are never all in memory. */
export function* textWrites(writes: ReadonlyArray<Write>): Generator<TextWrite, void, undefined> {
  for (const { kind, id, expected, body, claim, release } of writes) {
    yield { kind, id, expected, body: body && JSON.stringify(body), claim, release }
  }
}
