/** Explains the changes of a line, place by place, to read before an import that cannot be undone. */
import type { Dialect } from '../../command/dialect.ts'
import { type Difference, differences } from '../../domain/difference.ts'
import type { UserPointId } from '../../domain/identifier.ts'
import type { LostValue } from '../../domain/joined-properties.ts'
import type { Judgement, LineVerdict, ObservedChange } from '../transaction/judgement.ts'

/** The change of one user point, in the fields of the dialect. */
export interface ExplainedChange {
  readonly userPoint: UserPointId
  readonly kind: 'Created' | 'Changed' | 'Deleted'
  readonly differences: ReadonlyArray<Difference>
}

/** A verdict, and all changes of the line. */
export interface ExplainedLine extends LineVerdict {
  readonly changes: ReadonlyArray<ExplainedChange>
  /** The values that lost in a merge, by their path in the survivor after the merge. */
  readonly lost: ReadonlyArray<LostValue>
}

type Encode = Dialect['encodeUserPoint']

const explainChange = ({ before, after }: ObservedChange, encode: Encode): ReadonlyArray<ExplainedChange> => {
  const subject = after ?? before
  if (subject === undefined) return []
  return [
    {
      userPoint: subject.id,
      kind: before === undefined ? 'Created' : after === undefined ? 'Deleted' : 'Changed',
      differences: differences(before && encode(before), after && encode(after))
    }
  ]
}

/** Returns a function that explains judged lines in the fields of a dialect. */
export const explainWith =
  (encode: Encode) =>
  ({ index, line, verdict, changes = [], lost = [] }: Judgement): ExplainedLine => ({
    index,
    line,
    verdict,
    changes: changes.flatMap((change) => explainChange(change, encode)),
    lost
  })
