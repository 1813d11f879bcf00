/** What a line would change, place by place: what a person reads before something that cannot be undone. */
import type { Dialect } from '../../command/dialect.ts'
import { type Difference, differences } from '../../domain/difference.ts'
import type { UserPointId } from '../../domain/identifier.ts'
import type { Judgement, LineVerdict, ObservedChange } from '../transaction/transaction.ts'

/** What would become of one user point, in the shape that the dialect gives it. */
export interface ExplainedChange {
  readonly userPoint: UserPointId
  readonly kind: 'Created' | 'Changed' | 'Deleted'
  readonly differences: ReadonlyArray<Difference>
}

/** A verdict, and every change that makes it true. */
export interface ExplainedLine extends LineVerdict {
  readonly changes: ReadonlyArray<ExplainedChange>
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

/** Returns an explainer of judged lines; changes are told in the dialect's own shape of a user point. */
export const explainWith =
  (encode: Encode) =>
  ({ index, line, verdict, changes = [] }: Judgement): ExplainedLine => ({
    index,
    line,
    verdict,
    changes: changes.flatMap((change) => explainChange(change, encode))
  })
