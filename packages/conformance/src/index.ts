export type { Harness, OpenStore, StoreFile } from './harness.ts'
export { type Budget, type Need, type Requirement, RequirementViolated, type Violation } from './requirement.ts'
export {
  conformance,
  type ConformanceOptions,
  type ConformanceTest,
  GapListWrong,
  type KnownGap,
  type Outcome,
  requirements
} from './suite.ts'
export { budgetFrom } from './environment.ts'
