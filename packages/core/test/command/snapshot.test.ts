import { runInNewContext } from 'node:vm'
import { describe, expect, it } from 'vitest'
import type { Command } from '../../src/command/command.ts'
import { snapshot } from '../../src/command/snapshot.ts'

const codeOf = (command: unknown): string => {
  const taken = snapshot(command as Command, 10)
  return taken._tag === 'Left' ? taken.left.code : 'taken'
}
const deletion = (reference: unknown): unknown => ({ _tag: 'DeleteUserPoint', reference })

describe('[A-49] a snapshot of a command', () => {
  it('takes plain objects of another realm, as line decoding does', () => {
    const foreign: unknown = runInNewContext(
      `({ _tag: 'DeleteUserPoint', reference: { _tag: 'EmailHash', hash: 'a' } })`
    )
    const taken = snapshot(foreign as Command, 10)
    expect(taken).toEqual({ _tag: 'Right', right: deletion({ _tag: 'EmailHash', hash: 'a' }) })
    expect(taken._tag === 'Right' && Object.getPrototypeOf(taken.right)).toBe(Object.prototype)
  })

  it('takes a map of another realm, or any instance of a class, for no JSON', () => {
    for (const source of ['new Map()', 'new Date(0)', 'new (class A {})()']) {
      expect(codeOf(deletion(runInNewContext(source))), source).toBe('NOT_JSON')
    }
    expect(codeOf(deletion(new Date(0)))).toBe('NOT_JSON')
  })
})
