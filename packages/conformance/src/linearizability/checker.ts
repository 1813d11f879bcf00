/**
 * Is there an order of some overlapping calls, one after the other, that explains every answer? The search is Wing and
 * Gong's ("Testing and verifying concurrent objects", 1993): take a call that no other was answered before, see what the
 * model makes of it, go on. As Lowe has it ("Testing for linearizability", 2017), no combination of the calls taken and the
 * state reached is looked at twice. It knows nothing of stores.
 */

/** A call, between two moments of one clock that never stands still. */
export interface Timed<Call> {
  readonly call: Call
  readonly called: number
  /** `undefined`: nobody knows. It happened at some time after it was called, or never. */
  readonly answered: number | undefined
}

/** What calls do one at a time. */
export interface Model<State, Call> {
  readonly initial: State
  /** The states that a call may lead to, given the answer it had; none: it cannot have happened in this state. */
  readonly step: (state: State, call: Call) => ReadonlyArray<State>
  /** The same text for states that are the same, another for others. */
  readonly textOf: (state: State) => string
}

export type Explanation<Call> =
  | { readonly _tag: 'Linearizable'; readonly order: ReadonlyArray<Call> }
  /** There is none. `order` explains as many answers as can be; each of `stuck` might be next, and contradicts it. */
  | { readonly _tag: 'NotLinearizable'; readonly order: ReadonlyArray<Call>; readonly stuck: ReadonlyArray<Call> }

interface Place<State> {
  readonly state: State
  /** All calls before this one are taken. */
  readonly next: number
  /** Those after it that are taken, ascending. */
  readonly ahead: ReadonlyArray<number>
  /** How many of those that were answered are taken. */
  readonly explained: number
  readonly last: number | undefined
  readonly before: Place<State> | undefined
}

/** The calls that may come next: not taken, and called before any other that is not taken was answered. */
const candidates = <State, Call>(
  history: ReadonlyArray<Timed<Call>>,
  { next, ahead }: Place<State>
): ReadonlyArray<number> => {
  const taken = new Set(ahead)
  const found: Array<number> = []
  let firstAnswer = Number.POSITIVE_INFINITY
  for (let index = next; index < history.length; index += 1) {
    const one = history[index] as Timed<Call>
    if (one.called > firstAnswer) break
    if (taken.has(index)) continue
    found.push(index)
    if (one.answered !== undefined) firstAnswer = Math.min(firstAnswer, one.answered)
  }
  return found
}

const after = <State, Call>(
  history: ReadonlyArray<Timed<Call>>,
  place: Place<State>,
  index: number,
  state: State
): Place<State> => {
  const explained = place.explained + (history[index]?.answered === undefined ? 0 : 1)
  const base = { state, explained, last: index, before: place }
  if (index !== place.next) {
    return { ...base, next: place.next, ahead: [...place.ahead, index].sort((a, b) => a - b) }
  }
  let next = index + 1
  let behind = 0
  while (place.ahead[behind] === next) {
    next += 1
    behind += 1
  }
  return { ...base, next, ahead: place.ahead.slice(behind) }
}

const orderOf = <State, Call>(history: ReadonlyArray<Timed<Call>>, place: Place<State>): ReadonlyArray<Call> => {
  const order: Array<Call> = []
  for (let at: Place<State> | undefined = place; at !== undefined; at = at.before) {
    if (at.last !== undefined) order.push((history[at.last] as Timed<Call>).call)
  }
  return order.reverse()
}

/**
 * Looks for an order of a history's calls that explains every answer and keeps to the clock: a call that was answered
 * before another was made comes before it.
 *
 * @param calls In any order. It takes long only where very many of them overlap.
 */
export const linearize = <State, Call>(
  calls: ReadonlyArray<Timed<Call>>,
  { initial, step, textOf }: Model<State, Call>
): Explanation<Call> => {
  const history = calls.toSorted((a, b) => a.called - b.called)
  const answered = history.filter((one) => one.answered !== undefined).length
  const start: Place<State> = { state: initial, next: 0, ahead: [], explained: 0, last: undefined, before: undefined }
  const seen = new Set<string>()
  const left: Array<Place<State>> = [start]
  let furthest = start
  for (let place = left.pop(); place !== undefined; place = left.pop()) {
    if (place.explained === answered) return { _tag: 'Linearizable', order: orderOf(history, place) }
    const text = `${place.next} ${place.ahead.join()} ${textOf(place.state)}`
    if (seen.has(text)) continue
    seen.add(text)
    if (place.explained > furthest.explained) furthest = place
    const { state } = place
    const further = candidates(history, place).flatMap((index) =>
      step(state, (history[index] as Timed<Call>).call).map((reached) => after(history, place, index, reached))
    )
    // The earliest call is tried first: most histories are nearly in order.
    left.push(...further.reverse())
  }
  const stuck = candidates(history, furthest).map((index) => (history[index] as Timed<Call>).call)
  return { _tag: 'NotLinearizable', order: orderOf(history, furthest), stuck }
}
