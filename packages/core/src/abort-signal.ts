/** The parts of an `AbortSignal` that are used. Without its listeners, a call that waits learns of it once it waits no more. */
export interface AbortSignalLike {
  readonly aborted: boolean
  readonly addEventListener?: (type: 'abort', listener: () => void) => void
  readonly removeEventListener?: (type: 'abort', listener: () => void) => void
}
