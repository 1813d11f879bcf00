/** Explained lines as JSON, for programs: the verdict, and what it would change. */
import type { ExplainedChange, ExplainedLine } from '@userpoint/core'
import { lineFields } from './verdict-line.ts'

const kinds = { Created: 'created', Changed: 'changed', Deleted: 'deleted' } as const

const changeFields = ({ userPoint, kind, differences }: ExplainedChange): object => ({
  user_point_id: userPoint,
  kind: kinds[kind],
  differences
})

/** @param file The input it is about, where there are several. */
export const explainedLine = (explained: ExplainedLine, file: string | undefined): string =>
  JSON.stringify({ ...lineFields(explained, file), changes: explained.changes.map(changeFields) })
