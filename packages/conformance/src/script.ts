/** The calls of a trial as code, and the order in which overlapping ones began and ended. */
import type { Room } from './code.ts'

/** Returns a line of code, shortened as the room demands. */
export type Line = (room: Room) => string

/** A call that has begun. */
export interface Begun {
  /** Ends the call, with a word on its outcome that stands behind it. */
  readonly end: (outcome?: string) => void
}

/** A record of calls. */
export interface Script {
  /** Adds a line that is no call on a store. */
  readonly note: (line: Line) => void
  /** Adds a call, which lasts until its end. */
  readonly call: (line: Line) => Begun
  /** Records a call, and how it ended. */
  readonly run: <A>(line: Line, call: () => Promise<A>, outcomeOf?: (value: A) => string) => Promise<A>
  /** Returns whether a call has no answer yet. */
  readonly isWaiting: () => boolean
  /** Returns the code. Of many calls it has the first two lines and the last ones. */
  readonly print: () => string
}

interface Entry {
  readonly line: Line
  /** `undefined`: no call. */
  readonly number: number | undefined
  outcome: string
}

interface Event {
  readonly number: number
  readonly verb: 'begin' | 'end'
}

const longestScript = 40
const longestOrder = 30
const widestScript = 10_000

const listed = (numbers: ReadonlyArray<number>): string =>
  numbers.length < 2 ? numbers.join() : `${numbers.slice(0, -1).join(', ')} and ${numbers.at(-1)}`

/** Events in a row that are of one kind, or calls in a row that nothing overlaps. */
interface Run {
  readonly verb: Event['verb'] | 'in turn'
  readonly numbers: number[]
}

/** Folds what follows each other: calls one after the other, and those that begin or end together. */
const folded = (events: ReadonlyArray<Event>): ReadonlyArray<Run> => {
  const runs: Run[] = []
  let running = 0
  const add = (verb: Run['verb'], number: number): void => {
    const last = runs.at(-1)
    if (last?.verb === verb) last.numbers.push(number)
    else runs.push({ verb, numbers: [number] })
  }
  for (let index = 0; index < events.length; index += 1) {
    const { number, verb } = events[index] as Event
    const next = events[index + 1]
    if (running === 0 && verb === 'begin' && next?.verb === 'end' && next.number === number) {
      add('in turn', number)
      index += 1
      continue
    }
    running += verb === 'begin' ? 1 : -1
    add(verb, number)
  }
  return runs
}

const inWords = ({ verb, numbers }: Run): string => {
  if (verb !== 'in turn') return `${listed(numbers)} ${numbers.length === 1 ? `${verb}s` : verb}`
  return numbers.length < 3 ? `${listed(numbers)} in turn` : `${numbers[0]} to ${numbers.at(-1)} in turn`
}

/** Returns the order of overlapping calls in words; `undefined` where none overlapped. */
const orderOf = (events: ReadonlyArray<Event>): string | undefined => {
  const runs = folded(events)
  if (runs.every(({ verb, numbers }) => verb === 'in turn' || (verb === 'begin' && numbers.length === 1)))
    return undefined
  const kept = runs.slice(-longestOrder)
  return `// order: ${kept.length < runs.length ? '… ' : ''}${kept.map(inWords).join('; ')}`
}

const failed = (error: unknown): string => `threw ${error instanceof Error ? error.name : typeof error}`

/** Returns an empty record. */
export const createScript = (): Script => {
  const entries: Entry[] = []
  const events: Event[] = []
  let calls = 0
  let waiting = 0

  const call = (line: Line): Begun => {
    calls += 1
    waiting += 1
    const number = calls
    const entry: Entry = { line, number, outcome: 'no answer' }
    entries.push(entry)
    events.push({ number, verb: 'begin' })
    return {
      end: (outcome = '') => {
        waiting -= 1
        entry.outcome = outcome
        events.push({ number, verb: 'end' })
      }
    }
  }

  const linesOf = (shown: ReadonlyArray<Entry>, room: Room, isNumbered: boolean): ReadonlyArray<string> =>
    shown.map(({ line, number, outcome }) => {
      const label = isNumbered && number !== undefined ? `/* ${number} */ ` : ''
      return `${label}${line(room)}${outcome === '' ? '' : ` // ${outcome}`}`
    })

  const print = (): string => {
    const order = orderOf(events)
    const cut = entries.length - longestScript
    const isCut = cut > 0
    const head = isCut ? entries.slice(0, 2) : entries
    const tail = isCut ? entries.slice(cut + 2) : []
    const printed = (room: Room): string =>
      [
        ...linesOf(head, room, order !== undefined),
        ...(isCut ? [`// ${cut} calls left out`] : []),
        ...linesOf(tail, room, order !== undefined),
        ...(order === undefined ? [] : [order])
      ].join('\n')
    const wide = printed('wide')
    return wide.length <= widestScript ? wide : printed('narrow')
  }

  return {
    note: (line) => {
      entries.push({ line, number: undefined, outcome: '' })
    },
    call,
    run: async (line, make, outcomeOf = () => '') => {
      const begun = call(line)
      try {
        const value = await make()
        begun.end(outcomeOf(value))
        return value
      } catch (error) {
        begun.end(failed(error))
        throw error
      }
    },
    isWaiting: () => waiting > 0,
    print
  }
}
