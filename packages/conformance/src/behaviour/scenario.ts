/** Scenarios: a rule of the specification as a story that can be told over any store, and so as a requirement. */
import type fc from 'fast-check'
import type { Requirement } from '../requirement.ts'
import { requirement } from '../trial.ts'
import type { Story } from './story.ts'
import { perform } from './telling.ts'

interface About {
  /** The rule, a dot, a name. */
  readonly key: string
  /** What must hold. */
  readonly sentence: string
}

/** One story, or a property of many. */
export type Scenario = About &
  (Story | { readonly runs: number; readonly stories: fc.Arbitrary<Story>; readonly steps?: undefined })

/** The requirement that a store lets an engine do what a scenario says. */
export const scenarioRequirement = (scenario: Scenario): Requirement =>
  requirement({
    key: scenario.key,
    sentence: scenario.sentence,
    check: (trial) =>
      scenario.steps === undefined
        ? trial.forAll(scenario.runs, scenario.stories, (story) => perform(trial, story))
        : perform(trial, scenario)
  })
