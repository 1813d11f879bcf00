/** Verdicts as text, for people. */
import type { Verdict } from '@userpoint/core'
import { printable } from './failure.ts'

const at = (path: string | undefined): string => (path === undefined ? '' : ` at ${printable(path)}`)

/** Returns a verdict without its warnings: `applied`, `no-op (NOT_FOUND)`, `rejected at operation: the operation is … (CODE)`. */
export const verdictText = (verdict: Verdict): string => {
  switch (verdict._tag) {
    case 'Applied':
      return 'applied'
    case 'NoOp':
      return `no-op (${verdict.reason})`
    case 'Rejected':
      return `rejected${at(verdict.path)}: ${verdict.message} (${verdict.code})`
  }
}

export const warningTexts = ({ warnings = [] }: Verdict): ReadonlyArray<string> =>
  warnings.map(({ code, path }) => `warning${at(path)}: ${code}`)
