/**
 * `userpoint`: the door for services that keep people's data.
 *
 * @module
 */
export { WrongCall, type WrongCallCode } from '@userpoint/core/repository'
export type { DocumentType, Line } from '@userpoint/core/mediarithmics'
export type { PersonChange } from './changes.ts'
export { FeedFault, type FeedFaultCode } from '@userpoint/core/feed'
export type { ErasureOptions } from './erasure-options.ts'
export { type Certainty, type FailureCode, UserpointFailed, UserpointRejected } from './failure.ts'
export type { Person } from './person.ts'
export type { Safe, Settled } from './safe.ts'
export type { Source } from './source.ts'
export type {
  Calls,
  Done,
  ImportOptions,
  MembershipOptions,
  Planned,
  ProfileOf,
  Progress,
  ReceiptCalls,
  Removal,
  SegmentName,
  UpsertOptions,
  Userpoint,
  UserpointOptions
} from './calls.ts'
export { createUserpoint } from './userpoint.ts'
export type { KnownBy, Who } from './who.ts'
export { type Settings, SettingsRefused } from '@userpoint/settings'
