import { describe, expect, it } from 'vitest'
import { createFramer } from '../../src/engine/input/framing.ts'
import { mostLevels } from '../../src/domain/json-bounds.ts'
import { bytesOf, framed, framedAs, framesOf, shown } from './frames.ts'

const modes = ['lenient', 'strict'] as const

describe.each(modes)('%s framing', (mode) => {
  const frame = (text: string, maxLength?: number) => framed(text, mode, maxLength)

  it('[A-04] reads one object a line, with its index and its line', () => {
    expect(frame('{"a":1}\n{"b":[2]}\n{"c":{}}\n')).toEqual(['1 {"a":1}', '2 {"b":[2]}', '3 {"c":{}}'])
  })

  it('needs no line feed at the end', () => {
    expect(frame('{"a":1}\n{"b":2}')).toEqual(['1 {"a":1}', '2 {"b":2}'])
  })

  it('[A-40] reads nothing out of nothing', () => {
    for (const nothing of ['', '\n', ' \t\r\n\n', '\ufeff', '\ufeff\n']) expect(frame(nothing)).toEqual([])
  })

  it('says where each line starts, with any pieces, empty ones too', () => {
    const bytes = bytesOf('{"a":"😀"}\n{"b":"é"}\n{"c":1}\n')
    const starts = [0, bytesOf('{"a":"😀"}\n').length, bytesOf('{"a":"😀"}\n{"b":"é"}\n').length]
    for (let cut = 0; cut < bytes.length; cut++) {
      const pieces = [bytes.subarray(0, cut), new Uint8Array(0), bytes.subarray(cut, cut + 1), bytes.subarray(cut + 1)]
      expect(framesOf(pieces, mode).map(({ start }) => start)).toEqual(starts)
    }
  })

  it('drops a byte order mark at the start, and nowhere else', () => {
    expect(frame('\ufeff{"a":1}\n')).toEqual(['1 {"a":1}'])
    expect(frame('{"a":1}\n\ufeff{"b":1}\n{"c":1}')).toEqual(['1 {"a":1}', '2 BYTE_ORDER_MARK', '3 {"c":1}'])
    expect(frame('\ufeff\ufeff{"a":1}')).toEqual(['1 BYTE_ORDER_MARK'])
  })

  it('takes CRLF as the end of a line', () => {
    expect(frame('{"a":1}\r\n\r\n{"b":2}\r\n')).toEqual(['1 {"a":1}', '3 {"b":2}'])
  })

  it('skips blank lines, and counts them', () => {
    expect(frame('\n  \n{"a":1}\n\n\t\r\n{"b":2}\n\n')).toEqual(['3 {"a":1}', '6 {"b":2}'])
  })

  it('takes white space around an object', () => {
    expect(frame('  {"a":1}\t \n \t{"b":2} \r\n')).toEqual(['1 {"a":1}', '2 {"b":2}'])
  })

  it('\\u2028 and \\u2029 are text, and end no line', () => {
    expect(frame('{"a":"x\u2028y\u2029z\u0085"}\n{"b":2}')).toEqual(['1 {"a":"x\u2028y\u2029z\u0085"}', '2 {"b":2}'])
    expect(frame('{"a":1}\u2028\n{"b":2}').at(-1)).toBe('2 {"b":2}')
  })

  it('gives scalars as the values they are', () => {
    expect(frame('7\n"x"\nnull\ntrue\n-1.5e3\n{"a":1}')).toEqual([
      '1 7',
      '2 "x"',
      '3 null',
      '4 true',
      '5 -1500',
      '6 {"a":1}'
    ])
  })

  it('keeps keys that are plain data only in JSON', () => {
    const [only] = framesOf([bytesOf('{"__proto__":{"a":1},"constructor":2,"":3}')], mode)
    expect(only).toMatchObject({ _tag: 'Value' })
    expect(Object.keys((only as { value: object }).value)).toEqual(['__proto__', 'constructor', ''])
  })

  it('[A-41] a key twice in one object is a fault of its line, with its place', () => {
    const text = '{"hash":"mia","hash":"tom"}\n{"a":[{"b":1,"\\u0062":2}]}\n{"a":{"a":1}}'
    expect(framesOf([bytesOf(text)], mode)).toMatchObject([
      { _tag: 'Fault', code: 'DUPLICATE_KEY', path: ['hash'] },
      { _tag: 'Fault', code: 'DUPLICATE_KEY', path: ['a', 0, 'b'] },
      { _tag: 'Value' }
    ])
  })

  const broken = [
    ['{"a":}', '{"a":1,}', '{a:1}', "{'a':1}", '{"a":01}', '{"a":1 "b":2}', '{"a":tru}', '{"a":"\\x"}', '{"a":NaN}'],
    ['{"a":1]', '{"a":1}}', '}', ':', 'x', '// note', '# note', '{"a":"\t"}', '{"a":+1}', '{"a":.5}', '{"a":"b']
  ].flat()
  it.each(broken)('after %j it resumes at the next line that starts an object', (wrong) => {
    const frames = frame(`{"n":1}\n${wrong}\n{"n":2}\n  {"n":3}`)
    expect(frames.filter((each) => each.includes('n'))).toEqual(['1 {"n":1}', '3 {"n":2}', '4 {"n":3}'])
    expect(frames.filter((each) => each === '2 SYNTAX_ERROR')).toHaveLength(1)
  })

  it('an object that is not finished at the end is a syntax error', () => {
    for (const open of ['{', '{"a":1', '{"a":"', '{"a":[1,', '{"a":1\n\n']) {
      expect(frame(`{"n":1}\n${open}`).slice(0, 2)).toEqual(['1 {"n":1}', '2 SYNTAX_ERROR'])
    }
  })

  it('an object as long as the limit is fine, and one that is longer is one fault', () => {
    const longest = `{"a":"${'x'.repeat(22)}"}`
    const longer = `{"a":"${'x'.repeat(23)}"}`
    expect(longest).toHaveLength(30)
    for (const end of ['\n', '\r\n']) {
      expect(frame(longest + end + longer + end + longest + end, 30)).toEqual([
        `1 ${longest}`,
        '2 LINE_TOO_LARGE',
        `3 ${longest}`
      ])
    }
    expect(frame(longest, 30)).toEqual([`1 ${longest}`])
    expect(frame(longer, 30)).toEqual(['1 LINE_TOO_LARGE'])
    expect(frame(`{"a":1}\n{"a":"${'x'.repeat(500)}"}`, 30)).toEqual(['1 {"a":1}', '2 LINE_TOO_LARGE'])
    expect(frame(`{"a":"${'x'.repeat(500)}"}\n{"b":2}`, 30)).toEqual(['1 LINE_TOO_LARGE', '2 {"b":2}'])
  })

  it('counts the limit in UTF-16 code units, not in bytes', () => {
    const text = `{"a":"${'\u{1f600}'.repeat(11)}"}`
    expect(frame(text, 30)).toEqual([`1 ${text}`])
    expect(frame(text, 29)).toEqual(['1 LINE_TOO_LARGE'])
  })

  it('reads on through a value that is ever so much longer than the limit', () => {
    const framer = createFramer({ framing: mode, maxLength: 100, deletes: false })
    const piece = bytesOf('x'.repeat(100_000))
    expect(framer.push(bytesOf('{"a":"'))).toEqual([])
    for (let i = 0; i < 100; i++) expect(framer.push(piece)).toEqual([])
    expect(shown([...framer.push(bytesOf('"}\n')), ...framer.end()])).toEqual(['1 LINE_TOO_LARGE'])
  })

  it('reads text that is cut inside a character', () => {
    expect(frame('{"a":"é€\u{1f600}"}\n{"é":1}')).toEqual(['1 {"a":"é€\u{1f600}"}', '2 {"é":1}'])
  })

  it.each([
    ['a byte that starts nothing', [0xff]],
    ['a continuation without a start', [0x80]],
    ['an overlong form', [0xc0, 0xaf]],
    ['a surrogate', [0xed, 0xa0, 0x80]],
    ['half a character', [0xe2, 0x82]]
  ])('throws at %s, however it is cut', (_name, wrong) => {
    const bytes = Uint8Array.from([...bytesOf('{"a":"'), ...wrong, ...bytesOf('"}')])
    for (let cut = 0; cut <= bytes.length; cut++) {
      expect(() => framesOf([bytes.subarray(0, cut), bytes.subarray(cut)], mode)).toThrow(TypeError)
    }
  })

  it('throws at the end where it comes inside a character', () => {
    expect(() => framesOf([Uint8Array.from([0x7b, 0xe2, 0x82])], mode)).toThrow(TypeError)
  })
})

describe('lenient framing', () => {
  it('[A-04] reads objects that are written over several lines, each with the line it starts on', () => {
    const text = [
      '  {',
      '    "type": "USER_ACCOUNT",',
      '    "user_account_id": "ada"',
      '  }',
      '',
      '  { "type": "USER_EMAIL", "hash": "h1" }',
      '  {',
      '    "type": "USER_AGENT",',
      '    "nested": {',
      '      "a": [1,',
      '        2]',
      '    }}'
    ].join('\n')
    expect(framed(text)).toEqual([
      '1 {"type":"USER_ACCOUNT","user_account_id":"ada"}',
      '6 {"type":"USER_EMAIL","hash":"h1"}',
      '7 {"type":"USER_AGENT","nested":{"a":[1,2]}}'
    ])
    expect(framed(text.replaceAll('\n', '\r\n'))).toEqual(framed(text))
  })

  it('[A-04] reads several on one line, with space between them or none', () => {
    expect(framed('{"a":1} {"b":2}{"c":3}\t{"d":\n4} {"e":5}\n{"f":6}')).toEqual([
      '1 {"a":1}',
      '1 {"b":2}',
      '1 {"c":3}',
      '1 {"d":4}',
      '2 {"e":5}',
      '3 {"f":6}'
    ])
  })

  it('[A-05] a comma between objects is told that NDJSON is expected', () => {
    expect(framed('{"a":1},\n{"b":2},\n{"c":3}\n')).toEqual([
      '1 {"a":1}',
      '1 EXPECTED_NDJSON',
      '2 {"b":2}',
      '2 EXPECTED_NDJSON',
      '3 {"c":3}'
    ])
    expect(framed('{\n"a":1\n}\n,\n{"b":2}')).toEqual(['1 {"a":1}', '4 EXPECTED_NDJSON', '5 {"b":2}'])
  })

  it('[A-05] a comma inside an object that breaks it is a syntax error', () => {
    expect(framed('{"a":1,,"b":2}\n{"c":3}')).toEqual(['1 SYNTAX_ERROR', '2 {"c":3}'])
    expect(framed('{,"a":1}\n{"c":3}')).toEqual(['1 SYNTAX_ERROR', '2 {"c":3}'])
    expect(framed('{\n,"a":1}\n{"c":3}')).toEqual(['1 SYNTAX_ERROR', '2 SKIPPED', '3 {"c":3}'])
  })

  it('[A-05] a top-level array is one fault, over however many lines', () => {
    expect(framed('[{"a":1},{"b":2}]\n{"c":3}')).toEqual(['1 EXPECTED_NDJSON', '2 {"c":3}'])
    expect(framed('[\n{"a":1},\n{"b":2}\n]\n{"c":3}')).toEqual(['1 EXPECTED_NDJSON', '5 {"c":3}'])
    expect(framed('[]')).toEqual(['1 EXPECTED_NDJSON'])
    expect(framed('[{"a":1},')).toEqual(['1 EXPECTED_NDJSON'])
    expect(framed('[{"a":1},]')).toEqual(['1 EXPECTED_NDJSON'])
  })

  it('[A-05] a long array is still told that NDJSON is expected', () => {
    expect(framed(`[${'{"a":1},'.repeat(50)}{"a":1}]\n{"c":3}`, 'lenient', 30)).toEqual([
      '1 EXPECTED_NDJSON',
      '2 {"c":3}'
    ])
  })

  it('[A-04] after a syntax error the rest of the line is lost, and each line that starts otherwise is skipped', () => {
    expect(framed('{"a":} {"b":2}\n  "c": 3 }\n\n{"d":4}')).toEqual(['1 SYNTAX_ERROR', '2 SKIPPED', '4 {"d":4}'])
    expect(framed('oops {"b":2}\n{"c":3}')).toEqual(['1 SYNTAX_ERROR', '2 {"c":3}'])
    expect(framed('{"a":}\n"b": {"c":3}\n \n]\n{"d":4}')).toEqual([
      '1 SYNTAX_ERROR',
      '2 SKIPPED',
      '4 SKIPPED',
      '5 {"d":4}'
    ])
  })

  it('[A-04] a line that is indented deeper than the broken command is skipped', () => {
    expect(framed('{"a":tru}\n  {"b":2}\n{"c":3}')).toEqual(['1 SYNTAX_ERROR', '2 SKIPPED', '3 {"c":3}'])
    expect(framed('  oops\n  {"b":2}\n    {"c":3}')).toEqual(['1 SYNTAX_ERROR', '2 {"b":2}', '3 {"c":3}'])
    expect(framed('{"a":1},\n  {"b":2}')).toEqual(['1 {"a":1}', '1 EXPECTED_NDJSON', '2 SKIPPED'])
  })

  it('[A-04] a broken command is its first line, and each further line is one that is skipped', () => {
    expect(framed('{\n  "a": 1\n\n  "b": 2\n}\n{"c":3}')).toEqual([
      '1 SYNTAX_ERROR',
      '2 SKIPPED',
      '4 SKIPPED',
      '5 SKIPPED',
      '6 {"c":3}'
    ])
    expect(framed('{"n":1}\n{"a":\n{"b":2}\n{"c":3}')).toEqual([
      '1 {"n":1}',
      '2 SYNTAX_ERROR',
      '3 SKIPPED',
      '4 {"c":3}'
    ])
    expect(framed('{"a":\n{"b":2}\n')).toEqual(['1 SYNTAX_ERROR', '2 SKIPPED'])
    expect(framed('[\n{"b":2},\n')).toEqual(['1 EXPECTED_NDJSON', '2 SKIPPED'])
  })

  it('[A-04] U+001E before a value is white space, and ends what is broken', () => {
    const sequence = '\u001e{"a":1}\n\u001e {\n"b":2}\n\u001e{"c":\n\u001e{"d":4}\n\u001e\n'
    const expected = ['1 {"a":1}', '2 {"b":2}', '4 SYNTAX_ERROR', '5 {"d":4}']
    for (const deletes of [false, true]) expect(framedAs(sequence, { deletes })).toEqual(expected)
    expect(framedAs('\u001e{"a":1}\n \u001e\n\u001e{"b":\u001e2}', { mode: 'strict' })).toEqual([
      '1 {"a":1}',
      '3 SYNTAX_ERROR'
    ])
  })

  it('an object that the start of the next one breaks is one fault, and the next one is read', () => {
    expect(framed('{"a":1\n{"b":2}\n{"c":3}')).toEqual(['1 SYNTAX_ERROR', '2 {"b":2}', '3 {"c":3}'])
    expect(framed('  {"a":1,\n  {"b":2}\n')).toEqual(['1 SYNTAX_ERROR', '2 {"b":2}'])
    expect(framed('{\n{\n{"b":2}\n')).toEqual(['1 SYNTAX_ERROR', '2 SYNTAX_ERROR', '3 {"b":2}'])
    expect(framedAs('{\n{\n{"b":2}\n', { deletes: true })).toEqual(['1 SYNTAX_ERROR', '2 SKIPPED', '3 SKIPPED'])
    expect(framed('{"a":1 {"b":2}\n{"c":3}')).toEqual(['1 SYNTAX_ERROR', '2 {"c":3}'])
  })

  it('[A-04] what stands deeper in a broken command over several lines is never a command of its own', () => {
    const inside = '    {"type":"USER_EMAIL","hash":"victim"}'
    const after = '{"n":2}'
    for (const broken of [
      `{\n  "type": "USER_EMAIL" "hash": "a",\n  "note": [\n${inside}\n  ]\n}`,
      `{ "type" "USER_EMAIL",\n  "note": [\n${inside}\n  ]\n}`,
      `{ "note": [\n${inside}\n${inside}\n  ]\n}`,
      `{\n  "note":\n  {\n${inside}\n  }\n}`,
      `{ oops {\n${inside}\n}}`
    ]) {
      const count = broken.split('\n').length
      for (const deletes of [false, true]) {
        expect(framedAs(`{"n":1}\n${broken}\n${after}`, { deletes }), broken).toEqual([
          '1 {"n":1}',
          '2 SYNTAX_ERROR',
          ...Array.from({ length: count - 1 }, (_, i) => `${i + 3} SKIPPED`),
          `${count + 2} ${after}`
        ])
      }
    }
  })

  const victim = '{"type":"USER_EMAIL","hash":"victim"}'

  it.each([
    ['an array', `{"note": ["x"\n${victim}\n]}`],
    ['an array of a command that broke before', `{\n"type" "USER_EMAIL",\n"note": [\n${victim}\n]\n}`],
    ['a list that lost its commas', `{"note": [\n{"x":1}\n${victim}\n]}`],
    ['an object', `{"note": {"x":1\n${victim}\n}}`],
    ['a value that lost its colon', `{"note"\n${victim}\n}`],
    ['what follows a comma', `{"type":"USER_EMAIL",\n${victim}\n}`],
    ['an array at the top', `[{"x":1}\n${victim}\n]`],
    ['what follows a text that is not closed', `{"note": ["x\n${victim}\n]}`],
    ['what follows an escaped quote', `{"note": ["\\"]\\\\", "x\n${victim}\n]}`]
  ])('[A-04] in a document of deletions, an object that may be nested is never a command: in %s', (_where, broken) => {
    const frames = framedAs(`{"n":1}\n${broken}\n{"n":2}`, { deletes: true })
    expect(frames.filter((each) => each.includes('{'))).toEqual([
      '1 {"n":1}',
      `${broken.split('\n').length + 2} {"n":2}`
    ])
    expect(frames).toHaveLength(broken.split('\n').length + 2)
  })

  it.each([
    ['{"type":"USER_EMAIL","hash":"a"', ['1 SYNTAX_ERROR', '2 {"n":1}', '3 {"n":2}']],
    ['{"type":"USER_EMAIL","hash":"a', ['1 SYNTAX_ERROR', '2 {"n":1}', '3 {"n":2}']],
    ['{"type":"USER_EMAIL","list":[1,{}]', ['1 SYNTAX_ERROR', '2 {"n":1}', '3 {"n":2}']],
    ['{"type":"USER_EMAIL","hash":', ['1 SYNTAX_ERROR', '2 SKIPPED', '3 {"n":2}']],
    ['{"type":"USER_EMAIL","list":[', ['1 SYNTAX_ERROR', '2 SKIPPED', '3 SKIPPED']]
  ])('[A-04] in a document of deletions, reading resumes after a line that lost its end: %s', (cut, expected) => {
    expect(framedAs(`${cut}\n{"n":1}\n{"n":2}`, { deletes: true })).toEqual(expected)
  })

  it('[A-47] numbers that would change in silence reject their line', () => {
    expect(framed('{"a":12345678901234567890}\n{"a":1e-999}\n{"a":1e999}\n{"a":9007199254740993}')).toEqual([
      '1 BAD_NUMBER',
      '2 BAD_NUMBER',
      '3 BAD_NUMBER',
      '4 BAD_NUMBER'
    ])
    const kept = [
      '{"a":"12345678901234567890"}',
      '{"a":123456789012345680000}',
      '{"a":0.1}',
      '{"a":5e-324}',
      '{"a":1e+30}'
    ]
    expect(framed(kept.join('\n'))).toEqual(kept.map((line, i) => `${i + 1} ${line}`))
  })

  it('text that is broken at the end of a line is one fault', () => {
    expect(framed('{"a":"open\n{"b":2}')).toEqual(['1 SYNTAX_ERROR', '2 {"b":2}'])
  })

  it('an object over several lines is measured as a whole', () => {
    const text = '{\n"a":"xxxxxxxxxx",\n"b":"xxxxxxxxxx"\n}'
    expect(framed(`${text}\n{"c":3}`, 'lenient', text.length)).toEqual([
      '1 {"a":"xxxxxxxxxx","b":"xxxxxxxxxx"}',
      '5 {"c":3}'
    ])
    expect(framed(`${text}\n{"c":3}`, 'lenient', text.length - 1)).toEqual(['1 LINE_TOO_LARGE', '5 {"c":3}'])
  })

  it('several short objects on a line that is longer than the limit are fine', () => {
    expect(framed(`${'{"a":1} '.repeat(20)}\n{"b":2}`, 'lenient', 10)).toEqual([
      ...Array.from({ length: 20 }, () => '1 {"a":1}'),
      '2 {"b":2}'
    ])
    expect(framed(`${' '.repeat(100)}{"a":1}${' '.repeat(100)}\n{"b":2}`, 'lenient', 10)).toEqual([
      '1 {"a":1}',
      '2 {"b":2}'
    ])
  })

  describe.each<readonly [string, number, string]>([
    ['within the bound is the value it is', mostLevels - 1, 'Value'],
    ['beyond the bound is one fault', mostLevels, 'TOO_DEEP'],
    ['far beyond the bound is one fault', 120_000, 'TOO_DEEP']
  ])('a value that is nested %s', (_, arrays, kind) => {
    const deep = `{"a":${'['.repeat(arrays)}"${'x'.repeat(5_000)}"${']'.repeat(arrays)}}`
    const kinds = (pieces: ReadonlyArray<string>) =>
      framesOf(pieces.map(bytesOf), 'lenient', 250_000).map((frame) => [
        frame.line,
        frame._tag === 'Value' ? 'Value' : frame.code
      ])

    it('on its line, with the next line untouched', () => {
      expect(kinds([`${deep}\n{}`])).toEqual([
        [1, kind],
        [2, 'Value']
      ])
    })

    it('on several lines, at the first of them', () => {
      expect(kinds([`${deep.replace('{', '{\n').replace(':', ':\n')}\n{}`])).toEqual([
        [1, kind],
        [4, 'Value']
      ])
    })

    it('after blanks, and however it is cut', () => {
      const blank = ' '.repeat(300_000)
      for (const pieces of [
        [`\n${blank}${deep}\n{}`],
        ['\n', blank, `${deep}\n{}`],
        [`\n${blank}${deep.slice(0, 9)}`, `${deep.slice(9)}\n{}`],
        ['\n', deep.slice(0, arrays), deep.slice(arrays, -9), deep.slice(-9), '\n{}'],
        ['\n', ...(deep.match(/.{1,7}/g) ?? []), '\n{}']
      ]) {
        expect(kinds(pieces)).toEqual([
          [2, kind],
          [3, 'Value']
        ])
      }
    })
  })

  it('a value that is too long and breaks is one fault, with the lines that are within the limit skipped', () => {
    expect(framed(`{"a":"${'x'.repeat(100)}" oops}\n{"b":2}`, 'lenient', 10)).toEqual(['1 LINE_TOO_LARGE', '2 {"b":2}'])
    const long = `{"a":[\n1,\n2,\n3,\n"${'x'.repeat(20)}",\n4,\n5\noops\n7\n{"b":2}`
    expect(framed(long, 'lenient', 20)).toEqual([
      '1 LINE_TOO_LARGE',
      '2 SKIPPED',
      '3 SKIPPED',
      '4 SKIPPED',
      '5 SKIPPED',
      '8 SKIPPED',
      '9 SKIPPED',
      '10 {"b":2}'
    ])
  })
})

describe('strict framing', () => {
  it('[A-04] reads an object that is written over several lines as lines that are no JSON', () => {
    expect(framed('{\n"a":1\n}\n{"b":2}', 'strict')).toEqual([
      '1 SYNTAX_ERROR',
      '2 SYNTAX_ERROR',
      '3 SYNTAX_ERROR',
      '4 {"b":2}'
    ])
  })

  it('[A-04] takes one object a line', () => {
    expect(framed('{"a":1} {"b":2}\n{"c":3}', 'strict')).toEqual(['1 SYNTAX_ERROR', '2 {"c":3}'])
  })

  it('[A-05] gives an array as the value it is, which no document takes; a comma is a syntax error', () => {
    expect(framed('[{"a":1}]\n{"b":2},\n{"c":3}', 'strict')).toEqual(['1 [{"a":1}]', '2 SYNTAX_ERROR', '3 {"c":3}'])
  })

  it('a broken line does not touch the next', () => {
    expect(framed('{"a":1\n{"b":2}\n"open\n{"c":3}', 'strict')).toEqual([
      '1 SYNTAX_ERROR',
      '2 {"b":2}',
      '3 SYNTAX_ERROR',
      '4 {"c":3}'
    ])
  })

  it('a carriage return alone ends no line', () => {
    expect(framed('{"a":1}\r{"b":2}\n{"c":3}', 'strict')).toEqual(['1 SYNTAX_ERROR', '2 {"c":3}'])
  })
})
