/** Stories told to an engine over the store under test; what does not go as expected is a `Mismatch`. */
import type {
  Engine,
  EngineError,
  JsonObject,
  LineVerdict,
  Policies,
  Rejection,
  Subject,
  Verdict
} from '@userpoint/core'
import type { Reference } from '@userpoint/core/command'
import type { DocumentType } from '@userpoint/core/mediarithmics'
import {
  createInsider,
  type Insider,
  type Messages,
  type RequestRejected,
  type UsersReport
} from '@userpoint/core/insider'
import type { Repository } from '@userpoint/core/repository'
import { difference, fail } from '../compare.ts'
import type { Trial } from '../trial.ts'
import { beginning, engineOver, idsFrom, repositoryOf } from './engine.ts'
import { personDifference, referencesTo, textOf } from './person.ts'
import type {
  FindStep,
  ImportStep,
  PeopleStep,
  ShownStep,
  Step,
  Story,
  SweepStep,
  UserStep,
  UsersStep
} from './story.ts'
import {
  checkReport,
  checkVerdict,
  checkVerdicts,
  type Complain,
  countOf,
  linesOf,
  rejectionText,
  sameText
} from './verdicts.ts'

/** A way to run a story. The result depends neither on the division into units of work nor on the age of the engine. */
interface Way {
  readonly name: string
  readonly linesPerUnit: number
  readonly renewed: boolean
}

const whole: Way = { name: 'by one engine', linesPerUnit: 1_000, renewed: false }

const piecemeal: Way = { name: 'by a new engine each step, line by line', linesPerUnit: 1, renewed: true }

/** Returns both ways, unless no document of the story has several lines. */
const waysFor = ({ steps }: Story): ReadonlyArray<Way> =>
  steps.some((step) => step._tag === 'Import' && step.expect.verdicts.length > 1) ? [whole, piecemeal] : [whole]

/** One run of a story: the store, the time, and the references that have led to a user point so far. */
interface Telling {
  readonly story: Story
  readonly linesPerUnit: number
  readonly engineFor: (policies?: Partial<Policies>) => Engine<DocumentType>
  readonly known: Map<string, Reference>
  now: number
}

const tell = (story: Story, repository: Repository, { linesPerUnit, renewed }: Way): Telling => {
  const newId = idsFrom()
  const clock = (): number => beginning + telling.now
  const fresh = (policies?: Partial<Policies>): Engine<DocumentType> =>
    engineOver(repository, { clock, newId, policies: { ...story.policies, ...policies } })
  const engine = fresh()
  const telling: Telling = {
    story,
    linesPerUnit,
    engineFor: (policies) => (policies === undefined && !renewed ? engine : fresh(policies)),
    known: new Map(),
    now: 0
  }
  return telling
}

type Refusal = RequestRejected | Rejection | EngineError

type Outcome<A> = { readonly _tag: 'Left'; readonly left: Refusal } | { readonly _tag: 'Right'; readonly right: A }

const refusalText = (left: Refusal): string => {
  switch (left._tag) {
    case 'RequestRejected':
      return `refused ${left.code}`
    case 'Rejected':
      return rejectionText(left)
    default:
      return left._tag
  }
}

/** Returns the right of an outcome; a story does not expect a left. */
const rightOf = <A>(outcome: Outcome<A>, complain: Complain): A =>
  outcome._tag === 'Right' ? outcome.right : complain(`${refusalText(outcome.left)} instead of an outcome`)

const runImport = async (telling: Telling, step: ImportStep, complain: Complain): Promise<void> => {
  const { type, document, framing, maxRejected, expect } = step
  const seen: Array<LineVerdict> = []
  const outcome = await telling
    .engineFor(step.policies)
    .importDocument(type, typeof document === 'string' ? new TextEncoder().encode(document) : document, {
      linesPerUnit: telling.linesPerUnit,
      ...(framing !== undefined && { framing }),
      ...(maxRejected !== undefined && { maxRejected }),
      onVerdicts: (verdicts) => void seen.push(...verdicts)
    })
  if (outcome._tag === 'Left') complain(`${outcome.left.error._tag} instead of a report`)
  else {
    const verdicts = seen.map(({ verdict }) => verdict)
    checkVerdicts(expect.verdicts, verdicts, 'command', complain)
    const lines = linesOf(expect.verdicts)
    for (const [index, each] of seen.entries()) {
      sameText(
        `command ${index + 1} on line ${lines[index]}`,
        `command ${each.index + 1} on line ${each.line}`,
        complain
      )
    }
    checkReport(type, expect, outcome.right, complain)
  }
}

const runSweep = async (telling: Telling, step: SweepStep, complain: Complain): Promise<void> => {
  const { dryRun = false, expect } = step
  const seen = rightOf(await telling.engineFor(step.policies).sweep({ dryRun }), complain)
  const found = difference({ ...expect, completed: true }, seen)
  if (found !== undefined) complain(`the report is another, ${found}`)
}

/** Makes a request with the settings of its step. */
const ask = async <A>(
  telling: Telling,
  { settings, policies }: UsersStep | UserStep | ShownStep,
  call: (insider: Insider) => Promise<Outcome<A>>
): Promise<Outcome<A>> =>
  call(
    createInsider({
      engine: telling.engineFor(policies),
      settings: { ...telling.story.settings, ...settings }
    })
  )

const numbersIn = (messages: Messages): string =>
  [...new Set(Object.keys(messages).flatMap((key) => /^users\.(\d+)\./.exec(key)?.[1] ?? []))].join(' ')

const numbersWhere = (report: UsersReport, holds: (verdict: Verdict) => boolean): string =>
  report.verdicts.flatMap((verdict, index) => (holds(verdict) ? [`${index}`] : [])).join(' ')

/** Demands messages under the number of each user that failed or has warnings, and of no other (B-33). */
const checkMessages = (report: UsersReport, complain: Complain): void => {
  const failed = numbersWhere(report, ({ _tag }) => _tag === 'Rejected')
  sameText(`errors of ${failed}`, `errors of ${numbersIn(report.fail.errors)}`, complain)
  const warned = numbersWhere(report, ({ warnings = [] }) => warnings.length > 0)
  sameText(`warnings of ${warned}`, `warnings of ${numbersIn(report.warnings)}`, complain)
}

const runUsers = async (telling: Telling, step: UsersStep, complain: Complain): Promise<void> => {
  const { call, body, expect } = step
  const outcome = await ask<UsersReport>(telling, step, (insider) => insider[call](body))
  const seen = outcome._tag === 'Left' ? refusalText(outcome.left) : 'a report'
  sameText('refused' in expect ? `refused ${expect.refused}` : 'a report', seen, complain)
  if (outcome._tag === 'Left' || 'refused' in expect) return
  const { verdicts, errors } = expect
  const report = outcome.right
  checkVerdicts(verdicts, report.verdicts, 'user', complain)
  const failed = countOf(verdicts, 'Rejected')
  sameText(
    `${verdicts.length - failed} successful, ${failed} failed`,
    `${report.successful.count} successful, ${report.fail.count} failed`,
    complain
  )
  checkMessages(report, complain)
  const found = errors && difference({ ...errors }, report.fail.errors)
  if (found !== undefined) complain(`the errors are others, ${found}`)
}

const runUser = async (telling: Telling, step: UserStep, complain: Complain): Promise<void> => {
  const { call, body, expect } = step
  const outcome = await ask<Verdict>(telling, step, (insider) => insider[call](body))
  const isRefused = typeof expect === 'object' && 'refused' in expect
  const seen = outcome._tag === 'Left' ? refusalText(outcome.left) : 'a verdict'
  sameText(isRefused ? `refused ${expect.refused}` : 'a verdict', seen, complain)
  if (outcome._tag === 'Right' && !isRefused) checkVerdict(expect, outcome.right, complain)
}

const shownText = (expected: ShownStep['expect']): string => {
  if (expected === null) return 'nobody'
  if (typeof expected === 'string') return expected
  return 'refused' in expected ? `refused ${expected.refused}` : 'a user'
}

const runShown = async (telling: Telling, step: ShownStep, complain: Complain): Promise<void> => {
  const { body, expect } = step
  const outcome = await ask<JsonObject | undefined>(telling, step, (insider) => insider.getUser(body))
  const user = outcome._tag === 'Right' ? outcome.right : undefined
  const seen = outcome._tag === 'Left' ? refusalText(outcome.left) : user === undefined ? 'nobody' : 'a user'
  sameText(shownText(expect), seen, complain)
  if (user === undefined || expect === null || typeof expect === 'string' || 'refused' in expect) return
  const { iid: insider_id, ...attributes } = user['attributes'] as JsonObject
  const found = difference(
    { ...expect },
    { attributes, ...(expect.insider_id !== undefined && insider_id !== undefined && { insider_id }) }
  )
  if (found !== undefined) complain(`the user is another, ${found}`)
}

const runFind = async (telling: Telling, step: FindStep, complain: Complain): Promise<void> => {
  const { who, expect } = step
  const outcome = await telling.engineFor(step.policies).find(who)
  const seen = outcome._tag === 'Left' ? refusalText(outcome.left) : (outcome.right?.id ?? 'nobody')
  sameText(typeof expect === 'string' ? expect : expect.id, seen, complain)
}

const called = (reference: Reference): string => `a reference of the sort ${reference._tag}`

/** Demands that the store has exactly these user points, by a scan and by every reference to them. */
const checkPeople = async (
  telling: Telling,
  engine: Engine<DocumentType>,
  { expect, nowhere = [] }: Pick<PeopleStep, 'expect' | 'nowhere'>,
  complain: Complain
): Promise<void> => {
  const seen: Array<Subject> = []
  for await (const subject of engine.userPoints()) seen.push(subject)
  for (const [index, subject] of seen.entries()) {
    const person = expect[index]
    const found = person && personDifference(person, subject)
    if (found !== undefined) complain(`user point ${index + 1} is another, ${found}`)
  }
  sameText(`${expect.length} user points`, `${seen.length} user points`, complain)

  const gone = new Map(telling.known)
  for (const reference of nowhere) gone.set(textOf(reference), reference)
  for (const [index, subject] of seen.entries()) {
    for (const reference of referencesTo(subject)) {
      const found = rightOf(await engine.find(reference), complain)
      if (found?.id !== subject.id) {
        complain(
          `${called(reference)} leads to ${found === undefined ? 'nobody' : 'another'} from user point ${index + 1}`
        )
      }
      const other = difference(subject.point, found?.point)
      if (other !== undefined) complain(`${called(reference)} leads to user point ${index + 1} as it is not, ${other}`)
      telling.known.set(textOf(reference), reference)
      // A reference that must be unknown is checked below, and reported.
      if (!nowhere.some((each) => textOf(each) === textOf(reference))) gone.delete(textOf(reference))
    }
  }
  for (const reference of gone.values()) {
    const found = rightOf(await engine.find(reference), complain)
    if (found !== undefined) complain(`${called(reference)} leads to a user point, and must be unknown`)
  }
}

const runStep = async (telling: Telling, step: Step, complain: Complain): Promise<void> => {
  switch (step._tag) {
    case 'Import':
      return runImport(telling, step, complain)
    case 'Line': {
      const { type, line, afterwards } = step
      const own = afterwards === undefined ? line : structuredClone(line)
      const call = telling.engineFor(step.policies).runOne(type, own)
      afterwards?.(own as object)
      const outcome = await call
      return checkVerdict(step.expect, rightOf(outcome, complain), complain)
    }
    case 'Commands': {
      const outcome = await telling.engineFor(step.policies).execute(step.commands)
      return checkVerdicts(step.expect, rightOf(outcome, complain), 'command', complain)
    }
    case 'Sweep':
      return runSweep(telling, step, complain)
    case 'Users':
      return runUsers(telling, step, complain)
    case 'User':
      return runUser(telling, step, complain)
    case 'Shown':
      return runShown(telling, step, complain)
    case 'Find':
      return runFind(telling, step, complain)
    case 'People':
      return checkPeople(telling, telling.engineFor(step.policies), step, complain)
  }
}

const titleOf = (step: Step): string => {
  switch (step._tag) {
    case 'Import':
    case 'Line':
      return `${step._tag} ${step.type}`
    case 'Users':
    case 'User':
      return step.call
    default:
      return step._tag
  }
}

/** Tells a story to a store of its own, once for each way. */
export const perform = async (trial: Trial, story: Story): Promise<void> => {
  for (const way of waysFor(story)) {
    await trial.withStore(async ({ handle }) => {
      const telling = tell(story, repositoryOf(handle), way)
      for (const [index, step] of story.steps.entries()) {
        telling.now = step.at ?? telling.now
        await runStep(telling, step, (what) => fail(`${way.name}, step ${index + 1} (${titleOf(step)}): ${what}`))
      }
      const { people: expect, nowhere = [], policies = {} } = story
      // The second one has seen nothing but the store.
      for (const [name, engine] of [
        ['', telling.engineFor()],
        [' to a new engine', engineOver(repositoryOf(handle), { policies, clock: () => beginning + telling.now })]
      ] as const) {
        await checkPeople(telling, engine, { expect, nowhere }, (what) =>
          fail(`${way.name}, in the end${name}: ${what}`)
        )
      }
    })
  }
}
