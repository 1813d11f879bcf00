/** Explained lines as JSON, for programs: the verdict, the changes, and the values that are lost in a merge. */
import type { ExplainedChange, ExplainedLine } from '@userpoint/core'
import { lineFields } from './verdict-line.ts'

const kinds = { Created: 'created', Changed: 'changed', Deleted: 'deleted' } as const

/** Returns the fields of one change of a user point. */
export const changeFields = ({ userPoint, kind, differences }: ExplainedChange): object => ({
  user_point_id: userPoint,
  kind: kinds[kind],
  differences
})

/** @param file The name of the input, if there are several inputs. */
export const explainedLine = (explained: ExplainedLine, file: string | undefined): string =>
  JSON.stringify({
    ...lineFields(explained, file),
    changes: explained.changes.map(changeFields),
    ...(explained.lost.length > 0 && { lost_values: explained.lost })
  })
