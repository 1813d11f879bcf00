/** The compartment of a line or a call: if it names none, the datamart's default. */
import type { Policies } from '../../command/policies.ts'
import { type Rejection, rejection } from '../../command/rejection.ts'
import type { CompartmentId } from '../../domain/compartment.ts'
import { E } from '../../fp.ts'

/** `create`: the line may create data, so its compartment and registry must be known ones. */
export type Purpose = 'create' | 'find'

/** The purpose of a line or a call, and the datamart's policies. */
export interface Lookup {
  readonly purpose: Purpose
  readonly policies: Policies
}

/** Returns the named compartment or the default one; a rejection if both are missing, or if the line may not create in it. */
export const resolveCompartment = (
  named: CompartmentId | undefined,
  path: ReadonlyArray<string | number>,
  { purpose, policies }: Lookup
): E.Either<Rejection, CompartmentId> => {
  const compartment = named ?? policies.defaultCompartment
  if (compartment === undefined) return E.left(rejection('NO_DEFAULT_COMPARTMENT', path))
  if (purpose === 'create' && policies.knownCompartments?.includes(compartment) === false) {
    return E.left(rejection('UNKNOWN_COMPARTMENT', path))
  }
  return E.right(compartment)
}
