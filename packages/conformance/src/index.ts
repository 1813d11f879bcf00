export { digestOf, type DigestOptions } from './behaviour/digest.ts'
export type { Endpoint, Harness, Line, LineFault, OpenStore, StoreFile, StoreProcess } from './harness.ts'
export {
  type Budget,
  HarnessFailed,
  type Need,
  type Requirement,
  RequirementViolated,
  type Violation
} from './requirement.ts'
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
export {
  badgeOf,
  type ConformanceBadge,
  type ConformanceReport,
  markdownOf,
  type RequirementResult,
  runConformance
} from './report.ts'
export { connectStore, type Moment, type RemoteStore } from './process/remote-store.ts'
export { type Fault, type FaultPlan, type FaultyCall, withFaults } from './faults/faulty-repository.ts'
