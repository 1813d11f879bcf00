/** Bounds the requests that are at work at once: of each datamart, and in all. */

/** Thrown for a request beyond a bound; nothing of it was done. */
export class Busy extends Error {
  /** `Datamart`: too many of this datamart; `Server`: too many in all. */
  readonly scope: 'Datamart' | 'Server'

  constructor(scope: Busy['scope']) {
    super('Busy')
    this.name = 'Busy'
    this.scope = scope
  }
}

/** Counts what is at work. */
export class RequestsAtWork {
  readonly #most: number
  readonly #ofDatamarts = new Map<string, number>()
  #all = 0

  constructor(most: number) {
    this.#most = most
  }

  /** Counts a request. @throws Busy if there are too many. */
  enter(): void {
    if (this.#all >= this.#most) throw new Busy('Server')
    this.#all++
  }

  /** Counts a request of a datamart, once it is known. @throws Busy if there are too many. */
  enterDatamart(id: string, most: number): void {
    const count = this.#ofDatamarts.get(id) ?? 0
    if (count >= most) throw new Busy('Datamart')
    this.#ofDatamarts.set(id, count + 1)
  }

  leave(): void {
    this.#all--
  }

  leaveDatamart(id: string): void {
    this.#ofDatamarts.set(id, (this.#ofDatamarts.get(id) ?? 1) - 1)
  }
}
