/** The chain of receipts: each single alteration, drop and insertion is found, at each place. */
import { createHash } from 'node:crypto'
import { createMemoryRepository } from '@userpoint/adapter-memory'
import { createEngine, type Engine } from '@userpoint/core'
import type { Command } from '@userpoint/core/command'
import { checkChain, type ClaimedEntry, type ReceiptHead, verifyExport } from '@userpoint/core/receipts'
import { mintIds, slowClock } from '@userpoint/conformance/arbitraries'
import type { Repository } from '@userpoint/core/repository'
import { erasureKeyFrom } from '@userpoint/settings'
import { expect, it } from 'vitest'

// The campaign makes ten thousand erasures.
const erasures = Number(process.env['USERPOINT_RUNS'] ?? '1') >= 1 ? 10_000 : 500
const perCall = 250

const digest = (text: string): string => createHash('sha256').update(text).digest('hex')
const nameOf = (n: number): string => `person-${n}@example.org`

const erased = async (): Promise<{ readonly engine: Pick<Engine, 'receipts'>; readonly repository: Repository }> => {
  const repository = createMemoryRepository()
  const engine = createEngine({
    repository,
    clock: slowClock(),
    newId: mintIds(),
    purge: 'manual',
    erasure: { key: erasureKeyFrom(new Uint8Array(32).fill(7)) }
  })
  for (let from = 0; from < erasures; from += perCall) {
    const references = Array.from(
      { length: perCall },
      (_, n) => ({ _tag: 'EmailHash', hash: nameOf(from + n) }) as const
    )
    const commands = references.flatMap(
      (reference): ReadonlyArray<Command> => [
        { _tag: 'EnterScenario', reference, scenario: nameOf(0) },
        { _tag: 'DeleteUserPoint', reference, ...(reference.hash.includes('7') && { suppress: true }) }
      ]
    )
    const outcome = await engine.execute(commands)
    if (outcome._tag === 'Left') throw new Error(outcome.left._tag)
    await engine.receipts?.seal()
  }
  return { engine, repository }
}

const made = erased()

const exported = async (): Promise<ReadonlyArray<string>> => {
  const lines: string[] = []
  for await (const line of (await made).engine.receipts?.export({ clock: () => 0 }) ?? []) lines.push(line)
  return lines
}

const foreign = (line: ClaimedEntry): ClaimedEntry => ({ ...line, entry: { ...(line.entry as object), at: -1 } })

/** Each returns the lines at a place after one change. */
const changes: Readonly<
  Record<string, (line: ClaimedEntry, next: ClaimedEntry | undefined) => ReadonlyArray<ClaimedEntry>>
> = {
  altered: (line) => [foreign(line)],
  dropped: () => [],
  inserted: (line) => [foreign(line), line],
  doubled: (line) => [line, line],
  numbered: (line) => [{ ...line, number: line.number + 1 }],
  hashed: (line) => [{ ...line, hash: digest(line.hash) }],
  swapped: (line, next) => (next === undefined ? [foreign(line)] : [next, line])
}
/** Returns a check of a chain that has begun: with so many entries, of which the last hash is this. */
const checkAfter = (begun: ClaimedEntry | undefined, head: ReceiptHead) => {
  if (begun === undefined) return checkChain(digest, { ...head, of: 'whole' })
  const { number, hash } = begun
  const from = (text: string): string => (text === 'userpoint receipts' ? hash : digest(text))
  const check = checkChain(from, { entries: head.entries - number, hash: head.hash, of: 'whole' })
  return { ...check, next: (line: ClaimedEntry) => check.next({ ...line, number: line.number - number }) }
}

// Slow: ten thousand erasures in the campaign.
it('[L-38] no single alteration, drop or insertion of any receipt stays unseen', async () => {
  const lines = await exported()
  const last = lines.at(-1) as string
  const { head } = JSON.parse(last) as { readonly head: ReceiptHead }
  const entries = lines.slice(0, -1).map((line) => JSON.parse(line) as ClaimedEntry)
  expect([entries.length, (await verifyExport(lines, { digest })).flaw]).toEqual([erasures, undefined])
  const unseen: Array<readonly [string, number]> = []
  for (const [at, line] of entries.entries()) {
    for (const [name, change] of Object.entries(changes)) {
      const check = checkAfter(entries[at - 1], head)
      // The first line that differs is seen at once, or by the next; of the last line, by the head.
      const rest = [...change(line, entries[at + 1]), ...entries.slice(at + (name === 'swapped' ? 2 : 1), at + 4)]
      for (const each of rest) check.next(each)
      const { flaw } = check.end()
      if (flaw === undefined || (flaw._tag === 'Head' && at < entries.length - 1)) unseen.push([name, at])
    }
  }
  expect(unseen).toEqual([])
  for (const at of [0, 1, erasures >> 1, erasures - 1]) {
    const text = (some: ReadonlyArray<ClaimedEntry>) => [...some.map((each) => JSON.stringify(each)), last]
    for (const change of Object.values(changes)) {
      const changed = change(entries[at] as ClaimedEntry, undefined)
      const whole = [...entries.slice(0, at), ...changed, ...entries.slice(at + 1)]
      expect((await verifyExport(text(whole), { digest })).flaw).toBeDefined()
    }
  }
})

it.each([
  ['a key twice in the line', (line: string) => line.replace('"entry":', '"entry":{"people":99},"entry":')],
  [
    'a key twice, once escaped',
    (line: string) => line.replace('"entry":', String.raw`"\u0065ntry":{"people":99},"entry":`)
  ],
  ['a key twice in the entry', (line: string) => line.replace('"people":', '"people":99,"people":')],
  ['an unknown key', (line: string) => line.replace('{', '{"note":"forged",')],
  ['the field of a head', (line: string) => line.replace('{', '{"unsealed":0,')]
])('[L-38] [A-41] an export whose line has %s is flawed', async (_, change) => {
  const lines = await exported()
  const at = lines.findIndex((line) => line.includes('"people":'))
  expect(change(lines[at] as string)).not.toBe(lines[at])
  const { flaw } = await verifyExport(lines.with(at, change(lines[at] as string)), { digest })
  expect(flaw).toEqual({ _tag: 'Line', line: at + 1 })
})

it.each([
  ['a key twice', (line: string) => line.replace('"entries":', '"entries":1,"entries":')],
  ['an unknown key', (line: string) => line.replace('{', '{"note":"forged",')],
  ['an unknown key in its head', (line: string) => line.replace('"entries":', '"note":1,"entries":')],
  ['a signature that is no text', (line: string) => line.replace('"entries":', '"signature":1,"entries":')]
])('[L-38] [A-41] an export whose last line has %s is flawed', async (_, change) => {
  const lines = await exported()
  const changed = change(lines.at(-1) as string)
  const { flaw } = await verifyExport(lines.with(-1, changed), { digest })
  expect(flaw).toEqual({ _tag: 'Line', line: lines.length })
})

it('[L-38] a verification repeats nothing of an export that the signature does not cover', async () => {
  const lines = await exported()
  const forged = (lines.at(-1) as string).replace('"unsealed":0', '"unsealed":7')
  const report = await verifyExport(lines.with(-1, forged), { digest })
  expect([report.flaw, Object.keys(report).toSorted()]).toEqual([undefined, ['flaw', 'head']])
})

it('[L-38] [L-37] neither receipts nor suppressions hold an identifier, or the id of a person', async () => {
  const { engine, repository } = await made
  const kept: unknown[] = []
  for await (const each of engine.receipts?.suppressions() ?? []) kept.push(each)
  expect(kept.length).toBeGreaterThan(20)
  for (const kind of ['suppression', 'receipt_block', 'receipt_head', 'erasure_receipts'])
    for await (const each of repository.scan(kind)) kept.push(kind === 'suppression' ? each.body : each)
  const text = JSON.stringify(kept)
  expect(text).not.toMatch(/person-|example|email_hash/)
  expect(text).not.toContain('0192a000-0000-7000-8000-')
})
