import {
  appendFileSync,
  linkSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { pathToFileURL } from 'node:url'
import { gzipSync } from 'node:zlib'
import { createMemoryRepository } from '@userpoint/adapter-memory'
import { parse } from 'csv-parse/sync'
import fc from 'fast-check'
import { afterAll, describe, expect, expectTypeOf, it } from 'vitest'
import { CsvRefused, type CsvReport, importCsv, type RowOf } from '../src/csv/index.ts'
import { createUserpoint, type Line, type Userpoint } from '../src/index.ts'

const runs = Math.ceil(200 * Number(process.env.USERPOINT_RUNS ?? 1))

const folder = mkdtempSync(join(tmpdir(), 'userpoint-csv-test-'))
afterAll(() => rmSync(folder, { recursive: true }))
let files = 0
const newPath = () => join(folder, `errors-${files++}.csv`)

const open = () => createUserpoint({ repository: createMemoryRepository() })

const mapping = {
  columns: ['hash', 'city'],
  line: ({ hash, city }: RowOf<'hash' | 'city'>): Line<'USER_PROFILE'> => {
    if (city === 'nowhere') throw new Error('no such city')
    return { operation: 'UPSERT', email_hash: hash, force_replace: true, user_profile: { city } }
  }
} as const

/** Imports a CSV, and returns the report with the error CSV. */
const importText = async (text: string | Uint8Array, people: Userpoint = open(), options: object = {}) => {
  let errors = ''
  const report = await importCsv(people, 'USER_PROFILE', typeof text === 'string' ? Buffer.from(text) : text, {
    ...mapping,
    ...options,
    errors: (piece) => {
      errors += piece
    }
  })
  return { report, errors }
}

const rowsOf = (errors: string): ReadonlyArray<ReadonlyArray<string>> =>
  parse(errors, { bom: true, relax_column_count: true })

const cityOf = async (people: Userpoint, emailHash: string): Promise<unknown> =>
  ((await people.find({ emailHash })) as { profiles: ReadonlyArray<{ city: unknown }> } | undefined)?.profiles[0]?.city

const codeOf = async (work: Promise<unknown>) =>
  work.then(
    () => 'applied',
    (error: unknown) => (error instanceof CsvRefused ? `${error.code} ${error.line} ${error.column}` : error)
  )

describe('a CSV', () => {
  it('is applied row by row; rejected rows are written with their line, a code and a sentence', async () => {
    const people = open()
    const { report, errors } = await importText(
      '\ufeffname,hash,city\r\nAda,h1,Paris\r\n"B,\r\nob",,Lyon\r\n\r\nEve,h3\r\nMax,h4,nowhere\r\nZoë,h"5,Nice\r\nIda,h6,"a ""b"""',
      people
    )
    expect(report).toMatchObject({
      status: 'Completed',
      lines: 6,
      applied: 2,
      rejected: 4,
      rejections: [
        { code: 'BAD_FIELD', count: 1, lines: [3] },
        { code: 'BAD_QUOTES', count: 1, lines: [8] },
        { code: 'NOT_MAPPED', count: 1, lines: [7] },
        { code: 'WRONG_COLUMN_COUNT', count: 1, lines: [6] }
      ]
    })
    expect(rowsOf(errors)).toEqual([
      ['error_line', 'error_code', 'error_message', 'name', 'hash', 'city'],
      ['3', 'BAD_FIELD', 'email_hash: the field has the wrong type or is empty', 'B,\r\nob', '', 'Lyon'],
      ['6', 'WRONG_COLUMN_COUNT', 'the row has more or fewer cells than the header', 'Eve', 'h3'],
      ['7', 'NOT_MAPPED', 'the program could not make a line of the row', 'Max', 'h4', 'nowhere'],
      ['8', 'BAD_QUOTES', expect.stringContaining('quotation mark'), 'Zoë', 'h"5', 'Nice']
    ])
    expect(await cityOf(people, 'h1')).toBe('Paris')
    expect(await cityOf(people, 'h6')).toBe('a "b"')
  })

  it('may be the corrected error CSV: its first columns are not written again', async () => {
    const { errors } = await importText('hash,city\n,Lyon\n')
    const again = await importText(errors.replace(',Lyon', 'h,nowhere'))
    expect(rowsOf(again.errors)).toEqual([
      ['error_line', 'error_code', 'error_message', 'hash', 'city'],
      ['2', 'NOT_MAPPED', 'the program could not make a line of the row', 'h', 'nowhere']
    ])
  })

  it('that has a header only is applied, and has an error CSV with a header', async () => {
    const { report, errors } = await importText('hash,city')
    expect(report).toMatchObject({ status: 'Completed', lines: 0 })
    expect(rowsOf(errors)).toHaveLength(1)
  })

  it.each([
    ['EMPTY_FILE undefined undefined', ''],
    ['EMPTY_FILE undefined undefined', '\ufeff\r\n\n'],
    ['DUPLICATE_HEADER 1 3', 'hash,city,hash\nh,Paris,h\n'],
    ['MISSING_COLUMN 2 city', '\nhash;city\nh;Paris\n'.replace(';', ',').replace('city', 'town')],
    ['MISSING_COLUMN 1 hash', 'hash;city\nh;Paris\n'],
    ['QUOTE_NOT_CLOSED 3 undefined', 'hash,city\nh,Paris\ni,"Lyon\nj,Nice\n'],
    ['ROW_TOO_LONG 2 undefined', `hash,city\nh,"${'x,y\n'.repeat(300_000)}`],
    ['BAD_ENCODING undefined undefined', Buffer.from('hash,city\nh,Orl\xe9ans\n', 'latin1')]
  ])('that is wrong as a whole is refused: %s', async (code, text) => {
    const people = open()
    expect(await codeOf(importText(text, people))).toBe(code)
    expect(await people.find({ emailHash: 'h' })).toBeUndefined()
  })

  it('that is text with a lone surrogate is refused, and not repaired', async () => {
    const imported = importCsv(open(), 'USER_PROFILE', 'hash,city\nh\ud83d,Paris\n', {
      ...mapping,
      errors: () => undefined
    })
    await expect(imported).rejects.toMatchObject({ code: 'BAD_ENCODING' })
  })

  it('has the delimiter and the encoding that it is said to have', async () => {
    const people = open()
    const options = { delimiter: ';', encoding: 'windows-1252' }
    const { errors } = await importText(Buffer.from('hash;city\nh;Orl\xe9ans\n;a,b\n', 'latin1'), people, options)
    expect(await cityOf(people, 'h')).toBe('Orléans')
    expect(errors).toMatch(/^3;BAD_FIELD;.*;;a,b\r$/m)
    await expect(importText('', people, { delimiter: ';;' })).rejects.toBeInstanceOf(TypeError)
    await expect(importText('', people, { encoding: 'none' })).rejects.toBeInstanceOf(TypeError)
  })

  it('whose rows are wrong too often is rejected as a whole', async () => {
    const people = open()
    const { report } = await importText('hash,city\nh,Paris\n,Lyon\n', people, { maxRejected: '5%' })
    expect(report).toMatchObject({ status: 'JobRejected', applied: 0, rejected: 2, lines: 2 })
    expect(await people.find({ emailHash: 'h' })).toBeUndefined()
  })

  it('is read from a path, gzip too, and from text; it tells the bytes of both readings', async () => {
    const path = join(folder, 'crm.csv')
    const text = 'hash,city\nh,Paris\ni,Lyon\n'
    writeFileSync(path, text)
    writeFileSync(`${path}.gz`, gzipSync(text))
    for (const source of [path, `${path}.gz`, text]) {
      const told = new Map<number, number>()
      const onProgress = ({ reading, bytes }: { reading: number; bytes: number }) => void told.set(reading, bytes)
      expect(await importCsv(open(), 'USER_PROFILE', source, { ...mapping, onProgress })).toMatchObject({ applied: 2 })
      expect([...told]).toEqual([
        [1, text.length],
        [2, text.length]
      ])
    }
  })

  it('is never overwritten by its own errors', async () => {
    for (const execution of [{}, { execution: 'nightly' } as const]) {
      const [path, link, hardLink] = [newPath(), newPath(), newPath()]
      writeFileSync(path, 'hash,city\nh1,Paris\n,Lyon\n')
      symlinkSync(path, link)
      linkSync(path, hardLink)
      const people = open()
      const places = [path, relative(process.cwd(), path), pathToFileURL(path), link, hardLink]
      for (const source of places) {
        for (const errors of places) {
          const options = { ...mapping, ...execution, errors }
          await expect(importCsv(people, 'USER_PROFILE', source, options)).rejects.toThrow('would overwrite')
        }
      }
      expect(readFileSync(path, 'utf8')).toBe('hash,city\nh1,Paris\n,Lyon\n')
      expect(await people.find({ emailHash: 'h1' })).toBeUndefined()
    }
  })

  it('compiles only with a mapping to lines of the document, from the columns that it names', () => {
    const call = () =>
      importCsv(open(), 'USER_PROFILE', 'crm.csv', {
        columns: ['hash'],
        // @ts-expect-error: there is no column of that name
        line: ({ hash, city }) => ({
          operation: 'UPSERT',
          email_hash: hash,
          force_replace: true,
          user_profile: { city }
        })
      })
    const incomplete = () =>
      importCsv(open(), 'USER_PROFILE', 'crm.csv', {
        columns: ['hash'],
        // @ts-expect-error: the line does not say how to merge
        line: ({ hash }) => ({ operation: 'UPSERT', email_hash: hash, user_profile: {} })
      })
    expectTypeOf(call).returns.resolves.toEqualTypeOf<CsvReport>()
    expect(incomplete).toBeTypeOf('function')
  })
})

describe('the error CSV of an execution', () => {
  const text = `hash,city\n${Array.from({ length: 3_000 }, (_, n) => (n % 3 === 0 ? `,c${n}` : `h${n},c${n}`)).join('\n')}\n`

  // Slow: each of some five runs reads the CSV four times.
  it('is continued by later runs, and ends as after one run', async () => {
    const once = newPath()
    await importCsv(open(), 'USER_PROFILE', text, { ...mapping, execution: 'nightly', errors: once })
    expect(rowsOf(readFileSync(once, 'utf8'))).toHaveLength(1_001)
    expect(statSync(once).mode & 0o077).toBe(0)
    const people = open()
    const path = newPath()
    const resumedAt: number[] = []
    for (let isDone = false; !isDone; ) {
      const stop = new AbortController()
      let pieces = 0
      const report = await importCsv(people, 'USER_PROFILE', text, {
        ...mapping,
        execution: 'nightly',
        errors: path,
        signal: stop.signal,
        onProgress: ({ reading }) => {
          if (reading === 2 && ++pieces === 1 + resumedAt.length) stop.abort()
        }
      })
      isDone = report.status === 'Completed'
      if (isDone) expect(report).toMatchObject({ lines: 3_000, applied: 2_000, rejected: 1_000 })
      if ('resumedAt' in report) resumedAt.push(report.resumedAt)
      // What a run that was killed had written, and not committed.
      if (!isDone) appendFileSync(path, 'not committed\r\n')
    }
    expect(resumedAt.filter((at) => at > 0).length).toBeGreaterThan(1)
    expect(readFileSync(path, 'utf8')).toBe(readFileSync(once, 'utf8'))
  })

  it('needs a path, and its file as it was left', async () => {
    const options = { ...mapping, execution: 'nightly' }
    await expect(importCsv(open(), 'USER_PROFILE', text, { ...options, errors: () => undefined })).rejects.toThrow(
      TypeError
    )
    const [people, path] = [open(), newPath()]
    const stop = new AbortController()
    const onProgress = ({ reading }: { reading: number }) => void (reading === 2 && stop.abort())
    const first = { ...options, errors: path, signal: stop.signal, onProgress }
    expect(await importCsv(people, 'USER_PROFILE', text, first)).toMatchObject({ status: 'Stopped' })
    rmSync(path, { force: true })
    const next = importCsv(people, 'USER_PROFILE', text, { ...options, errors: path })
    await expect(next).rejects.toMatchObject({ code: 'ERROR_FILE_LOST' })
  })

  it('that cannot be written fails before anything is applied', async () => {
    for (const execution of [{}, { execution: 'nightly' } as const]) {
      const people = open()
      const options = { ...mapping, ...execution, errors: join(folder, 'none', 'errors.csv') }
      const failed = importCsv(people, 'USER_PROFILE', text, options)
      await expect(failed).rejects.toMatchObject({ code: 'ERROR_FILE_FAILED' })
      expect(await people.find({ emailHash: 'h1' })).toBeUndefined()
    }
  })
})

// Cells that are quotes, delimiters, line breaks, formulas, keys of objects.
const cell = fc.oneof(
  fc.string({ unit: fc.constantFrom(...'a"\',;\r\n\t =+-@\u00e9\u{1F600}\ufeff') }),
  fc.constantFrom('', 'nowhere', '__proto__', '"', '""', '\n', '\r', 'h1', 'h2', ' ')
)
type Fate = 'row' | 'short' | 'long' | 'quotes'
const row = fc.record({
  cells: fc.tuple(cell, cell, cell),
  fate: fc.oneof({ weight: 5, arbitrary: fc.constant<Fate>('row') }, fc.constantFrom<Fate>('short', 'long', 'quotes')),
  quote: fc.boolean(),
  end: fc.constantFrom('\n', '\r\n', '\r', '\n\n', '\r\n\r\n')
})

const written = (text: string, quote: boolean): string =>
  quote || /[",\r\n]/.test(text) || text.startsWith('\ufeff') ? `"${text.replaceAll('"', '""')}"` : text

const breaksIn = (text: string): number => text.match(/\r\n|\r|\n/g)?.length ?? 0

const cellsOf = (cells: ReadonlyArray<string>, fate: Fate): ReadonlyArray<string> => {
  if (fate === 'short') return cells.slice(0, 2)
  if (fate === 'long') return [...cells, 'more']
  return fate === 'quotes' ? [...cells.slice(0, 2), '5\'10" tall'] : cells
}

const isIdentifier = (text: string): boolean => text !== '' && text.length <= 512

describe('any CSV', () => {
  it('is counted row by row, and its rejected rows are written as they were', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(row, { maxLength: 12 }),
        fc.boolean(),
        fc.integer({ min: 1, max: 9 }),
        async (rows, bom, size) => {
          let text = `${bom ? '\ufeff' : ''}hash,city,__proto__\r\n`
          let line = 2
          const kept = new Map<string, string>()
          const rejected: Array<ReadonlyArray<string>> = []
          for (const { cells, fate, quote, end } of rows) {
            const all = cellsOf(cells, fate)
            const [hash = '', city = ''] = all
            if (fate === 'row' && city !== 'nowhere' && isIdentifier(hash)) kept.set(hash, city)
            else rejected.push([String(line), ...all])
            const last = fate === 'quotes' ? 2 : all.length
            const texts = all.map((each, at) => (at < last ? written(each, quote) : each))
            text += texts.join(',') + end
            line += 1 + all.reduce((sum, each) => sum + breaksIn(each), 0) + breaksIn(end) - 1
          }
          const bytes = new TextEncoder().encode(text)
          const people = open()
          let errors = ''
          const pieces = async function* () {
            for (let at = 0; at < bytes.length; at += size) yield bytes.slice(at, at + size)
          }
          const report = await importCsv(people, 'USER_PROFILE', pieces, {
            ...mapping,
            errors: (piece) => {
              errors += piece
            }
          })
          expect(report).toMatchObject({ lines: rows.length, rejected: rejected.length })
          expect(report.applied + report.noOp + report.rejected).toBe(report.lines)
          expect(report.rejections.reduce((sum, { count }) => sum + count, 0)).toBe(report.rejected)
          expect(
            rowsOf(errors)
              .slice(1)
              .map(([at, , , ...cells]) => [at, ...cells])
          ).toEqual(rejected)
          for (const [hash, city] of kept) expect(await cityOf(people, hash)).toBe(city)
        }
      ),
      { numRuns: runs }
    )
  })
})

describe('a line that JSON would change without a word', () => {
  it.each<[string, unknown]>([
    ['a number that is not one', Number('tomorrow')],
    ['an invalid date', new Date('tomorrow')],
    ['a Map', new Map([['city', 'Lyon']])],
    ['bytes', new Uint8Array(2)],
    ['a promise', Promise.resolve('Lyon')],
    ['a function', () => 'Lyon']
  ])('is not mapped, and the row is told: %s', async (_, value) => {
    const people = open()
    let errors = ''
    const report = await importCsv(people, 'USER_PROFILE', 'hash\n9f86d081\n', {
      columns: ['hash'],
      line: ({ hash }) =>
        ({
          operation: 'UPSERT',
          email_hash: hash,
          force_replace: true,
          user_profile: { value }
        }) as Line<'USER_PROFILE'>,
      errors: (text) => {
        errors += text
      }
    })
    expect(report).toMatchObject({ applied: 0, rejected: 1, rejections: [{ code: 'NOT_MAPPED' }] })
    expect(errors).toContain('2,NOT_MAPPED')
    expect(await people.find({ emailHash: '9f86d081' })).toBeUndefined()
  })
})
