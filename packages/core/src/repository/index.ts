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
export type { Json, JsonObject } from '../domain/json.ts'
export { StoreFault } from './store-fault.ts'
