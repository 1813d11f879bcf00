/** Reads the entries of the feed, writer by writer. */
import type { Repository, Stored } from '../../repository/index.ts'
import { changeKind, type StoredEntry } from '../transaction/feed-entry.ts'
import { entryId } from '../transaction/feed-writer.ts'

/** An entry as it is read. */
export interface Entry extends StoredEntry {
  readonly writer: string
  readonly number: number
}

// Behind every digit.
const endOfWriter = '~'

/** Returns the place in a scan after an entry. */
export const placeAfter = (writer: string, number: number): string => entryId(writer, number)

/** Returns the place in a scan after all entries of a writer. */
export const placeAfterWriter = (writer: string): string => `${writer}.${endOfWriter}`

/** Core wrote the document, so it is not checked again. */
const toEntry = ({ id, body }: Stored): Entry => {
  const end = id.lastIndexOf('.')
  const { at, origin, paths, people } = body as unknown as StoredEntry
  return {
    writer: id.slice(0, end),
    number: Number(id.slice(end + 1)),
    at,
    people,
    ...(origin !== undefined && { origin }),
    ...(paths !== undefined && { paths })
  }
}

const pageSize = 32

/**
 * Reads entries in the order of their ids.
 *
 * @param visit Called with each entry. Returns the place after which to go on; `undefined`: after this entry.
 */
export const readEntries = async (
  repository: Repository,
  visit: (entry: Entry) => string | undefined
): Promise<void> => {
  let after: string | undefined
  for (;;) {
    let read = 0
    let place: string | undefined
    const begin = after
    const options = { limit: pageSize, ...(begin !== undefined && { after: begin }) }
    for await (const stored of repository.scan(changeKind, options)) {
      read++
      // A store that wrongly yields it once more would be read for ever.
      if (stored.id === begin) continue
      after = stored.id
      place = visit(toEntry(stored))
      if (place !== undefined) break
    }
    if (place !== undefined) after = place
    else if (read < pageSize) return
  }
}

// So many places are looked at in one load that the end of a million entries is found in two.
const probes = 24

/** Returns the number of a writer's last entry. Its entries have no gap after the given one, which is there. */
export const lastOfWriter = async (repository: Repository, writer: string, known: number): Promise<number> => {
  let last = known
  for (let step = 2 ** (probes - 1); step >= 1; ) {
    const numbers: number[] = []
    for (let distance = 1; distance <= step; distance *= 2) numbers.push(last + distance)
    const found = await repository.load(
      numbers.map((number) => ({ _tag: 'ById', kind: changeKind, id: entryId(writer, number) }))
    )
    const missing = found.indexOf(undefined)
    const there = missing === -1 ? numbers.length : missing
    if (there === 0) return last
    last = numbers[there - 1] as number
    step = 2 ** (there - 1) / 2
  }
  return last
}
