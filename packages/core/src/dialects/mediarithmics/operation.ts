/** Selects the decoder of a line by its field `operation`. */
import { getKey, isAbsent } from '../../domain/json.ts'
import { E } from '../../fp.ts'
import type { Decoder } from '../../command/decoded.ts'
import { rejection } from '../../command/rejection.ts'

/** Returns a decoder that calls the decoder of each line's operation. Operations are case-sensitive. */
export const byOperation = <Line extends { readonly operation: string }>(
  decoders: Readonly<Record<Line['operation'], Decoder>>
): Decoder => {
  const byName: Readonly<Record<string, Decoder>> = decoders
  return (line, policies) => {
    const operation = getKey(line, 'operation')
    if (isAbsent(operation)) return E.left(rejection('MISSING_FIELD', ['operation']))
    return typeof operation === 'string' && Object.hasOwn(byName, operation)
      ? (byName[operation] as Decoder)(line, policies)
      : E.left(rejection('UNSUPPORTED_OPERATION', ['operation']))
  }
}
