/** Requests about one user point and its documents. */
import type { Datamart } from '../context.ts'

/** The documents in paths, each with its key in core's representation of a user point. */
export const documents = {
  user_identifiers: 'identifiers',
  user_profiles: 'profiles',
  user_segments: 'segments',
  user_scenarios: 'scenarios',
  user_choices: 'choices',
  user_activities: undefined
} as const

export type UserPointDocument = keyof typeof documents

export const isUserPointDocument = (name: string): name is UserPointDocument => Object.hasOwn(documents, name)

/** A request about one user point. */
export interface UserPointRequest {
  readonly datamart: Datamart
  readonly selector: string
  readonly query: (name: string) => string | undefined
}
