import { documentTypes, type DocumentType } from '@userpoint/core/mediarithmics'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { lineText } from '@userpoint/conformance/arbitraries'
import { seed, timeout, times } from '../../../packages/core/test/laws/law.ts'
import { hasPlainPrototypes } from '../../../packages/core/test/laws/predicates.ts'
import { documents, type Imported, importText, memoryStore } from './store.ts'

const linesPerDocument = 2_000
// However few, there is a document of each type: what the test demands in the end is not seen otherwise.
const linesInAll = linesPerDocument * Math.max(20, times(100))

/** Numbers from 0 up to 1 that are the same in every run: fast-check would take minutes for so many lines. */
const randomFrom = (start: number): (() => number) => {
  let state = start | 0
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

/** Corruptions of a line. */
const scraps = [
  ...'{}[],:"\\0-.e \t\u0000\u007f',
  '\\u0000',
  '\\ud800',
  '\\udc00\\ud800',
  '"__proto__":',
  '"constructor":{"prototype":{}},',
  '"user_profile":null,',
  '"compartment_id":1e308,',
  '1e999',
  '-0',
  'null',
  'true',
  '\u00e9',
  'e\u0301',
  '\u2028',
  '\ufeff',
  '\u{1f600}',
  '{"a":'.repeat(120),
  '['.repeat(3_000)
]

/** Lines of one type, each on one line: right ones, wrong ones, and mutations of both as text. */
const lineSource = (type: DocumentType, random: () => number): ((quiet: boolean) => string) => {
  const below = (n: number) => Math.floor(random() * n)
  const sample = fc.sample(lineText(type), { numRuns: 600, seed }).map((text) => text.replace(/[\r\n]+/g, ' '))
  const written = [...sample, '{"type":"USER_AGENT","user_agent_id":"udp:1"}']
  // A device point's id in one line rejects the whole document: half of the documents hold none.
  const harmless = written.filter((text) => !text.includes('udp:'))
  const pick = <A>(some: ReadonlyArray<A>): A => some[below(some.length)] as A

  const mutated = (text: string, source: ReadonlyArray<string>): string => {
    const at = below(text.length + 1)
    const to = at + below(8)
    switch (below(4)) {
      case 0:
        return text.slice(0, at) + text.slice(to)
      case 1:
        return text.slice(0, at) + pick(scraps) + text.slice(at)
      case 2:
        return text.slice(0, at) + pick(scraps) + text.slice(to)
      default:
        return text.slice(0, at) + pick(source).slice(below(40))
    }
  }

  return (quiet) => {
    const source = quiet ? harmless : written
    let text = pick(source)
    if (random() < 0.3) for (let edits = 1 + below(3); edits > 0; edits--) text = mutated(text, source)
    return quiet ? text.replaceAll('udp:', 'mum:') : text
  }
}

/** One verdict for each command, in order, and a report that adds up. */
const isTotal = ({ verdicts, report }: Imported): boolean => {
  const counts = { Applied: 0, NoOp: 0, Rejected: 0 }
  for (const { verdict } of verdicts) counts[verdict._tag]++
  return (
    verdicts.every(({ index, line }, i) => index === i && line >= (verdicts[i - 1]?.line ?? 1)) &&
    report.lines === verdicts.length &&
    report.applied === counts.Applied &&
    report.noOp === counts.NoOp &&
    report.rejected === counts.Rejected &&
    report.rejections.reduce((sum, { count }) => sum + count, 0) === counts.Rejected &&
    (report.jobRejection === undefined || report.rejected === report.lines)
  )
}

/** The lines of a text that are not blank, from 1: each is a command where one line is one command. */
const linesOf = (text: string): ReadonlyArray<number> =>
  text.split('\n').flatMap((line, i) => (/[^ \t\r]/.test(line) ? [i + 1] : []))

const prototypes = [Object, Array, String, Number, Boolean, Function, Map, Set, Promise].map(
  ({ prototype }) => prototype as object
)

const fingerprint = (): string =>
  prototypes.map((prototype) => Reflect.ownKeys(prototype).map(String).join()).join('\n')

describe('totality', () => {
  test(`[L-17] ${linesInAll.toLocaleString('en')} random lines: one verdict each, nothing thrown, no prototype changed`, {
    timeout
  }, async () => {
    const before = fingerprint()
    const random = randomFrom(seed)
    // Two documents that build for each that takes apart.
    const building = ['USER_PROFILE', 'USER_IDENTIFIERS_ASSOCIATION_DECLARATIONS'] as const
    const types = documentTypes.flatMap((type) =>
      building.some((each) => each === type) ? [type] : [...building, type]
    )
    const sources = types.map((type) => ({ type, next: lineSource(type, random) }))
    const { engine, repository } = memoryStore()
    const seen = { Applied: 0, NoOp: 0, Rejected: 0, jobs: 0, codes: new Set<string>() }

    for (let lines = 0, document = 0; lines < linesInAll; lines += linesPerDocument, document++) {
      const { type, next } = sources[document % sources.length] as (typeof sources)[number]
      const quiet = type === 'USER_IDENTIFIERS_DELETION' && random() < 0.8
      const text = Array.from({ length: linesPerDocument }, () => next(quiet)).join('\n')
      const imported = await importText(engine, type, text, { framing: 'strict', linesPerUnit: 500 })

      expect(imported.verdicts.map(({ line }) => line)).toEqual(linesOf(text))
      expect(isTotal(imported), `document ${document}`).toBe(true)
      expect(hasPlainPrototypes(imported), `prototypes of the verdicts of document ${document}`).toBe(true)
      if (document % 4 === 0)
        expect(isTotal(await importText(engine, type, text)), `document ${document}, lenient`).toBe(true)
      for (const { verdict } of imported.verdicts) {
        seen[verdict._tag]++
        if (verdict._tag === 'Rejected') seen.codes.add(verdict.code)
      }
      if (imported.report.jobRejection !== undefined) seen.jobs++
    }

    for (const { body } of await documents(repository)) expect(hasPlainPrototypes(body)).toBe(true)
    expect(fingerprint()).toBe(before)
    expect(({} as Record<string, unknown>)['polluted']).toBe(undefined)
    // Lines that are all rejected would prove nothing.
    expect(seen.Applied, 'applied').toBeGreaterThan(linesInAll / 10)
    expect(seen.NoOp, 'no-op').toBeGreaterThan(linesInAll / 50)
    expect(seen.Rejected, 'rejected').toBeGreaterThan(linesInAll / 10)
    expect(seen.jobs, 'rejected jobs').toBeGreaterThan(0)
    expect(seen.codes.size, 'rejection codes').toBeGreaterThan(12)
  })
})
