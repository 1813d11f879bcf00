/**
 * A newsletter that keeps people with userpoint, and a property that finds its mistake: its cache of e-mail hashes becomes
 * stale. Written for docs/property-testing.md.
 */
import { createMemoryRepository } from '@userpoint/adapter-memory'
import {
  bytesOf,
  claimedOf,
  codeOf,
  emailHash,
  history,
  type HistoryStep,
  mintIds,
  slowClock
} from '@userpoint/conformance/arbitraries'
import { createEngine, type Engine, type Verdict } from '@userpoint/core'
import { type DocumentType, mediarithmics } from '@userpoint/core/mediarithmics'
import fc from 'fast-check'

/** The service: imports documents, and finds the reader of a letter to an e-mail hash. */
interface Newsletter {
  readonly importDocument: (type: DocumentType, text: string) => Promise<void>
  /** The user point that has this e-mail hash, if any. */
  readonly readerOf: (hash: string) => Promise<string | undefined>
}

/** Updates the newsletter's cache after a verdict. */
type Invalidate = (readers: Map<string, string>, verdict: Verdict) => void

const createNewsletter = (engine: Engine<DocumentType>, invalidate: Invalidate): Newsletter => {
  // A cache, because every letter needs its reader.
  const readers = new Map<string, string>()
  return {
    importDocument: async (type, text) => {
      await engine.importDocument(type, bytesOf(text), {
        onVerdicts: (verdicts) => {
          for (const { verdict } of verdicts) invalidate(readers, verdict)
        }
      })
    },
    readerOf: async (hash) => {
      const known = readers.get(hash)
      if (known !== undefined) return known
      const found = await engine.find({ _tag: 'EmailHash', hash })
      const id = found._tag === 'Right' ? found.right?.id : undefined
      if (id !== undefined) readers.set(hash, id)
      return id
    }
  }
}

/** Looks right: handles merged people and deleted identifiers, but forgets erased people. */
const careless: Invalidate = (readers, verdict) => {
  if (verdict._tag !== 'Applied') return
  if (verdict.effect._tag === 'Associated' || verdict.effect._tag === 'IdentifierDeleted') readers.clear()
}

/** Clears the cache after every applied line, since any of them may change the owner of an identifier. */
const careful: Invalidate = (readers, verdict) => {
  if (verdict._tag === 'Applied') readers.clear()
}

/** The hashes of a few people, who often merge and are erased. */
const hashes = [...new Set(fc.sample(emailHash(), { numRuns: 50, seed: 1 }).map(({ hash }) => hash))]

/** Returns the property that, after every document of any history, a letter goes only to the owner of the e-mail hash. */
const lettersGoToTheirReaders = (invalidate: Invalidate) =>
  fc.asyncProperty(history({ steps: ['Document'] }), async (steps) => {
    const engine = createEngine({
      dialect: mediarithmics,
      repository: createMemoryRepository(),
      clock: slowClock(),
      newId: mintIds()
    })
    const newsletter = createNewsletter(engine, invalidate)
    for (const step of steps) {
      if (step._tag === 'Document') await newsletter.importDocument(step.type, step.text)
      for (const hash of hashes) {
        const truth = await engine.find(claimedOf({ tag: 'email', hash }))
        const reader = truth._tag === 'Right' ? truth.right?.id : undefined
        if ((await newsletter.readerOf(hash)) !== reader) return false
      }
    }
    return true
  })

const codeOfAll = (steps: ReadonlyArray<HistoryStep> = []) => steps.map((step) => codeOf(step)).join('\n')

const found = await fc.check(lettersGoToTheirReaders(careless), { seed: 1, numRuns: 500 })
console.log('the careless newsletter holds:', !found.failed) // => the careless newsletter holds: false
console.log(codeOfAll(found.counterexample?.[0]))

const mended = await fc.check(lettersGoToTheirReaders(careful), { seed: 1, numRuns: 500 })
console.log('the careful newsletter holds:', !mended.failed) // => the careful newsletter holds: true
