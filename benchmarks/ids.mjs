/** The ids of the measured engines, as the command line makes them. */
import { createTimeOrderedIds } from '@userpoint/core'

export const newId = createTimeOrderedIds({ clock: Date.now, fillRandom: (bytes) => crypto.getRandomValues(bytes) })
