/** Reads records of the spool while requests are answered. */
import type { Context } from '../context.ts'
import type { SpoolKey } from '../spool.ts'

const damaged = Symbol('damaged')

/**
 * Returns the record of a key, if it has one. A damaged one is set aside and named, as at the start, so that no other record
 * waits for it.
 *
 * @param contents The keys of contents that go with it.
 */
export const soundRecord = async <A>(
  { spool, log }: Pick<Context, 'spool' | 'log'>,
  key: SpoolKey,
  isSound: (record: unknown) => record is A,
  contents: ReadonlyArray<SpoolKey> = []
): Promise<A | undefined> => {
  const record: unknown = await spool.get(key).catch((error: unknown) => {
    // Its text is no JSON.
    if (error instanceof SyntaxError) return damaged
    throw error
  })
  if (record === undefined || isSound(record)) return record
  for (const each of [key, ...contents]) for (const name of await spool.setAside(each)) log({ _tag: 'SetAside', name })
  return undefined
}
