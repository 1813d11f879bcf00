/**
 * Five files of real-looking people, in the order in which they are imported. They are test data of the machine, no part of the
 * project: tests skip them where they are not beside the checkout.
 */
import { existsSync } from 'node:fs'
import type { DocumentType } from '@userpoint/core/mediarithmics'

export const peopleFolder = new URL('../../../shared/data/people/', import.meta.url)

export const hasPeople = existsSync(peopleFolder)

/** The names, which `.ndjson` follows, and the types. */
export const peopleFiles: ReadonlyArray<readonly [name: string, type: DocumentType]> = [
  ['associations', 'USER_IDENTIFIERS_ASSOCIATION_DECLARATIONS'],
  ['profiles', 'USER_PROFILE'],
  ['identifier-deletions', 'USER_IDENTIFIERS_DELETION'],
  ['point-deletions', 'USER_POINTS_DELETION'],
  ['profiles-late', 'USER_PROFILE']
]
