/**
 * Turns: on a handle whose calls may not overlap, the calls of a purge wait until no other call is at work, and the others
 * wait for them. A purge in the background is the only caller whom the embedder does not see. A store that answers
 * synchronously waits for nothing.
 */
import type { Awaitable, Repository, Stored } from '../../repository/repository.ts'

/** Two ways to call one store. */
export interface Turns {
  /** For all calls but those of a purge. */
  readonly shared: Repository
  /** For the calls of a purge. */
  readonly alone: Repository
}

type Calls = <A>(call: () => Awaitable<A>) => Awaitable<A>

const isPromise = <A>(value: Awaitable<A>): value is PromiseLike<A> =>
  typeof value === 'object' && value !== null && 'then' in value

const createCalls = (): { readonly shared: Calls; readonly alone: Calls } => {
  let atWork = 0
  let onIdle: (() => void) | undefined
  let gate: Promise<unknown> | undefined

  const ended = (): void => {
    atWork--
    if (atWork === 0) onIdle?.()
  }

  const shared: Calls = (call) => {
    // A later purge may have come first.
    if (gate !== undefined) return gate.then(() => shared(call))
    const answer = call()
    if (isPromise(answer)) {
      atWork++
      answer.then(ended, ended)
    }
    return answer
  }

  const idle = async (): Promise<void> => {
    if (atWork > 0) await new Promise<void>((resolve) => (onIdle = resolve))
    onIdle = undefined
  }

  const alone: Calls = (call) => {
    const before = gate
    const answer = (async () => {
      await before
      await idle()
      return call()
    })()
    const over = answer.then(
      () => undefined,
      () => undefined
    )
    gate = over
    void over.then(() => {
      if (gate === over) gate = undefined
    })
    return answer
  }

  return { shared, alone }
}

/** Other calls may come between the steps of a scan, and never during one. */
async function* scanBy(
  repository: Repository,
  calls: Calls,
  given: Parameters<Repository['scan']>
): AsyncGenerator<Stored, void, undefined> {
  const source = repository.scan(...given)
  const steps = Symbol.asyncIterator in source ? source[Symbol.asyncIterator]() : source[Symbol.iterator]()
  let isOver = false
  try {
    for (;;) {
      const turn = calls<IteratorResult<Stored>>(() => steps.next())
      const step = isPromise(turn) ? await turn : turn
      if (step.done === true) {
        isOver = true
        return
      }
      yield step.value
    }
  } finally {
    if (!isOver) await calls<unknown>(() => steps.return?.())
  }
}

// A repository may be an instance of a class.
const calling = (repository: Repository, calls: Calls): Repository => ({
  manifest: repository.manifest,
  load: (references) => calls(() => repository.load(references)),
  commit: (writes) => calls(() => repository.commit(writes)),
  scan: (...given) => scanBy(repository, calls, given),
  purge: () => calls(() => repository.purge?.())
})

// A service may create an engine for each request, over one handle: they share its turns.
const known = new WeakMap<Repository, Turns>()

/** Returns the ways to call a handle, so that no call overlaps with one of a purge unless the store allows that. */
export const turnsOver = (repository: Repository): Turns => {
  const isPurged = repository.purge !== undefined
  if (!isPurged || repository.manifest.overlapping === true) return { shared: repository, alone: repository }
  const found = known.get(repository)
  if (found !== undefined) return found
  const { shared, alone } = createCalls()
  const turns = { shared: calling(repository, shared), alone: calling(repository, alone) }
  known.set(repository, turns)
  return turns
}
