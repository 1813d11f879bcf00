/** Scenarios: a documented rule as a story that runs over any store, and so as a requirement. */
import type fc from 'fast-check'
import type { Requirement } from '../requirement.ts'
import { requirement } from '../trial.ts'
import type { Story } from './story.ts'
import { perform } from './telling.ts'

interface About {
  /** The rule, a dot, a name. */
  readonly key: string
  /** The rule in one sentence. */
  readonly sentence: string
}

/** One story, or a property of random stories. */
export type Scenario = About &
  (Story | { readonly runs: number; readonly stories: fc.Arbitrary<Story>; readonly steps?: undefined })

/** Returns the requirement that an engine over the store keeps a scenario. */
export const scenarioRequirement = (scenario: Scenario): Requirement =>
  requirement({
    key: scenario.key,
    sentence: scenario.sentence,
    check: (trial) =>
      scenario.steps === undefined
        ? trial.forAll(scenario.runs, scenario.stories, (story) => perform(trial, story))
        : perform(trial, scenario)
  })
