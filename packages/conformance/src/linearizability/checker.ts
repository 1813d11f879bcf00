/**
 * Searches a sequential order of overlapping calls that explains every answer, with the algorithm of Wing and Gong ("Testing
 * and verifying concurrent objects", 1993): take a call before which no other was answered, apply it to the model, and
 * continue. As in Lowe ("Testing for linearizability", 2017), no combination of taken calls and state is visited twice. The
 * checker does not depend on stores.
 */

/** A call between two times of a strictly monotonic clock. */
export interface Timed<Call> {
  readonly call: Call
  readonly called: number
  /** `undefined`: the outcome is unknown. The call took effect at some time after its start, or never. */
  readonly answered: number | undefined
}

/** The sequential behaviour of calls. */
export interface Model<State, Call> {
  readonly initial: State
  /** Returns the possible states after a call with its answer; an empty list if the call is impossible in this state. */
  readonly step: (state: State, call: Call) => ReadonlyArray<State>
  /** Returns a text that is equal exactly for equal states. */
  readonly textOf: (state: State) => string
}

export type Explanation<Call> =
  | { readonly _tag: 'Linearizable'; readonly order: ReadonlyArray<Call> }
  /** No order exists. `order` explains as many answers as possible; each call of `stuck` could be next, but contradicts it. */
  | { readonly _tag: 'NotLinearizable'; readonly order: ReadonlyArray<Call>; readonly stuck: ReadonlyArray<Call> }

interface Place<State> {
  readonly state: State
  /** All calls before this index are taken. */
  readonly next: number
  /** The taken calls after it, ascending. */
  readonly ahead: ReadonlyArray<number>
  /** The number of answered calls that are taken. */
  readonly explained: number
  readonly last: number | undefined
  readonly before: Place<State> | undefined
}

/** Returns the possible next calls: not taken, and started before any other untaken call was answered. */
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
 * Searches an order of a history's calls that explains every answer and respects the clock: a call that was answered before
 * another one started comes before it.
 *
 * @param calls In any order. The search is slow only if very many calls overlap.
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
    // Try the earliest call first, since most histories are nearly in order.
    left.push(...further.reverse())
  }
  const stuck = candidates(history, furthest).map((index) => (history[index] as Timed<Call>).call)
  return { _tag: 'NotLinearizable', order: orderOf(history, furthest), stuck }
}
