/**
 * The functions of fp-ts's Either that core calls. That module is CommonJS, so a bundler keeps all of it: it would be a
 * sixth of core in a browser. The types are those of fp-ts, whose functions take the values.
 */
import type { Either, Left, Right } from 'fp-ts/lib/Either.js'

export type { Either, Left, Right }

export const left = <E = never, A = never>(error: E): Either<E, A> => ({ _tag: 'Left', left: error })

export const right = <E = never, A = never>(value: A): Either<E, A> => ({ _tag: 'Right', right: value })

export const isLeft = <E>(either: Either<E, unknown>): either is Left<E> => either._tag === 'Left'

export const isRight = <A>(either: Either<unknown, A>): either is Right<A> => either._tag === 'Right'
