/**
 * The one door to fp-ts. Its bare sub-paths (`fp-ts/Either`) pass the compiler and fail in native ESM, so that every
 * import goes through `fp-ts/lib/*.js`, here and in `either.ts`.
 */
export * as E from './either.ts'
export type { Eq } from 'fp-ts/lib/Eq.js'
export type { Monoid } from 'fp-ts/lib/Monoid.js'
export type { TaskEither } from 'fp-ts/lib/TaskEither.js'
