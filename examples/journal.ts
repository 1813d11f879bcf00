/**
 * A store in one file, written step by step in docs/writing-an-adapter.md, with its conformance test. Each line of the file
 * is a batch; the current state is kept in memory. One handle at a time.
 */
import { fork } from 'node:child_process'
import {
  appendFileSync,
  closeSync,
  ftruncateSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { argv } from 'node:process'
import { fileURLToPath } from 'node:url'
import { type Harness, runConformance } from '@userpoint/conformance'
import { serveStore } from '@userpoint/conformance/process'
import {
  type CommitResult,
  type JsonObject,
  type Kind,
  type Reference,
  type Repository,
  type ScanOptions,
  type Stored,
  StoreFault,
  type Write
} from '@userpoint/core/repository'

/** A committed write; without a body it deletes the document. */
interface Entry extends Omit<Write, 'expected'> {
  readonly version: number
}

const keyOf = (kind: Kind, id: string): string => `${kind} ${id}`

const openJournal = (path: string): Repository => {
  const documents = new Map<string, { readonly version: number; readonly text: string }>()
  const claims = new Map<string, string>()

  const apply = (entries: ReadonlyArray<Entry>): void => {
    for (const { release } of entries) for (const claim of release) claims.delete(claim)
    for (const { kind, id, version, body, claim } of entries) {
      const key = keyOf(kind, id)
      if (body === undefined) documents.delete(key)
      else documents.set(key, { version, text: JSON.stringify(body) })
      for (const text of claim) claims.set(text, key)
    }
  }

  rmSync(`${path}.new`, { force: true })
  let file = openSync(path, 'a')
  const bytes = readFileSync(path)
  let length = bytes.lastIndexOf('\n') + 1
  ftruncateSync(file, length)
  for (const line of bytes.toString('utf8', 0, length).split('\n').slice(0, -1)) apply(JSON.parse(line) as Array<Entry>)

  const read = (key: string): Stored | undefined => {
    const found = documents.get(key)
    const [kind = '', id = ''] = key.split(' ')
    return found && { kind, id, version: found.version, body: JSON.parse(found.text) as JsonObject }
  }

  const load = (references: ReadonlyArray<Reference>): ReadonlyArray<Stored | undefined> =>
    references.map((reference) => {
      const key = reference._tag === 'ById' ? keyOf(reference.kind, reference.id) : claims.get(reference.claim)
      return key === undefined ? undefined : read(key)
    })

  let usable = true
  const append = (line: string): void => {
    if (!usable)
      throw new StoreFault('journal: an earlier write failed; open the store again', {
        applied: false,
        recovery: 'repair'
      })
    try {
      appendFileSync(file, line, { flush: true })
      length += Buffer.byteLength(line)
    } catch (cause) {
      usable = false
      ftruncateSync(file, length)
      usable = true
      throw new StoreFault('journal: a line could not be written', { applied: false, recovery: 'repair', cause })
    }
  }

  const commit = (writes: ReadonlyArray<Write>): CommitResult => {
    const versionsHold = writes.every((one) => (documents.get(keyOf(one.kind, one.id))?.version ?? 0) === one.expected)
    const released = new Set(writes.flatMap((one) => one.release))
    const claimsAreFree = writes.every((one) => one.claim.every((text) => released.has(text) || !claims.has(text)))
    if (!versionsHold || !claimsAreFree) return { _tag: 'Conflict' }

    const entries = writes.map(({ expected, ...write }): Entry => ({ ...write, version: expected + 1 }))
    append(`${JSON.stringify(entries)}\n`)
    apply(entries)
    return { _tag: 'Committed' }
  }

  function* scan(kind: Kind, { after = '', limit = Number.POSITIVE_INFINITY }: ScanOptions = {}): Generator<Stored> {
    const start = keyOf(kind, after)
    const keys = [...documents.keys()].filter((key) => key.startsWith(keyOf(kind, '')) && key > start).sort()
    let given = 0
    for (const key of keys) {
      if (given === limit) return
      const stored = read(key)
      if (stored === undefined) continue
      given += 1
      yield stored
    }
  }

  const purge = (): void => {
    const held = new Map<string, Array<string>>([...documents.keys()].map((key) => [key, []]))
    for (const [claim, key] of claims) held.get(key)?.push(claim)
    const lines = [...held]
      .map(([key, claim]) => `${JSON.stringify([{ ...read(key), claim, release: [] }])}\n`)
      .join('')
    writeFileSync(`${path}.new`, lines, { flush: true })
    const next = openSync(`${path}.new`, 'a')
    renameSync(`${path}.new`, path)
    closeSync(file)
    file = next
    length = Buffer.byteLength(lines)
  }

  return {
    manifest: { name: 'journal', durable: true, concurrent: false },
    load,
    commit,
    scan,
    purge,
    close: () => closeSync(file)
  }
}

const harness: Harness = {
  name: 'journal',
  open: () => {
    const folder = mkdtempSync(join(tmpdir(), 'journal-'))
    const path = join(folder, 'store.jsonl')
    return {
      repository: openJournal(path),
      reopen: () => openJournal(path),
      dump: () => readdirSync(folder).map((name) => ({ name, bytes: readFileSync(join(folder, name)) })),
      fork: () => fork(fileURLToPath(import.meta.url), [path]),
      dispose: () => rmSync(folder, { recursive: true })
    }
  }
}

const served = argv[2]
if (served !== undefined) serveStore(openJournal(served))
else {
  const { results } = await runConformance(harness)
  const failed = results.filter((one) => one.outcome === 'failed')
  for (const { reason } of failed) console.log(reason)
  console.log(failed.length) // => 0
}
