/**
 * A newsletter that keeps people with userpoint, and a property that finds what is wrong with it: it remembers who has an
 * e-mail hash, and forgets to forget. Written for docs/property-testing.md.
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

/** The service: it imports documents, and says who a letter to an e-mail hash is for. */
interface Newsletter {
  readonly importDocument: (type: DocumentType, text: string) => Promise<void>
  /** The user point that has this e-mail hash, if any. */
  readonly readerOf: (hash: string) => Promise<string | undefined>
}

/** What a newsletter does about those it remembers once a line has its verdict. */
type Forget = (readers: Map<string, string>, verdict: Verdict) => void

const createNewsletter = (engine: Engine<DocumentType>, forget: Forget): Newsletter => {
  // Asked for every letter, so that it had better not ask the store each time.
  const readers = new Map<string, string>()
  return {
    importDocument: async (type, text) => {
      await engine.importDocument(type, bytesOf(text), {
        onVerdicts: (verdicts) => {
          for (const { verdict } of verdicts) forget(readers, verdict)
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

/** Looks right: people who merge are thought of, and identifiers that go. Whoever is erased is not. */
const careless: Forget = (readers, verdict) => {
  if (verdict._tag !== 'Applied') return
  if (verdict.effect._tag === 'Associated' || verdict.effect._tag === 'IdentifierDeleted') readers.clear()
}

/** Whatever was applied may have changed whom an identifier leads to. */
const careful: Forget = (readers, verdict) => {
  if (verdict._tag === 'Applied') readers.clear()
}

/** The hashes among few people, who meet, merge and are erased all the time. */
const hashes = [...new Set(fc.sample(emailHash(), { numRuns: 50, seed: 1 }).map(({ hash }) => hash))]

/** After every document of any history, a letter goes to whoever has the e-mail hash, and to nobody else. */
const lettersGoToTheirReaders = (forget: Forget) =>
  fc.asyncProperty(history({ steps: ['Document'] }), async (steps) => {
    const engine = createEngine({
      dialect: mediarithmics,
      repository: createMemoryRepository(),
      clock: slowClock(),
      newId: mintIds()
    })
    const newsletter = createNewsletter(engine, forget)
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

const told = (steps: ReadonlyArray<HistoryStep> = []) => steps.map((step) => codeOf(step)).join('\n')

const found = await fc.check(lettersGoToTheirReaders(careless), { seed: 1, numRuns: 500 })
console.log('the careless newsletter holds:', !found.failed) // => the careless newsletter holds: false
console.log(told(found.counterexample?.[0]))

const mended = await fc.check(lettersGoToTheirReaders(careful), { seed: 1, numRuns: 500 })
console.log('the careful newsletter holds:', !mended.failed) // => the careful newsletter holds: true
