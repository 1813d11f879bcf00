/** Every rule of the specification as scenarios, page by page. */
import type { Requirement } from '../../requirement.ts'
import { type Scenario, scenarioRequirement } from '../scenario.ts'
import { deletionScenarios } from './deletions.ts'
import { insiderScenarios } from './insider.ts'
import { joiningScenarios } from './joining.ts'
import { lineScenarios } from './lines.ts'
import { peopleScenarios } from './people.ts'
import { profileScenarios } from './profiles.ts'
import { segmentScenarios } from './segments-and-choices.ts'

export const scenarios: ReadonlyArray<Scenario> = [
  ...lineScenarios,
  ...deletionScenarios,
  ...profileScenarios,
  ...peopleScenarios,
  ...joiningScenarios,
  ...segmentScenarios,
  ...insiderScenarios
]

export const scenarioRequirements: ReadonlyArray<Requirement> = scenarios.map(scenarioRequirement)
