import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { normaliseJson } from '../../src/domain/json.ts'
import { plainDepth, readJson, type TextFault } from '../../src/domain/json-text.ts'
import { keepsNumber } from '../../src/domain/numbers.ts'
import { E } from '../../src/fp.ts'
import { json } from '@userpoint/conformance/arbitraries'
import { law } from './law.ts'
import { same } from './predicates.ts'

/** JSON as a tree that, unlike a value, may hold one key several times. */
type Tree =
  | { readonly tag: 'text'; readonly text: string }
  | { readonly tag: 'number'; readonly literal: string }
  | { readonly tag: 'array'; readonly elements: ReadonlyArray<Tree> }
  | { readonly tag: 'object'; readonly members: ReadonlyArray<readonly [Key, Tree]> }

/** A key, and one of its spellings. */
interface Key {
  readonly key: string
  readonly spelled: string
}

const escaped = (key: string): string =>
  `"${[...key].map((c) => (c.length > 1 ? c : `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`)).join('')}"`

// Few keys, so that they meet; colons and quotes, which a count of separators may take for some.
const key = fc
  .tuple(
    fc.constantFrom('a', 'b', '__proto__', 'constructor', '', ':', '":', ' :', '\\', '\\":', '0', '00', 'é', '🙂'),
    fc.boolean()
  )
  .map(([text, isEscaped]): Key => ({ key: text, spelled: isEscaped ? escaped(text) : JSON.stringify(text) }))

const scrap = fc.constantFrom(
  'a',
  ':',
  '":',
  '" :',
  ' : ',
  '\\',
  '{"a":1,"a":2}',
  '[',
  ']',
  ',',
  '\n',
  '1e999',
  '{',
  '}'
)

const tree = fc.letrec<{ tree: Tree; object: Tree }>((tie) => ({
  tree: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    fc
      .oneof(
        scrap,
        fc.array(scrap, { maxLength: 4 }).map((some) => some.join(''))
      )
      .map((text): Tree => ({ tag: 'text', text })),
    fc
      .constantFrom(
        '0',
        '-0',
        '1',
        '0.5',
        '9007199254740992',
        '9007199254740993',
        '9.007199254740993e15',
        '1e-400',
        '1e400'
      )
      .map((literal): Tree => ({ tag: 'number', literal })),
    fc.array(tie('tree'), { maxLength: 4 }).map((elements): Tree => ({ tag: 'array', elements })),
    tie('object')
  ),
  object: fc.array(fc.tuple(key, tie('tree')), { maxLength: 5 }).map((members): Tree => ({ tag: 'object', members }))
})).object

/** White space wherever JSON takes it. */
const written = (node: Tree, space: string): string => {
  switch (node.tag) {
    case 'text':
      return JSON.stringify(node.text)
    case 'number':
      return node.literal
    case 'array':
      return `[${space}${node.elements.map((each) => written(each, space)).join(`${space},${space}`)}${space}]`
    case 'object':
      return `{${space}${node.members
        .map(([{ spelled }, value]) => `${spelled}${space}:${space}${written(value, space)}`)
        .join(`${space},${space}`)}${space}}`
  }
}

const faultsOf = (node: Tree, path: TextFault['path']): ReadonlyArray<TextFault> => {
  switch (node.tag) {
    case 'text':
      return []
    case 'number':
      return keepsNumber(node.literal) ? [] : [{ code: 'BAD_NUMBER', path }]
    case 'array':
      return node.elements.flatMap((each, i) => faultsOf(each, [...path, i]))
    case 'object':
      return node.members.flatMap(([{ key: name }, value], i) => {
        const isTwice = node.members.slice(0, i).some(([before]) => before.key === name)
        const at = [...path, name]
        return [...(isTwice ? [{ code: 'DUPLICATE_KEY' as const, path: at }] : []), ...faultsOf(value, at)]
      })
  }
}

const space = fc.constantFrom('', '', ' ', '\t', '\r\n')

describe('JSON text', () => {
  law(
    '[A-41] [A-47] has the first fault that was written into it, at its place, and else is the value of JSON.parse',
    fc.tuple(tree, space),
    ([node, between]) => {
      const text = written(node, between)
      const expected = faultsOf(node, [])
      const read = readJson(text)
      return expected.length === 0
        ? read._tag === 'Value' && same(read.value, JSON.parse(text))
        : same(read, { _tag: 'Fault', ...expected[0] })
    },
    5_000
  )

  law(
    '[A-41] one key twice is found wherever it stands and however it is spelled',
    fc.tuple(json(), json(), fc.constantFrom('"k"', '"\\u006b"'), fc.constantFrom(':', ' :', '\n:'), fc.boolean()),
    ([a, b, spelled, separator, isNested]) => {
      const object = `{"k":${JSON.stringify(a)},"other":":",${spelled}${separator}${JSON.stringify(b)}}`
      const read = readJson(isNested ? `{"list":[0,${object}]}` : object)
      return same(read, { _tag: 'Fault', code: 'DUPLICATE_KEY', path: isNested ? ['list', 1, 'k'] : ['k'] })
    },
    1_000
  )

  law(
    '[L-18] that is called normal needs no normalising',
    fc.oneof(
      fc.tuple(tree, space).map(([node, between]) => written(node, between)),
      json().map((value) => JSON.stringify({ value })),
      fc
        .constantFrom('"\\u0000"', '"\\ud800"', '"\\\\u0000"', '-0', '[-0]', '{"a":-0.0}')
        .map((text) => `{"a":${text}}`)
    ),
    (text) => {
      const read = readJson(text)
      if (read._tag === 'Fault' || !read.isNormal) return
      const normal = normaliseJson(read.value, plainDepth)
      return E.isRight(normal) && same(normal.right, read.value)
    },
    3_000
  )

  // A check that is never cheap would be right as well.
  it.each([
    ['{"a":1234567890123456}', true],
    ['{"a":0,"b":"2024-01-01, 10 - 0, a rue-de e-mail"}', true],
    ['{"a":"e100","b":-1.5,"c":0,"d":{"e":[{"f":"vec:1"}]}}', true],
    ['{"a": "http://x.y/z?a:b" , "b": [true, null]}', true],
    ['{"a":-0}', false],
    ['{"a":"\\u0000"}', false],
    [`{"a":${'['.repeat(plainDepth - 1)}${']'.repeat(plainDepth - 1)}}`, true],
    [`{"a":${'['.repeat(plainDepth)}${']'.repeat(plainDepth)}}`, false],
    ['[1]', false]
  ])('%s is known to be normal: %j', (text, isNormal) => {
    expect(readJson(text)).toEqual({ _tag: 'Value', value: JSON.parse(text), isNormal })
  })

  it('[A-41] is read however long its strings and however deep its arrays are', () => {
    const long = JSON.stringify('\n"\\:'.repeat(1_000_000))
    expect(readJson(`{"a":${long},"b":${long},"a":1}`)).toEqual({ _tag: 'Fault', code: 'DUPLICATE_KEY', path: ['a'] })
    const deep = `${'['.repeat(900)}{"a":1,"a":2}${']'.repeat(900)}`
    expect(readJson(`{"x":${deep}}`)).toMatchObject({ code: 'DUPLICATE_KEY' })
  })

  it('that is invalid is a syntax error', () => {
    for (const text of ['', '{', '{"a":1,}', "{'a':1}"]) {
      expect(readJson(text)).toEqual({ _tag: 'Fault', code: 'SYNTAX_ERROR' })
    }
  })
})
