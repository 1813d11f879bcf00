/** People as plain JSON. */
import type { JsonObject } from '@userpoint/core'

/** A person as plain JSON. System fields of profiles begin with `$`; the others are the properties as they were given. */
export type Person = {
  readonly user_point_id: string
  readonly identifiers: ReadonlyArray<JsonObject>
  readonly profiles: ReadonlyArray<JsonObject>
  readonly segments?: ReadonlyArray<JsonObject>
  readonly scenarios?: ReadonlyArray<JsonObject>
  readonly choices?: ReadonlyArray<JsonObject>
}
