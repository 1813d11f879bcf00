export type {
  Awaitable,
  CommitResult,
  Kind,
  Manifest,
  Reference,
  Repository,
  ScanOptions,
  Stored,
  Write
} from './repository.ts'
export { type ClaimsOf, documentFlaws, type Flaw } from './flaw.ts'
export type { Json, JsonObject } from '../domain/json.ts'
export { type Recovery, StoreFault, type StoreFaultDetails } from './store-fault.ts'
