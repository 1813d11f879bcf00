/** A search index that follows the people of a store. */
import MiniSearch from 'minisearch'
import type { PersonChange } from 'userpoint'

/** Returns an index of people by their city. */
export const createIndex = () => new MiniSearch<{ id: string; city: string }>({ fields: ['city'] })

/** Keeps an index in step with the changes: it has each person as they are now, and no person who is gone. */
export const follow = async (
  changes: AsyncIterable<PersonChange>,
  index: ReturnType<typeof createIndex>
): Promise<void> => {
  for await (const { userPoint, merged, person, acknowledge } of changes) {
    for (const id of [...merged, userPoint]) if (index.has(id)) index.discard(id)
    const city = person?.profiles[0]?.['city']
    if (typeof city === 'string') index.add({ id: userPoint, city })
    await acknowledge()
  }
}
