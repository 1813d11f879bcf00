/** Explained lines as text: a block for each line, with one row for each changed place of a user point. */
import type { Difference, ExplainedChange, ExplainedLine, Json, JsonObject } from '@userpoint/core'
import { printable } from './failure.ts'
import { verdictText, warningTexts } from './verdict-text.ts'

type Path = Difference['path']

const isArray = (value: Json | undefined): value is ReadonlyArray<Json> => Array.isArray(value)

const isObject = (value: Json | undefined): value is JsonObject =>
  typeof value === 'object' && value !== null && !isArray(value)

const pathText = (path: Path): string =>
  path
    .map((key) =>
      typeof key === 'number' ? `[${key}]` : /^[\w$]+$/.test(key) ? `.${key}` : `[${JSON.stringify(key)}]`
    )
    .join('')
    .replace(/^\./, '')

/** `true` if the value at this path is shown part by part: the user point, its lists, and their elements except identifiers. */
const isTakenApart = (path: Path): boolean => path.length < 2 || (path.length === 2 && path[0] !== 'identifiers')

/** Splits an added or removed value into the parts to show. */
const partsOf = (path: Path, value: Json): ReadonlyArray<readonly [Path, Json]> => {
  if (isTakenApart(path) && isArray(value) && value.length > 0) {
    return value.flatMap((element, i) => partsOf([...path, i], element))
  }
  if (isTakenApart(path) && isObject(value) && Object.keys(value).length > 0) {
    return Object.entries(value).flatMap(([key, part]) => partsOf([...path, key], part))
  }
  return [[path, value]]
}

const gone = (path: Path, value: Json): ReadonlyArray<Difference> =>
  partsOf(path, value).map(([at, before]) => ({ path: at, before }))

const come = (path: Path, value: Json): ReadonlyArray<Difference> =>
  partsOf(path, value).map(([at, after]) => ({ path: at, after }))

/** Returns the elements of `list` that `other` lacks, with their positions; equal elements are counted. */
const missingFrom = (other: ReadonlyArray<Json>, list: ReadonlyArray<Json>): ReadonlyArray<readonly [number, Json]> => {
  const left = new Map<string, number>()
  for (const text of other.map((element) => JSON.stringify(element))) left.set(text, (left.get(text) ?? 0) + 1)
  return list.flatMap((element, i) => {
    const text = JSON.stringify(element)
    const count = left.get(text) ?? 0
    left.set(text, count - 1)
    return count > 0 ? [] : [[i, element] as const]
  })
}

/** Returns the differences to show; of a user point's lists, only the elements added and removed. */
const shownDifferences = (difference: Difference): ReadonlyArray<Difference> => {
  const { path, before, after } = difference
  if (before === undefined) return after === undefined ? [] : come(path, after)
  if (after === undefined) return gone(path, before)
  if (path.length !== 1 || !isArray(before) || !isArray(after)) return [difference]
  const shown = [
    ...missingFrom(after, before).flatMap(([i, element]) => gone([...path, i], element)),
    ...missingFrom(before, after).flatMap(([i, element]) => come([...path, i], element))
  ]
  return shown.length === 0 ? [difference] : shown
}

// JSON does not escape characters that change the text direction on a terminal.
const valueText = (value: Json | undefined): string =>
  value === undefined ? '(nothing)' : printable(JSON.stringify(value))

const width = 100

const differenceText = ({ path, before, after }: Difference, indent: string): string => {
  const [place, was, is] = [printable(pathText(path)), valueText(before), valueText(after)]
  const line = `${indent}${place}: ${was} → ${is}`
  return line.length <= width ? line : `${indent}${place}:\n${indent}    ${was}\n${indent}  → ${is}`
}

const differencesText = ({ differences }: ExplainedChange, indent: string): ReadonlyArray<string> => {
  // The heading already shows the id.
  const shown = differences.flatMap(shownDifferences).filter(({ path }) => path[0] !== 'user_point_id')
  return shown.length === 0
    ? [`${indent}no change that an export shows`]
    : shown.map((difference) => differenceText(difference, indent))
}

const verbs = { Created: 'creates', Changed: 'changes', Deleted: 'deletes' } as const

const changeText = ({ kind, userPoint }: ExplainedChange): string => `${verbs[kind]} user point ${userPoint}`

/** Returns one change of a user point as a block of lines. */
export const explainedChangeText = (change: ExplainedChange): string =>
  `${[changeText(change), ...differencesText(change, '  ')].join('\n')}\n`

/** Returns a line's verdict, its changes and the values that are lost in a merge, with a line break at the end. */
export const explainedText = ({ line, verdict, changes, lost }: ExplainedLine): string => {
  const [only, ...others] = changes
  const head = `line ${line} ${verdictText(verdict)}`
  const body =
    only === undefined
      ? [head]
      : others.length === 0
        ? [`${head}: ${changeText(only)}`, ...differencesText(only, '  ')]
        : [
            `${head}: ${changes.length} user points`,
            ...changes.flatMap((change) => [`  ${changeText(change)}`, ...differencesText(change, '    ')])
          ]
  const losses = lost.map(({ path, value }) => `  lost ${printable(pathText(path))}: ${valueText(value)}`)
  return `${[...body, ...losses, ...warningTexts(verdict).map((warning) => `  ${warning}`)].join('\n')}\n`
}
